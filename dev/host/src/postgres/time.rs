//! Dates and times between PostgreSQL's wire form and the tuples of Spin's interface.
//!
//! The wire counts days or microseconds from 2000-01-01.

use jiff::Span;
use jiff::civil::{Date, Time, date};

/// Year, month, day.
pub(crate) type DateTuple = (i32, u8, u8);
/// Hour, minute, second, nanosecond.
pub(crate) type TimeTuple = (u8, u8, u8, u32);
/// Both.
pub(crate) type DateTimeTuple = (i32, u8, u8, u8, u8, u8, u32);

type Wrong = Box<dyn std::error::Error + Sync + Send>;

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// From 1970-01-01 to 2000-01-01, in seconds.
const EPOCH_SHIFT: i64 = 946_684_800;

const fn epoch() -> Date {
    date(2000, 1, 1)
}

pub(crate) fn date_of_days(days: i32) -> Result<DateTuple, Wrong> {
    if days == i32::MAX || days == i32::MIN {
        return Err("the date is infinite".into());
    }
    Ok(split_date(
        epoch().checked_add(Span::new().try_days(days)?)?,
    ))
}

pub(crate) fn days_of_date(tuple: DateTuple) -> Result<i32, Wrong> {
    let span = epoch().until(join_date(tuple)?)?;
    Ok(span.get_days())
}

pub(crate) fn time_of_micros(micros: i64) -> Result<TimeTuple, Wrong> {
    if !(0..MICROS_PER_DAY).contains(&micros) {
        return Err("24:00 is not supported".into());
    }
    Ok(split_time(
        Time::midnight().checked_add(Span::new().try_microseconds(micros)?)?,
    ))
}

pub(crate) fn micros_of_time(tuple: TimeTuple) -> Result<i64, Wrong> {
    let time = join_time(tuple)?;
    let seconds =
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    Ok(seconds * 1_000_000 + i64::from(time.subsec_nanosecond() / 1000))
}

pub(crate) fn datetime_of_micros(micros: i64) -> Result<DateTimeTuple, Wrong> {
    if micros == i64::MAX || micros == i64::MIN {
        return Err("the timestamp is infinite".into());
    }
    let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY))?;
    let (year, month, day) = date_of_days(days)?;
    let (hour, minute, second, nano) = time_of_micros(micros.rem_euclid(MICROS_PER_DAY))?;
    Ok((year, month, day, hour, minute, second, nano))
}

pub(crate) fn micros_of_datetime(tuple: DateTimeTuple) -> Result<i64, Wrong> {
    let (year, month, day, hour, minute, second, nano) = tuple;
    let days = days_of_date((year, month, day))?;
    Ok(i64::from(days) * MICROS_PER_DAY + micros_of_time((hour, minute, second, nano))?)
}

/// Seconds of the Unix epoch to the wire's microseconds.
pub(crate) fn micros_of_unix(seconds: i64) -> Result<i64, Wrong> {
    seconds
        .checked_sub(EPOCH_SHIFT)
        .and_then(|seconds| seconds.checked_mul(1_000_000))
        .ok_or_else(|| format!("invalid epoch timestamp {seconds}").into())
}

fn join_date((year, month, day): DateTuple) -> Result<Date, Wrong> {
    let wrong = || format!("invalid date y={year}, m={month}, d={day}");
    let (Ok(short), Ok(m), Ok(d)) = (i16::try_from(year), i8::try_from(month), i8::try_from(day))
    else {
        return Err(wrong().into());
    };
    Date::new(short, m, d).map_err(|_| wrong().into())
}

fn join_time((hour, minute, second, nano): TimeTuple) -> Result<Time, Wrong> {
    let wrong = || format!("invalid time {hour}:{minute}:{second}:{nano}");
    let parts = (
        i8::try_from(hour),
        i8::try_from(minute),
        i8::try_from(second),
        i32::try_from(nano),
    );
    let (Ok(h), Ok(m), Ok(s), Ok(n)) = parts else {
        return Err(wrong().into());
    };
    Time::new(h, m, s, n).map_err(|_| wrong().into())
}

fn split_date(date: Date) -> DateTuple {
    (
        i32::from(date.year()),
        date.month().unsigned_abs(),
        date.day().unsigned_abs(),
    )
}

fn split_time(time: Time) -> TimeTuple {
    (
        time.hour().unsigned_abs(),
        time.minute().unsigned_abs(),
        time.second().unsigned_abs(),
        time.subsec_nanosecond().unsigned_abs(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_both_ways() {
        for (days, tuple) in [
            (0, (2000, 1, 1)),
            (-1, (1999, 12, 31)),
            (9_824, (2026, 11, 24)),
            (59, (2000, 2, 29)),
        ] {
            assert_eq!(date_of_days(days).unwrap(), tuple);
            assert_eq!(days_of_date(tuple).unwrap(), days);
        }
        assert!(date_of_days(i32::MAX).is_err());
        assert!(days_of_date((2026, 2, 30)).is_err());
        assert!(days_of_date((300_000, 1, 1)).is_err());
    }

    #[test]
    fn times_go_both_ways() {
        for (micros, tuple) in [
            (0, (0, 0, 0, 0)),
            (86_399_999_999, (23, 59, 59, 999_999_000)),
            (3_723_000_004, (1, 2, 3, 4_000)),
        ] {
            assert_eq!(time_of_micros(micros).unwrap(), tuple);
            assert_eq!(micros_of_time(tuple).unwrap(), micros);
        }
        assert!(time_of_micros(MICROS_PER_DAY).is_err());
        assert!(micros_of_time((24, 0, 0, 0)).is_err());
    }

    #[test]
    fn datetimes_before_the_epoch() {
        let tuple = (1999, 12, 31, 23, 59, 59, 999_999_000);
        assert_eq!(datetime_of_micros(-1).unwrap(), tuple);
        assert_eq!(micros_of_datetime(tuple).unwrap(), -1);
        assert!(datetime_of_micros(i64::MAX).is_err());
    }

    #[test]
    fn unix_seconds() {
        assert_eq!(micros_of_unix(EPOCH_SHIFT).unwrap(), 0);
        assert_eq!(micros_of_unix(0).unwrap(), -EPOCH_SHIFT * 1_000_000);
        assert!(micros_of_unix(i64::MAX).is_err());
    }
}
