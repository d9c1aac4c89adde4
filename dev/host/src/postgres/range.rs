//! PostgreSQL's ranges between the wire and Spin's interface.
//!
//! Written here, since the crate `postgres_range` panics on the largest integer as a bound.

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type};

use super::Wrong;
use super::wit::RangeBoundKind;

/// Lower and upper bound; an absent bound is infinite.
pub(crate) type Range<T> = (Bound<T>, Bound<T>);
pub(crate) type Bound<T> = Option<(T, RangeBoundKind)>;

/// The flags in the first byte.
const EMPTY: u8 = 1;
const LOWER_INCLUSIVE: u8 = 2;
const UPPER_INCLUSIVE: u8 = 4;
const LOWER_INFINITE: u8 = 8;
const UPPER_INFINITE: u8 = 16;

/// Reads a range of the type `kind`. An empty range has no bounds, as in Spin.
pub(crate) fn decode<'a, T: FromSql<'a>>(kind: &Type, raw: &'a [u8]) -> Result<Range<T>, Wrong> {
    let Kind::Range(element) = kind.kind() else {
        return Err("not a range".into());
    };
    let (flags, mut rest) = raw.split_first().ok_or("short range")?;
    if flags & EMPTY != 0 {
        return Ok((None, None));
    }
    let mut bound = |infinite: u8, inclusive: u8| -> Result<Bound<T>, Wrong> {
        if flags & infinite != 0 {
            return Ok(None);
        }
        let (length, after) = rest.split_at_checked(4).ok_or("short range")?;
        let length = usize::try_from(i32::from_be_bytes(length.try_into()?))?;
        let (value, after) = after.split_at_checked(length).ok_or("short range")?;
        rest = after;
        let kind = if flags & inclusive == 0 {
            RangeBoundKind::Exclusive
        } else {
            RangeBoundKind::Inclusive
        };
        Ok(Some((T::from_sql(element, value)?, kind)))
    };
    let lower = bound(LOWER_INFINITE, LOWER_INCLUSIVE)?;
    Ok((lower, bound(UPPER_INFINITE, UPPER_INCLUSIVE)?))
}

/// Writes a range, if its elements fit the range type `kind`.
pub(crate) fn encode<T: ToSql>(
    (lower, upper): &Range<T>,
    kind: &Type,
    out: &mut BytesMut,
) -> Result<IsNull, Wrong> {
    let element = match kind.kind() {
        Kind::Range(element) if T::accepts(element) => element,
        _ => return Err(format!("the range does not fit the type {kind}").into()),
    };
    out.put_u8(
        flags(lower.as_ref(), LOWER_INFINITE, LOWER_INCLUSIVE)
            | flags(upper.as_ref(), UPPER_INFINITE, UPPER_INCLUSIVE),
    );
    for (value, _) in [lower, upper].into_iter().flatten() {
        let mut bytes = BytesMut::new();
        if let IsNull::Yes = value.to_sql(element, &mut bytes)? {
            return Err("a bound is null".into());
        }
        out.put_i32(i32::try_from(bytes.len())?);
        out.extend_from_slice(&bytes);
    }
    Ok(IsNull::No)
}

fn flags<T>(bound: Option<&(T, RangeBoundKind)>, infinite: u8, inclusive: u8) -> u8 {
    match bound {
        None => infinite,
        Some((_, RangeBoundKind::Inclusive)) => inclusive,
        Some((_, RangeBoundKind::Exclusive)) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_go_both_ways() {
        use RangeBoundKind::{Exclusive, Inclusive};
        for range in [
            (Some((1, Inclusive)), Some((i32::MAX, Exclusive))),
            (Some((-7, Exclusive)), Some((i32::MAX, Inclusive))),
            (None, Some((0, Inclusive))),
            (None, None),
        ] {
            let mut out = BytesMut::new();
            assert!(encode(&range, &Type::INT4_RANGE, &mut out).is_ok());
            let back: Range<i32> = decode(&Type::INT4_RANGE, &out).unwrap();
            assert_eq!(format!("{back:?}"), format!("{range:?}"));
        }
        let empty: Range<i32> = decode(&Type::INT4_RANGE, &[EMPTY]).unwrap();
        assert!(empty.0.is_none() && empty.1.is_none());
    }

    #[test]
    fn misfits_and_damage_are_errors() {
        let range: Range<i32> = (None, None);
        for kind in [Type::INT4, Type::INT8_RANGE] {
            assert!(encode(&range, &kind, &mut BytesMut::new()).is_err());
        }
        for raw in [
            &b""[..],
            b"\x02",
            b"\x02\0\0\0\x04\0",
            b"\x02\xff\xff\xff\xff",
        ] {
            assert!(decode::<i32>(&Type::INT4_RANGE, raw).is_err(), "{raw:?}");
        }
    }
}
