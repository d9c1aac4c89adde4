//! Values of the command line that may be ranges: with `1..8`, each instance takes one at random.

use std::time::Duration;

use rand::distr::uniform::SampleUniform;

/// One value, or those from the first up to, but not including, the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice<T> {
    One(T),
    Between(T, T),
}

impl<T: SampleUniform + PartialOrd + Copy> Choice<T> {
    /// A value for one instance.
    pub(crate) fn pick(self) -> T {
        match self {
            Self::One(value) => value,
            Self::Between(from, to) => rand::random_range(from..to),
        }
    }

    fn parse(text: &str, one: impl Fn(&str) -> Result<T, String>) -> Result<Self, String> {
        let Some((from, to)) = text.split_once("..") else {
            return one(text).map(Self::One);
        };
        let (from, to) = (one(from)?, one(to)?);
        if from < to {
            Ok(Self::Between(from, to))
        } else {
            Err(format!("the range `{text}` is empty"))
        }
    }
}

/// Reads `16` or `1..17`.
pub(crate) fn count(text: &str) -> Result<Choice<usize>, String> {
    Choice::parse(text, |text| {
        text.parse()
            .map_err(|_| format!("`{text}` is not a number"))
    })
}

/// Reads `2s` or `500ms..2s`.
pub(crate) fn time(text: &str) -> Result<Choice<Duration>, String> {
    Choice::parse(text, duration)
}

/// Spin's durations: a whole number with `s`, `ms`, `us` or `ns`; seconds without.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("`{text}` is not a duration"))?;
    match &text[digits.len()..] {
        "" | "s" => Ok(Duration::from_secs(number)),
        "ms" => Ok(Duration::from_millis(number)),
        "us" | "μs" => Ok(Duration::from_micros(number)),
        "ns" => Ok(Duration::from_nanos(number)),
        unit => Err(format!(
            "`{unit}` is not a unit of time; use s, ms, us or ns"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("7μs"), Ok(Duration::from_micros(7)));
        for wrong in ["", "s", "2h", "fast", "-1s", "1.5s", "99999999999999999999"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ranges_are_picked_from() {
        assert_eq!(count("5").unwrap().pick(), 5);
        let few = count("2..4").unwrap();
        let mut seen: Vec<usize> = (0..200).map(|_| few.pick()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [2, 3]);
        let bounds = (Duration::from_secs(1), Duration::from_secs(8));
        assert_eq!(time("1..8s"), Ok(Choice::Between(bounds.0, bounds.1)));
        for wrong in ["4..4", "4..1", "..4", "4..", "a..b"] {
            assert!(count(wrong).is_err(), "{wrong}");
        }
    }
}
