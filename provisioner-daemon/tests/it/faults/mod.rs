//! The faults that the design lists (jobs, 3.4), each by its number: `fault_NN_what_happens`. After each the
//! invariants of [`crate::invariants`] hold.

mod connections;
mod hosts;
mod kills;
mod outages;
mod processes;
mod replicas;
mod steps;
mod stripe;
mod wishes;

/// What has no test yet, and why.
const NOT_YET: [(u32, &str); 11] = [
    (
        18,
        "no cluster: its API server cannot be cut off from the daemon",
    ),
    (19, "no cluster: as 18, from one of two daemons"),
    (29, "no cluster: quotas are the namespace's"),
    (30, "no cluster: only namespaces end slowly"),
    (31, "no cluster: only namespaces have finalizers"),
    (32, "no cluster: nothing of the local driver is immutable"),
    (33, "no cluster: no images are pulled"),
    (
        34,
        "no cluster: no pods; that a step which waits holds no slot is tested with the runner",
    ),
    (35, "no step renders a chart yet"),
    (
        42,
        "no watch of objects yet; processes that died are noticed, which the local driver's test shows",
    ),
    (47, "nothing is pruned yet"),
];
/// The list has no 36; 48 is run by hand, and its small form is the property test.
const NOT_A_TEST: [u32; 2] = [36, 48];

#[test]
fn every_fault_is_tested_or_has_its_reason() {
    let sources = [
        include_str!("connections.rs"),
        include_str!("hosts.rs"),
        include_str!("kills.rs"),
        include_str!("outages.rs"),
        include_str!("processes.rs"),
        include_str!("replicas.rs"),
        include_str!("steps.rs"),
        include_str!("stripe.rs"),
        include_str!("wishes.rs"),
    ];
    let is_tested = |number: u32| {
        sources
            .iter()
            .any(|text| text.contains(&format!("fn fault_{number:02}_")))
    };
    for number in (1..=48).filter(|number| !NOT_A_TEST.contains(number)) {
        let reason = NOT_YET.iter().find(|(named, _)| *named == number);
        assert_ne!(is_tested(number), reason.is_some(), "fault {number}");
    }
}
