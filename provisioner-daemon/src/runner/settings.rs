//! The runner's figures. Tests make them small.

use std::time::Duration;

use uuid::Uuid;

use super::Faults;

/// Times and bounds of a runner.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This process's name in the queue.
    pub worker: Uuid,
    /// A process that is surely gone, whose leases need not be waited for.
    pub predecessor: Option<Uuid>,
    /// Slots of each class: interactive, bulk, checks. A class never takes another's.
    pub slots: Vec<usize>,
    /// Jobs of one account that may run at once; fewer than a class has slots, or one account fills it.
    pub tenant_cap: i32,
    /// How often the queue is looked at without a doorbell.
    pub poll: Duration,
    /// Shortest time from the beginning of a claim to that of the next one of its class.
    pub claim_floor: Duration,
    /// How long a lease holds.
    pub lease: Duration,
    /// How often leases are prolonged.
    pub heartbeat: Duration,
    /// How long before its end a lease counts as lost.
    pub lease_margin: Duration,
    /// How often expired leases are looked for.
    pub sweep: Duration,
    /// How long a job waits after it was there when its worker crashed; four times that the second time.
    pub crash_delay: Duration,
    /// How often lost work is looked for.
    pub safety_net: Duration,
    /// How old something without a job must be to count as lost: younger, its job may be on the way.
    pub lost_after: Duration,
    /// How often clocks are looked at.
    pub schedule: Duration,
    /// How often the queue is counted.
    pub figures: Duration,
    /// For how long the database counts as reachable after it took a write; it is asked to three times as often.
    pub database_fresh: Duration,
    /// First and longest wait of a retry.
    pub retry: (Duration, Duration),
    /// How long running steps have to end at shutdown.
    pub drain_grace: Duration,
    /// Faults that tests ask for.
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            worker: Uuid::new_v4(),
            predecessor: None,
            slots: vec![4, 2, 2],
            tenant_cap: 2,
            poll: Duration::from_secs(1),
            claim_floor: Duration::from_millis(3),
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            lease_margin: Duration::from_secs(10),
            sweep: Duration::from_secs(5),
            crash_delay: Duration::from_secs(5),
            safety_net: Duration::from_mins(1),
            lost_after: Duration::from_secs(5),
            schedule: Duration::from_secs(1),
            figures: Duration::from_secs(15),
            database_fresh: Duration::from_secs(15),
            retry: (Duration::from_secs(2), Duration::from_mins(5)),
            drain_grace: Duration::from_secs(25),
            faults: Faults::default(),
        }
    }
}
