//! When to try again.

use std::time::Duration;

/// The longest wait before try `attempt + 1`: doubles from `first` to `longest`.
fn ceiling(attempt: u32, first: Duration, longest: Duration) -> Duration {
    let factor = 1_u32 << attempt.saturating_sub(1).min(16);
    first.saturating_mul(factor).min(longest)
}

/// Full jitter: anything up to the ceiling, so that those who failed together do not return together.
pub(super) fn delay(attempt: i32, (first, longest): (Duration, Duration)) -> Duration {
    let attempt = u32::try_from(attempt).unwrap_or(1);
    ceiling(attempt, first, longest).mul_f64(rand::random_range(0.0..1.0))
}

/// `period` give or take a fifth.
pub(super) fn jittered(period: Duration) -> Duration {
    period.mul_f64(rand::random_range(0.8..1.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let (first, longest) = (Duration::from_secs(2), Duration::from_mins(5));
        let waits: Vec<u64> = [1, 2, 3, 8, 9, 100]
            .map(|attempt| ceiling(attempt, first, longest).as_secs())
            .into();
        assert_eq!(waits, [2, 4, 8, 256, 300, 300]);
        assert!(delay(-3, (first, longest)) <= first);
    }
}
