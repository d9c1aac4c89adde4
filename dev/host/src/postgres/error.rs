//! Errors of PostgreSQL in the words of Spin's interface.

use tokio_postgres::error::DbError;

use super::wit::{DbError as WitDbError, Error, QueryError};

/// An error of a statement: what the server said, whole; else a text.
pub(crate) fn query(error: &tokio_postgres::Error) -> Error {
    let as_text = format!("{error:?}"); // Spin's form of it
    Error::QueryFailed(match error.as_db_error() {
        Some(database) => QueryError::DbError(structured(as_text, database)),
        None => QueryError::Text(as_text),
    })
}

/// An error in words that is no error of the server.
pub(crate) fn text(text: impl Into<String>) -> Error {
    Error::QueryFailed(QueryError::Text(text.into()))
}

fn structured(as_text: String, database: &DbError) -> WitDbError {
    WitDbError {
        as_text,
        severity: database.severity().to_owned(),
        code: database.code().code().to_owned(),
        message: database.message().to_owned(),
        detail: database.detail().map(ToOwned::to_owned),
        extras: extras(database),
    }
}

/// Under the names, and in the order, that Spin gives them.
fn extras(error: &DbError) -> Vec<(String, String)> {
    [
        ("column", error.column().map(ToOwned::to_owned)),
        ("constraint", error.constraint().map(ToOwned::to_owned)),
        ("routine", error.routine().map(ToOwned::to_owned)),
        ("hint", error.hint().map(ToOwned::to_owned)),
        ("table", error.table().map(ToOwned::to_owned)),
        ("datatype", error.datatype().map(ToOwned::to_owned)),
        ("schema", error.schema().map(ToOwned::to_owned)),
        ("file", error.file().map(ToOwned::to_owned)),
        ("line", error.line().map(|line| line.to_string())),
        ("where_", error.where_().map(ToOwned::to_owned)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}
