//! The faults that the design lists (jobs, 3.4), each by its number: `fault_NN_what_happens`. After each the
//! invariants of [`crate::invariants`] hold. Those of the API server and of pods need a cluster: `kubernetes/cluster`.

mod connections;
mod hosts;
mod kills;
mod kinds;
mod outages;
mod processes;
mod replicas;
mod steps;
mod stripe;
mod upgrades;
mod wishes;

/// The list has no 36; 48 is run by hand, and its small form is the property test.
const NOT_A_TEST: [u32; 2] = [36, 48];

#[test]
fn every_fault_is_tested() {
    let sources = [
        include_str!("connections.rs"),
        include_str!("hosts.rs"),
        include_str!("kills.rs"),
        include_str!("kinds.rs"),
        include_str!("outages.rs"),
        include_str!("processes.rs"),
        include_str!("replicas.rs"),
        include_str!("steps.rs"),
        include_str!("stripe.rs"),
        include_str!("upgrades.rs"),
        include_str!("wishes.rs"),
        include_str!("../kubernetes/cluster/drift.rs"),
        include_str!("../kubernetes/cluster/driver.rs"),
        include_str!("../kubernetes/cluster/outages.rs"),
        include_str!("../kubernetes/cluster/refusals.rs"),
        include_str!("../kubernetes/cluster/troubles.rs"),
    ];
    let is_tested = |number: u32| {
        sources
            .iter()
            .any(|text| text.contains(&format!("fn fault_{number:02}_")))
    };
    for number in (1..=48).filter(|number| !NOT_A_TEST.contains(number)) {
        assert!(is_tested(number), "fault {number}");
    }
}
