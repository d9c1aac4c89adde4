//! Which status an instance has on its way, for how long, and what comes when that is over.

use std::time::Duration;

use domain::{InstanceStatus, Wish};
use store::daemon::instances::Instance;

use crate::drivers::Observed;

/// The status while the wish is being brought about.
pub(super) fn on_the_way(instance: &Instance, observed: &Observed) -> InstanceStatus {
    use InstanceStatus as S;
    match instance.wish {
        Wish::Stopped => S::Stopping,
        Wish::Deleted => S::Deprovisioning,
        Wish::Running => {
            let wants_restart = instance.restart_gen > instance.observed_restart_gen;
            match instance.status {
                S::Provisioning => S::Provisioning,
                S::Running | S::Degraded | S::Restarting if wants_restart => S::Restarting,
                kept @ (S::Restarting | S::Updating | S::Degraded) => kept,
                S::Running | S::Unknown if observed.is_partly_up => S::Degraded,
                S::Running | S::Unknown => S::Restarting,
                S::Stopping | S::Stopped | S::Error | S::Deprovisioning | S::Deprovisioned => {
                    S::Provisioning
                }
            }
        }
    }
}

/// The status once the wish is so.
pub(super) const fn arrived(wish: Wish) -> InstanceStatus {
    match wish {
        Wish::Running => InstanceStatus::Running,
        Wish::Stopped => InstanceStatus::Stopped,
        Wish::Deleted => InstanceStatus::Deprovisioned,
    }
}

/// How long a transitional status may last; `None` for one that may stay.
pub(super) const fn deadline(status: InstanceStatus) -> Option<Duration> {
    use InstanceStatus as S;
    let minutes = match status {
        S::Provisioning | S::Restarting | S::Updating | S::Unknown => 10,
        S::Stopping => 5,
        S::Degraded => 20,
        S::Deprovisioning => 30,
        S::Running | S::Stopped | S::Error | S::Deprovisioned => return None,
    };
    Some(Duration::from_secs(minutes * 60))
}

/// What a status becomes when its time is over.
pub(super) const fn when_overdue(status: InstanceStatus) -> Option<InstanceStatus> {
    use InstanceStatus as S;
    match status {
        S::Provisioning | S::Degraded => Some(S::Error),
        S::Restarting | S::Updating | S::Unknown => Some(S::Degraded),
        // Processes are killed after seconds, and a removal is tried until it works; the others may stay.
        S::Stopping | S::Deprovisioning | S::Running | S::Stopped | S::Error | S::Deprovisioned => {
            None
        }
    }
}

/// What the customer reads with a status on the way.
pub(super) const fn reason(status: InstanceStatus) -> Option<&'static str> {
    use InstanceStatus as S;
    match status {
        S::Degraded => Some("A part of the instance does not answer and is being started again."),
        S::Restarting => Some("The instance is starting again."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_that_must_end_has_a_deadline_and_leads_somewhere_stable() {
        for status in InstanceStatus::ALL {
            let mut seen = Vec::new();
            let mut now = *status;
            while let Some(next) = when_overdue(now) {
                assert!(deadline(now).is_some(), "{now:?} ends without a deadline");
                assert!(!seen.contains(&next), "{status:?} goes in circles");
                seen.push(next);
                now = next;
            }
        }
    }
}
