//! Columns of PostgreSQL as values of Spin's interface.

use rust_decimal::Decimal;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use super::range::{self, Bound};
use super::wit::{Column, DbDataType, DbValue, Error, Interval};
use super::{Wrong, time};

/// The columns of a statement.
pub(crate) fn columns(columns: &[tokio_postgres::Column]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| Column {
            name: column.name().to_owned(),
            data_type: data_type(column.type_()),
        })
        .collect()
}

/// All values of one row. A value that cannot be given is an error that names column and type.
pub(crate) fn decode(row: &Row) -> Result<Vec<DbValue>, Error> {
    (0..row.len())
        .map(|index| {
            let value: Option<Cell> = row
                .try_get(index)
                .map_err(|error| wrong(row, index, &error))?;
            Ok(value.map_or(DbValue::DbNull, |Cell(value)| value))
        })
        .collect()
}

fn wrong(row: &Row, index: usize, error: &tokio_postgres::Error) -> Error {
    let column = &row.columns()[index];
    let (name, kind) = (column.name(), column.type_().name());
    let reason =
        std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    let advice = if *column.type_() == Type::TIMESTAMPTZ {
        format!("; select \"{name}\" AT TIME ZONE 'UTC'")
    } else {
        String::new()
    };
    super::error::text(format!(
        "column \"{name}\" of type {kind} cannot be read: {reason}{advice}"
    ))
}

fn data_type(kind: &Type) -> DbDataType {
    match *kind {
        Type::BOOL => DbDataType::Boolean,
        Type::INT2 => DbDataType::Int16,
        Type::INT4 => DbDataType::Int32,
        Type::INT8 => DbDataType::Int64,
        Type::FLOAT4 => DbDataType::Floating32,
        Type::FLOAT8 => DbDataType::Floating64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DbDataType::Str,
        Type::BYTEA => DbDataType::Binary,
        Type::DATE => DbDataType::Date,
        Type::TIME => DbDataType::Time,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => DbDataType::Datetime,
        Type::UUID => DbDataType::Uuid,
        Type::JSONB => DbDataType::Jsonb,
        Type::NUMERIC => DbDataType::Decimal,
        Type::INTERVAL => DbDataType::Interval,
        Type::INT4_RANGE => DbDataType::RangeInt32,
        Type::INT8_RANGE => DbDataType::RangeInt64,
        Type::NUM_RANGE => DbDataType::RangeDecimal,
        Type::INT4_ARRAY => DbDataType::ArrayInt32,
        Type::INT8_ARRAY => DbDataType::ArrayInt64,
        Type::NUMERIC_ARRAY => DbDataType::ArrayDecimal,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => DbDataType::ArrayStr,
        _ => DbDataType::Other(kind.name().to_owned()),
    }
}

