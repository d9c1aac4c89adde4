//! Calls that fail on purpose, so that callers can be tried against a Stripe that is busy, broken or slow.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

/// Shorter than the database lets a call wait.
const MAX_DELAY_MS: u64 = 25_000;
const MAX_FAULTS: usize = 100;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// 429, and nothing is done.
    RateLimit,
    /// 500, and nothing is done.
    Error,
    /// 503 without an error object, as a proxy in front of Stripe answers.
    Unavailable,
    /// 500, though it was done: the caller must repeat it with its idempotency key.
    LostAnswer,
    /// It is done late.
    Slow,
}

/// One wish of a test.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    /// How many calls it strikes.
    #[serde(default = "once")]
    pub(crate) times: u32,
    /// Only calls whose path begins like this.
    #[serde(default)]
    pub(crate) path: String,
    /// Only calls that have this in their path, query or form: one customer's trouble is nobody else's.
    #[serde(default)]
    pub(crate) about: String,
    /// For `slow`: how late, milliseconds of real time.
    #[serde(default)]
    pub(crate) delay_ms: u64,
}

fn once() -> u32 {
    1
}

/// The faults to come.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Replaces them. Answers why not.
    pub(crate) fn set(&self, faults: Vec<Fault>) -> Result<(), &'static str> {
        if faults.len() > MAX_FAULTS {
            return Err("at most 100 faults");
        }
        if faults.iter().any(|fault| fault.delay_ms > MAX_DELAY_MS) {
            return Err("delay_ms is at most 25000");
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
        Ok(())
    }

    /// What is left of them.
    pub(crate) fn left(&self) -> Vec<Fault> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The fault that strikes a call.
    pub(crate) fn strike(&self, path: &str, query: &str, form: &[u8]) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let form = String::from_utf8_lossy(form);
        let place = faults.iter().position(|fault| {
            fault.times > 0
                && path.starts_with(&fault.path)
                && [path, query, &form]
                    .iter()
                    .any(|text| text.contains(&fault.about))
        })?;
        faults[place].times -= 1;
        let struck = faults[place].clone();
        faults.retain(|fault| fault.times > 0);
        Some(struck)
    }
}

impl Fault {
    /// How long it keeps the call waiting.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: Kind, times: u32, path: &str) -> Fault {
        Fault {
            kind,
            times,
            path: path.to_owned(),
            about: String::new(),
            delay_ms: 0,
        }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_only_its_path() {
        let faults = Faults::default();
        let wanted = vec![
            fault(Kind::Error, 1, "/v1/customers"),
            fault(Kind::RateLimit, 2, ""),
        ];
        faults.set(wanted).unwrap();
        let struck = |path| faults.strike(path, "", b"").map(|fault| fault.kind);
        assert_eq!(struck("/v1/events"), Some(Kind::RateLimit));
        assert_eq!(struck("/v1/customers/x"), Some(Kind::Error));
        assert_eq!(struck("/v1/customers/x"), Some(Kind::RateLimit));
        assert_eq!(struck("/v1/customers/x"), None);
        assert!(faults.left().is_empty());
    }

    #[test]
    fn a_fault_about_somebody_strikes_nobody_else() {
        let faults = Faults::default();
        let about = Fault {
            about: "cus_1".to_owned(),
            ..fault(Kind::Error, 3, "/v1")
        };
        faults.set(vec![about]).unwrap();
        let is_struck = |path: &str, query: &str, form: &str| {
            faults.strike(path, query, form.as_bytes()).is_some()
        };
        assert!(!is_struck(
            "/v1/invoices",
            "customer=cus_2",
            "customer=cus_3"
        ));
        assert!(is_struck("/v1/customers/cus_1", "", ""));
        assert!(is_struck("/v1/invoices", "customer=cus_1", ""));
        assert!(is_struck("/v1/subscriptions", "", "customer=cus_1"));
    }
}
