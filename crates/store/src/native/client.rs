//! [`Database`] over tokio-postgres.

use tokio_postgres::Client;
use tokio_postgres::types::{Json, ToSql};

use crate::database::{Access, Database, DatabaseError, Value};

impl Database for Client {
    async fn fetch_json(
        &self,
        _access: Access,
        statement: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<u8>, DatabaseError> {
        let values: Vec<Box<dyn ToSql + Sync + Send + '_>> = values.iter().map(parameter).collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v.as_ref() as _).collect();
        let row = self
            .query_one(statement, &values)
            .await
            .map_err(DatabaseError::from)?;
        let cell: serde_json::Value = row.try_get(0).map_err(DatabaseError::from)?;
        Ok(cell.to_string().into_bytes())
    }
}

fn parameter<'a>(value: &Value<'a>) -> Box<dyn ToSql + Sync + Send + 'a> {
    match *value {
        Value::Text(text) => Box::new(text),
        Value::MaybeText(text) => Box::new(text),
        Value::Int(number) => Box::new(number),
        Value::BigInt(number) => Box::new(number),
        Value::Texts(texts) => Box::new(texts),
        Value::Json(json) => Box::new(Json(json)),
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(refused) => Self::Refused {
                sqlstate: refused.code().code().to_owned(),
                message: refused.message().to_owned(),
            },
            None => Self::Unavailable(error.to_string()),
        }
    }
}
