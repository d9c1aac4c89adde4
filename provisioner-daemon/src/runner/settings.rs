//! The runner's figures. Tests make them small.

use std::time::Duration;

use uuid::Uuid;

/// Times and bounds of a runner.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This process's name in the queue.
    pub worker: Uuid,
    /// A process that is surely gone, whose leases need not be waited for.
    pub predecessor: Option<Uuid>,
    /// Slots of each class: interactive, bulk, checks. A class never takes another's.
    pub slots: Vec<usize>,
    /// Jobs of one account that may run at once.
    pub tenant_cap: i32,
    /// How often the queue is looked at without a doorbell.
    pub poll: Duration,
    /// Shortest time between two claims of a class.
    pub claim_floor: Duration,
    /// How long a lease holds.
    pub lease: Duration,
    /// How often leases are prolonged.
    pub heartbeat: Duration,
    /// How long before its end a lease counts as lost.
    pub lease_margin: Duration,
    /// How often expired leases are looked for.
    pub sweep: Duration,
    /// How often lost work is looked for.
    pub safety_net: Duration,
    /// First and longest wait of a retry.
    pub retry: (Duration, Duration),
    /// How long running steps have to end at shutdown.
    pub drain_grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            worker: Uuid::new_v4(),
            predecessor: None,
            slots: vec![4, 2, 2],
            tenant_cap: 5,
            poll: Duration::from_secs(1),
            claim_floor: Duration::from_millis(5),
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            lease_margin: Duration::from_secs(10),
            sweep: Duration::from_secs(5),
            safety_net: Duration::from_mins(1),
            retry: (Duration::from_secs(2), Duration::from_mins(5)),
            drain_grace: Duration::from_secs(25),
        }
    }
}
