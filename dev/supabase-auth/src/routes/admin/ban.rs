//! How long a user is shut out, in Go's words for durations (`24h`, `1h30m`), or `none`.

use crate::error::Error;

/// Longer is for ever: a hundred years.
const MAX_SECONDS: f64 = 100.0 * 365.25 * 86_400.0;
const REFUSAL: Error = Error::Invalid("invalid format for ban duration: use e.g. 24h, or none");

/// Seconds, or nothing to let the user in again.
pub(super) fn parse(text: &str) -> Result<Option<f64>, Error> {
    if text == "none" {
        return Ok(None);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, tail) = rest.split_at(digits.ok_or(REFUSAL)?);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, tail) = tail.split_at(letters.unwrap_or(tail.len()));
        let number: f64 = number.parse().map_err(|_| REFUSAL)?;
        seconds += number * seconds_of(unit)?;
        rest = tail;
    }
    if seconds > 0.0 && seconds <= MAX_SECONDS {
        Ok(Some(seconds))
    } else {
        Err(REFUSAL)
    }
}

fn seconds_of(unit: &str) -> Result<f64, Error> {
    match unit {
        "ns" => Ok(1e-9),
        "us" | "µs" => Ok(1e-6),
        "ms" => Ok(1e-3),
        "s" => Ok(1.0),
        "m" => Ok(60.0),
        "h" => Ok(3600.0),
        _ => Err(REFUSAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_gos_durations() {
        for (text, seconds) in [
            ("none", None),
            ("24h", Some(86_400.0)),
            ("1h30m", Some(5_400.0)),
            ("1.5s", Some(1.5)),
            ("876000h", Some(3_153_600_000.0)),
        ] {
            assert_eq!(parse(text).expect(text), seconds, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "", "0s", "-1h", "1", "h", "1d", "1h ", ".h", "1..2h", "1e9h", "9000000h", "∞h",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