/// One value. Types that Spin does not know are given as the bytes of the wire; `timestamptz`,
/// which it means to know but cannot read, is an error, also when the value is null.
struct Cell(DbValue);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Wrong> {
        let value = match *kind {
            Type::BOOL => DbValue::Boolean(bool::from_sql(kind, raw)?),
            Type::INT2 => DbValue::Int16(i16::from_sql(kind, raw)?),
            Type::INT4 => DbValue::Int32(i32::from_sql(kind, raw)?),
            Type::INT8 => DbValue::Int64(i64::from_sql(kind, raw)?),
            Type::FLOAT4 => DbValue::Floating32(f32::from_sql(kind, raw)?),
            Type::FLOAT8 => DbValue::Floating64(f64::from_sql(kind, raw)?),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR => DbValue::Str(String::from_sql(kind, raw)?),
            Type::BYTEA => DbValue::Binary(raw.to_vec()),
            Type::UUID => DbValue::Uuid(Uuid::from_sql(kind, raw)?.to_string()),
            Type::JSONB => DbValue::Jsonb(jsonb(kind, raw)?),
            Type::NUMERIC => DbValue::Decimal(Decimal::from_sql(kind, raw)?.to_string()),
            Type::DATE => DbValue::Date(time::date_of_days(i32::from_be_bytes(raw.try_into()?))?),
            Type::TIME => DbValue::Time(time::time_of_micros(i64::from_be_bytes(raw.try_into()?))?),
            Type::TIMESTAMP => DbValue::Datetime(time::datetime_of_micros(i64::from_be_bytes(
                raw.try_into()?,
            ))?),
            Type::INTERVAL => DbValue::Interval(interval(raw)?),
            Type::INT4_RANGE => DbValue::RangeInt32(range::decode(kind, raw)?),
            Type::INT8_RANGE => DbValue::RangeInt64(range::decode(kind, raw)?),
            Type::NUM_RANGE => {
                let (lower, upper) = range::decode(kind, raw)?;
                DbValue::RangeDecimal((decimal_text(lower), decimal_text(upper)))
            }
            Type::INT4_ARRAY => DbValue::ArrayInt32(Vec::from_sql(kind, raw)?),
            Type::INT8_ARRAY => DbValue::ArrayInt64(Vec::from_sql(kind, raw)?),
            Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => {
                DbValue::ArrayStr(Vec::from_sql(kind, raw)?)
            }
            Type::NUMERIC_ARRAY => {
                let numbers: Vec<Option<Decimal>> = Vec::from_sql(kind, raw)?;
                let text = |number: Option<Decimal>| number.map(|number| number.to_string());
                DbValue::ArrayDecimal(numbers.into_iter().map(text).collect())
            }
            _ => DbValue::Unsupported(raw.to_vec()),
        };
        Ok(Self(value))
    }

    fn accepts(kind: &Type) -> bool {
        *kind != Type::TIMESTAMPTZ
    }
}

/// Read and written anew, as Spin does it: numbers that do not fit a double lose digits.
fn jsonb(kind: &Type, raw: &[u8]) -> Result<Vec<u8>, Wrong> {
    Ok(serde_json::to_vec(&serde_json::Value::from_sql(
        kind, raw,
    )?)?)
}

fn decimal_text(bound: Bound<Decimal>) -> Bound<String> {
    bound.map(|(number, kind)| (number.to_string(), kind))
}

fn interval(raw: &[u8]) -> Result<Interval, Wrong> {
    let (micros, rest) = raw.split_at_checked(8).ok_or("short interval")?;
    let (days, months) = rest.split_at_checked(4).ok_or("short interval")?;
    Ok(Interval {
        micros: i64::from_be_bytes(micros.try_into()?),
        days: i32::from_be_bytes(days.try_into()?),
        months: i32::from_be_bytes(months.try_into()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jsonb_is_written_anew() {
        let Cell(DbValue::Jsonb(text)) =
            Cell::from_sql(&Type::JSONB, b"\x01{\"a\": 1.50}").unwrap()
        else {
            panic!("not jsonb")
        };
        assert_eq!(text, b"{\"a\":1.5}");
        assert!(Cell::from_sql(&Type::JSONB, b"\x02{}").is_err());
        assert!(Cell::from_sql(&Type::JSONB, b"").is_err());
    }

    #[test]
    fn unknown_types_are_given_as_they_came() {
        for kind in [
            Type::JSON,
            Type::NAME,
            Type::INET,
            Type::UUID_ARRAY,
            Type::OID,
        ] {
            let Cell(DbValue::Unsupported(raw)) = Cell::from_sql(&kind, b"raw").unwrap() else {
                panic!("{kind} was decoded")
            };
            assert_eq!(raw, b"raw");
            assert!(matches!(data_type(&kind), DbDataType::Other(name) if name == kind.name()));
        }
    }

    #[test]
    fn timestamptz_cannot_be_read() {
        assert!(!Cell::accepts(&Type::TIMESTAMPTZ));
        assert!(matches!(
            data_type(&Type::TIMESTAMPTZ),
            DbDataType::Datetime
        ));
    }

    #[test]
    fn damaged_bytes_are_errors() {
        for kind in [
            Type::DATE,
            Type::TIME,
            Type::TIMESTAMP,
            Type::INTERVAL,
            Type::INT8,
        ] {
            assert!(Cell::from_sql(&kind, b"\0\0").is_err(), "{kind}");
        }
    }
}
