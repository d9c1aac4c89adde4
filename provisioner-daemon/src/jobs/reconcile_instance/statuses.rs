//! Which status an instance has on its way, for how long, and what comes when that is over.

use std::time::Duration;

use domain::{InstanceStatus, Wish};
use store::daemon::instances::Instance;

use crate::drivers::Observed;

/// Waits before each automatic repair: since it is degraded, then since the repair before. So they come when the
/// trouble is 1, 5 and 15 minutes old.
const BEFORE_REPAIR: [Duration; 3] = [
    Duration::from_mins(1),
    Duration::from_mins(4),
    Duration::from_mins(10),
];
/// Time that the last repair has to help.
const LAST_CHANCE: Duration = Duration::from_mins(5);

/// What is next for a degraded instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextRepair {
    /// Nothing yet, for this long.
    In(Duration),
    /// What does not answer is made anew.
    Now,
    /// None: a person is asked.
    Ask,
}

/// The status while the wish is being brought about.
pub(super) fn on_the_way(instance: &Instance, observed: &Observed) -> InstanceStatus {
    use InstanceStatus as S;
    match instance.wish {
        Wish::Stopped => S::Stopping,
        Wish::Deleted => S::Deprovisioning,
        Wish::Running => {
            let wants_restart = instance.restart_gen > instance.observed_restart_gen;
            let has_news = instance.desired_gen > instance.observed_gen;
            let is_begun = instance.progress_gen == instance.desired_gen;
            match instance.status {
                S::Provisioning => S::Provisioning,
                // A restart that took too long stays degraded: with its time anew it would never end.
                S::Degraded if wants_restart && !is_begun => S::Restarting,
                S::Running | S::Restarting | S::Unknown if wants_restart => S::Restarting,
                kept @ (S::Restarting | S::Updating | S::Degraded) => kept,
                // It is to be something else, such as without its agents: nothing is wrong with it.
                S::Running if observed.is_partly_up && has_news => S::Updating,
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

/// When a degraded instance is repaired again, or that it was often enough.
pub(super) fn next_repair(instance: &Instance) -> NextRepair {
    let age = |seconds: f64| Duration::from_secs_f64(seconds.max(0.0));
    let since_repair = instance.repair_age_s.map_or(Duration::MAX, age);
    let done = usize::try_from(instance.repairs).unwrap_or_default();
    let (left, then) = match BEFORE_REPAIR.get(done) {
        // One that ran for a moment only is given its first minute, too.
        Some(wait) => {
            let first = BEFORE_REPAIR[0].saturating_sub(age(instance.status_age_s));
            (
                first.max(wait.saturating_sub(since_repair)),
                NextRepair::Now,
            )
        }
        None => (LAST_CHANCE.saturating_sub(since_repair), NextRepair::Ask),
    };
    if left.is_zero() {
        then
    } else {
        NextRepair::In(left)
    }
}

/// How long to wait before a removal that did not work is tried again: it is never given up, so it costs no attempt.
pub(super) fn next_removal(age: Duration) -> Duration {
    (age / 4).clamp(Duration::from_secs(2), Duration::from_mins(5))
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
