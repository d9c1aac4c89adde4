//! Parameters of statements. As strict as Spin: a text fits no `uuid` column, and so on.

use bytes::BytesMut;
use rust_decimal::Decimal;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use super::range::{self, Bound, Range};
use super::wit::{Error, Interval, ParameterValue};
use super::{Wrong, time};

/// A parameter that is known to be well formed (a date that exists, JSON, a number).
#[derive(Debug)]
pub(crate) enum Param {
    Boolean(bool),
    Int8(i8),
    Int16(i16),
    Int32(i32),
    Int64(i64),
    Floating32(f32),
    Floating64(f64),
    Str(String),
    Binary(Vec<u8>),
    /// Days from 2000-01-01.
    Date(i32),
    /// Microseconds from midnight.
    Time(i64),
    /// Microseconds from 2000-01-01, without a zone.
    Datetime(i64),
    /// The same, with a zone.
    Timestamp(i64),
    Uuid(Uuid),
    Jsonb(serde_json::Value),
    Decimal(Decimal),
    RangeInt32(Range<i32>),
    RangeInt64(Range<i64>),
    RangeDecimal(Range<Decimal>),
    ArrayInt32(Vec<Option<i32>>),
    ArrayInt64(Vec<Option<i64>>),
    ArrayDecimal(Vec<Option<Decimal>>),
    ArrayStr(Vec<Option<String>>),
    Interval(Interval),
    Null,
}

/// Reads all parameters; the first that is wrong is named by its number (`$1` is the first), in an
/// error of the kind `wrong`.
pub(crate) fn parse(
    values: Vec<ParameterValue>,
    wrong: fn(String) -> Error,
) -> Result<Vec<Param>, Error> {
    values
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            Param::parse(value).map_err(|error| wrong(format!("parameter ${}: {error}", index + 1)))
        })
        .collect()
}

impl Param {
    fn parse(value: ParameterValue) -> Result<Self, Wrong> {
        Ok(match value {
            ParameterValue::Boolean(v) => Self::Boolean(v),
            ParameterValue::Int8(v) => Self::Int8(v),
            ParameterValue::Int16(v) => Self::Int16(v),
            ParameterValue::Int32(v) => Self::Int32(v),
            ParameterValue::Int64(v) => Self::Int64(v),
            ParameterValue::Floating32(v) => Self::Floating32(v),
            ParameterValue::Floating64(v) => Self::Floating64(v),
            ParameterValue::Str(v) => Self::Str(v),
            ParameterValue::Binary(v) => Self::Binary(v),
            ParameterValue::Date(v) => Self::Date(time::days_of_date(v)?),
            ParameterValue::Time(v) => Self::Time(time::micros_of_time(v)?),
            ParameterValue::Datetime(v) => Self::Datetime(time::micros_of_datetime(v)?),
            ParameterValue::Timestamp(v) => Self::Timestamp(time::micros_of_unix(v)?),
            ParameterValue::Uuid(v) => {
                Self::Uuid(Uuid::parse_str(&v).map_err(|error| format!("not a UUID: {error}"))?)
            }
            ParameterValue::Jsonb(v) => Self::Jsonb(
                serde_json::from_slice(&v).map_err(|error| format!("not JSON: {error}"))?,
            ),
            ParameterValue::Decimal(v) => Self::Decimal(decimal(&v)?),
            ParameterValue::ArrayInt32(v) => Self::ArrayInt32(v),
            ParameterValue::ArrayInt64(v) => Self::ArrayInt64(v),
            ParameterValue::ArrayStr(v) => Self::ArrayStr(v),
            ParameterValue::ArrayDecimal(v) => Self::ArrayDecimal(
                v.into_iter()
                    .map(|text| text.map(|text| decimal(&text)).transpose())
                    .collect::<Result<_, _>>()?,
            ),
            ParameterValue::Interval(v) => Self::Interval(v),
            ParameterValue::DbNull => Self::Null,
            ParameterValue::RangeInt32(v) => Self::RangeInt32(v),
            ParameterValue::RangeInt64(v) => Self::RangeInt64(v),
            ParameterValue::RangeDecimal((lower, upper)) => {
                Self::RangeDecimal((decimal_bound(lower)?, decimal_bound(upper)?))
            }
        })
    }
}

fn decimal(text: &str) -> Result<Decimal, Wrong> {
    Decimal::from_str_exact(text).map_err(|error| format!("not a number: {error}").into())
}

fn decimal_bound(bound: Bound<String>) -> Result<Bound<Decimal>, Wrong> {
    bound
        .map(|(text, kind)| Ok((decimal(&text)?, kind)))
        .transpose()
}

