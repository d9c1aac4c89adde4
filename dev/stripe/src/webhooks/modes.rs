//! Deliveries that go wrong on purpose, so that an endpoint can be tried against what happens to real ones.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use stripe::webhook;
use stripe::webhook::Secret;

/// Older than any endpoint accepts (it takes 300 s).
const OLD_SECONDS: i64 = 3_600;
/// Signs for nobody.
const FOREIGN_SECRET: &str = "whsec_of_somebody_else";

/// How an endpoint's deliveries go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", tag = "mode", deny_unknown_fields)]
pub(crate) enum Mode {
    /// Each event once, in order, again after a failure.
    #[default]
    Normal,
    /// Each event twice.
    Duplicate,
    /// Nothing, until the mode is changed; then all of it in an order of chance, the same for the same seed.
    Reordered {
        #[serde(default)]
        seed: u32,
    },
    /// Each event so much later, by the stand-in's clock.
    Delayed { seconds: u32 },
    /// The first try of each event gets lost on its way; the second comes after the usual pause.
    Dropped,
    /// No event ever comes; `GET /v1/events` still has it.
    Lost,
    /// Signed with a secret that the endpoint does not know, and with its own.
    SecondSecret,
    /// Signed with a secret that the endpoint does not know.
    WrongSecret,
    /// Signed an hour ago.
    OldTimestamp,
}

impl Mode {
    /// Reads what an endpoint's row holds.
    pub(crate) fn of(hidden: &Value) -> Self {
        serde_json::from_value(hidden["mode"].clone()).unwrap_or_default()
    }

    /// How often an event is sent in one try, which is the `attempt`th from 0.
    pub(crate) fn copies(self, attempt: i32) -> usize {
        match self {
            Self::Duplicate => 2,
            Self::Dropped if attempt == 0 => 0,
            _ => 1,
        }
    }

    /// The header for a body, signed with all secrets that are good now (Unix seconds of real time).
    pub(crate) fn sign(self, secrets: &[Secret], body: &[u8], now: i64) -> Option<String> {
        let now = if self == Self::OldTimestamp {
            now - OLD_SECONDS
        } else {
            now
        };
        let foreign = matches!(self, Self::SecondSecret | Self::WrongSecret);
        let foreign = foreign.then(|| Secret::new(FOREIGN_SECRET).ok()).flatten();
        let own = secrets.iter().filter(|_| self != Self::WrongSecret);
        let headers = foreign
            .iter()
            .chain(own)
            .map(|secret| webhook::sign(secret, body, now));
        headers.reduce(|all, next| {
            let signature = next.split_once(',').map_or("", |(_, signature)| signature);
            format!("{all},{signature}")
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1","type":"x","created":1,"livemode":false,"api_version":null,"data":{"object":{}}}"#;

    fn accepted(mode: Mode) -> bool {
        let secrets = ["whsec_a", "whsec_b"].map(|text| Secret::new(text).unwrap());
        let header = mode.sign(&secrets, BODY, 10_000).unwrap();
        let by = |secret: &Secret| {
            webhook::verify(std::slice::from_ref(secret), &header, BODY, 10_000).is_ok()
        };
        assert_eq!(by(&secrets[0]), by(&secrets[1]), "both secrets sign");
        by(&secrets[0])
    }

    #[test]
    fn signatures_are_as_bad_as_the_mode_says() {
        assert!(accepted(Mode::Normal));
        assert!(accepted(Mode::SecondSecret));
        assert!(!accepted(Mode::WrongSecret));
        assert!(!accepted(Mode::OldTimestamp));
    }

    #[test]
    fn modes_are_kept_as_they_are_asked_for() {
        let asked = json!({ "mode": "reordered", "seed": 7 });
        let mode: Mode = serde_json::from_value(asked.clone()).unwrap();
        assert_eq!(Mode::of(&json!({ "mode": asked })), mode);
        assert_eq!(mode, Mode::Reordered { seed: 7 });
        assert_eq!(Mode::of(&json!({})), Mode::Normal);
        assert!(serde_json::from_value::<Mode>(json!({ "mode": "delayed" })).is_err());
        assert!(serde_json::from_value::<Mode>(json!({ "mode": "x" })).is_err());
    }
}
