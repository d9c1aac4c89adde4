//! [`Database`] over Spin's PostgreSQL interface.

use std::cell::RefCell;
use std::rc::Rc;

use spin_sdk::pg::{
    Connection, DbValue, Error as PgError, ParameterValue, PgError as Cause, QueryError,
};
use store::{Access, Database, DatabaseError, Value};

use crate::settings::Settings;

thread_local! {
    /// One connection for the reads of this instance: twice the throughput of one per request. It holds nothing
    /// of a request, since a statement is a transaction of its own.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

/// The platform's database, by the variable `database_url`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpinDatabase;

impl Database for SpinDatabase {
    async fn fetch_json(
        &self,
        access: Access,
        statement: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<u8>, DatabaseError> {
        match access {
            Access::Write => fetch(&open().await?, statement, values).await,
            Access::Read => match fetch(&*kept().await?, statement, values).await {
                // The backend died: the handle stays closed, and a read may be sent again.
                Err(DatabaseError::Unavailable(_)) => {
                    KEPT.set(None);
                    fetch(&*kept().await?, statement, values).await
                }
                outcome => outcome,
            },
        }
    }
}

async fn kept() -> Result<Rc<Connection>, DatabaseError> {
    if let Some(kept) = KEPT.with_borrow(Clone::clone) {
        return Ok(kept);
    }
    let opened = Rc::new(open().await?);
    KEPT.set(Some(Rc::clone(&opened)));
    Ok(opened)
}

async fn open() -> Result<Connection, DatabaseError> {
    let url = Settings
        .required("database_url")
        .await
        .map_err(|error| DatabaseError::Unavailable(error.to_string()))?;
    Connection::open(url).await.map_err(convert)
}

async fn fetch(
    connection: &Connection,
    statement: &'static str,
    values: &[Value<'_>],
) -> Result<Vec<u8>, DatabaseError> {
    let values: Vec<ParameterValue> = values.iter().map(parameter).collect();
    let rows = connection.query(statement, values).await.map_err(convert)?;
    let rows = rows.collect().await.map_err(convert)?;
    match rows.first().map(|row| &row[0]) {
        Some(DbValue::Jsonb(json)) => Ok(json.clone()),
        _ => Err(DatabaseError::Unexpected {
            statement,
            cause: "no jsonb cell".to_owned(),
        }),
    }
}

fn parameter(value: &Value<'_>) -> ParameterValue {
    match *value {
        Value::Text(text) | Value::MaybeText(Some(text)) => ParameterValue::Str(text.to_owned()),
        Value::MaybeText(None) => ParameterValue::DbNull,
        Value::Int(number) => ParameterValue::Int32(number),
        Value::BigInt(number) => ParameterValue::Int64(number),
        Value::Texts(texts) => ParameterValue::ArrayStr(texts.iter().cloned().map(Some).collect()),
        Value::Json(json) => ParameterValue::Jsonb(json.to_string().into_bytes()),
    }
}

fn convert(error: PgError) -> DatabaseError {
    match error {
        PgError::PgError(Cause::QueryFailed(QueryError::DbError(refused))) => {
            // Class 57 after the statement was sent: the server ended the connection, as in a restart.
            if refused.code.starts_with("57P") {
                return DatabaseError::Unavailable(refused.message);
            }
            DatabaseError::Refused {
                sqlstate: refused.code,
                message: refused.message,
            }
        }
        other => DatabaseError::Unavailable(other.to_string()),
    }
}