impl ToSql for Param {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Wrong> {
        match self {
            Self::Boolean(v) => v.to_sql_checked(kind, out),
            Self::Int8(v) => v.to_sql_checked(kind, out),
            Self::Int16(v) => v.to_sql_checked(kind, out),
            Self::Int32(v) => v.to_sql_checked(kind, out),
            Self::Int64(v) => v.to_sql_checked(kind, out),
            Self::Floating32(v) => v.to_sql_checked(kind, out),
            Self::Floating64(v) => v.to_sql_checked(kind, out),
            Self::Str(v) => v.to_sql_checked(kind, out),
            Self::Binary(v) => v.to_sql_checked(kind, out),
            Self::Uuid(v) => v.to_sql_checked(kind, out),
            Self::Decimal(v) => v.to_sql_checked(kind, out),
            Self::ArrayInt32(v) => v.to_sql_checked(kind, out),
            Self::ArrayInt64(v) => v.to_sql_checked(kind, out),
            Self::ArrayDecimal(v) => v.to_sql_checked(kind, out),
            Self::ArrayStr(v) => v.to_sql_checked(kind, out),
            Self::Date(v) => raw(kind, &Type::DATE, out, &[&v.to_be_bytes()]),
            Self::Time(v) => raw(kind, &Type::TIME, out, &[&v.to_be_bytes()]),
            Self::Datetime(v) => raw(kind, &Type::TIMESTAMP, out, &[&v.to_be_bytes()]),
            Self::Timestamp(v) => raw(kind, &Type::TIMESTAMPTZ, out, &[&v.to_be_bytes()]),
            Self::Jsonb(v) => v.to_sql_checked(kind, out),
            Self::RangeInt32(v) => range::encode(v, kind, out),
            Self::RangeInt64(v) => range::encode(v, kind, out),
            Self::RangeDecimal(v) => range::encode(v, kind, out),
            Self::Interval(v) => raw(
                kind,
                &Type::INTERVAL,
                out,
                &[
                    &v.micros.to_be_bytes(),
                    &v.days.to_be_bytes(),
                    &v.months.to_be_bytes(),
                ],
            ),
            Self::Null => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true // each value checks for itself, since the cases differ
    }

    to_sql_checked!();
}

fn raw(kind: &Type, fits: &Type, out: &mut BytesMut, parts: &[&[u8]]) -> Result<IsNull, Wrong> {
    if fits != kind {
        return Err(format!("a {fits} does not fit the type {kind}").into());
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    Ok(IsNull::No)
}

#[cfg(test)]
mod tests {
    use super::super::wit::RangeBoundKind;
    use super::*;

    fn bytes(value: ParameterValue, kind: &Type) -> Result<Vec<u8>, String> {
        let param = Param::parse(value).map_err(|error| error.to_string())?;
        let mut out = BytesMut::new();
        param
            .to_sql_checked(kind, &mut out)
            .map_err(|error| error.to_string())?;
        Ok(out.to_vec())
    }

    #[test]
    fn jsonb_fits_both_json_types() {
        let value = || ParameterValue::Jsonb(b"{}".to_vec());
        assert_eq!(bytes(value(), &Type::JSONB).unwrap(), b"\x01{}");
        assert_eq!(bytes(value(), &Type::JSON).unwrap(), b"{}");
        assert!(bytes(value(), &Type::TEXT).is_err());
    }

    #[test]
    fn wrong_values_are_refused() {
        for value in [
            ParameterValue::Jsonb(b"{".to_vec()),
            ParameterValue::Uuid("x".to_owned()),
            ParameterValue::Decimal("1,5".to_owned()),
            ParameterValue::ArrayDecimal(vec![Some("x".to_owned())]),
            ParameterValue::Date((2026, 13, 1)),
            ParameterValue::Time((1, 60, 0, 0)),
            ParameterValue::RangeDecimal((Some(("x".to_owned(), RangeBoundKind::Inclusive)), None)),
        ] {
            let error = parse(vec![value], Error::BadParameter).unwrap_err();
            assert!(matches!(error, Error::BadParameter(text) if text.contains("$1")));
        }
    }

    #[test]
    fn types_are_not_converted() {
        let text = || ParameterValue::Str("x".to_owned());
        assert!(bytes(text(), &Type::TEXT).is_ok());
        assert!(bytes(text(), &Type::UUID).is_err());
        assert!(bytes(ParameterValue::Int32(1), &Type::INT8).is_err());
        assert!(bytes(ParameterValue::Timestamp(0), &Type::TIMESTAMP).is_err());
        assert!(bytes(ParameterValue::Timestamp(0), &Type::TIMESTAMPTZ).is_ok());
    }
}
