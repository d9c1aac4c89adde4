//! `GET /v1/models`: the names that it answers to. It answers to any other too: a name chooses nothing here.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde_json::{Value, json};

use crate::error::Error;

/// The names that are listed: the one in a new instance's configuration, and the usual one for embeddings.
const NAMES: [&str; 2] = ["gpt-5-mini", "text-embedding-3-small"];
/// When they came to be, in seconds since 1970: any time will do, so long as it stays.
const CREATED: i64 = 1_767_225_600;
const MAX_NAME_BYTES: usize = 256;

/// All listed models.
pub(crate) async fn list() -> Json<Value> {
    let models: Vec<Value> = NAMES.iter().map(|name| model(name)).collect();
    Json(json!({ "object": "list", "data": models }))
}

/// One model, listed or not.
pub(crate) async fn read(id: Result<Path<String>, PathRejection>) -> Result<Json<Value>, Error> {
    let Path(id) = id.map_err(|_| Error::field("model", "The model's name is not UTF-8."))?;
    check_name(&id)?;
    Ok(Json(model(&id)))
}

/// Refuses what cannot be a model's name.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::field("model", "you must provide a model parameter"));
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(Error::field(
            "model",
            "The model's name is longer than 256 bytes.",
        ));
    }
    Ok(())
}

fn model(id: &str) -> Value {
    json!({ "id": id, "object": "model", "created": CREATED, "owned_by": "dev-model" })
}
