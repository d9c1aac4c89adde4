//! When a billing period ends: months have different lengths, and the anchor's day is kept.

use anyhow::Context;
use jiff::Span;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

/// The first end after `start` on the calendar of `anchor` (both Unix seconds) by a price's `recurring`.
pub(crate) fn end_after(start: i64, anchor: i64, recurring: &Value) -> anyhow::Result<i64> {
    let unit = recurring["interval"].as_str().unwrap_or_default();
    let count = recurring["interval_count"].as_i64().unwrap_or(1).max(1);
    let anchor = Timestamp::from_second(anchor).context("read the anchor")?;
    let anchor = anchor.to_zoned_datetime(TimeZone::UTC);
    // Counted from the anchor and not from the last end, so that the 31st comes back after February.
    let mut periods = 0;
    loop {
        periods += count;
        let end = anchor
            .checked_add(span(unit, periods)?)
            .context("add the interval")?;
        let end = end.timestamp().as_second();
        if end > start {
            return Ok(end);
        }
    }
}

fn span(unit: &str, count: i64) -> anyhow::Result<Span> {
    let span = match unit {
        "day" => Span::new().try_days(count),
        "week" => Span::new().try_weeks(count),
        "month" => Span::new().try_months(count),
        "year" => Span::new().try_years(count),
        other => anyhow::bail!("no such interval: {other}"),
    };
    span.context("count the intervals")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seconds(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    fn monthly() -> Value {
        json!({ "interval": "month", "interval_count": 1 })
    }

    #[test]
    fn short_months_do_not_shift_the_anchor() {
        let anchor = seconds("2026-01-31T10:00:00Z");
        let mut end = anchor;
        let mut ends = Vec::new();
        for _ in 0..3 {
            end = end_after(end, anchor, &monthly()).unwrap();
            ends.push(end);
        }
        let wanted = [
            "2026-02-28T10:00:00Z",
            "2026-03-31T10:00:00Z",
            "2026-04-30T10:00:00Z",
        ]
        .map(seconds);
        assert_eq!(ends, wanted);
    }

    #[test]
    fn years_and_several_weeks() {
        let anchor = seconds("2028-02-29T00:00:00Z");
        let yearly = json!({ "interval": "year", "interval_count": 1 });
        assert_eq!(
            end_after(anchor, anchor, &yearly).unwrap(),
            seconds("2029-02-28T00:00:00Z")
        );
        let fortnightly = json!({ "interval": "week", "interval_count": 2 });
        assert_eq!(
            end_after(anchor, anchor, &fortnightly).unwrap(),
            anchor + 14 * 86_400
        );
        assert!(end_after(anchor, anchor, &json!({ "interval": "aeon" })).is_err());
    }
}
