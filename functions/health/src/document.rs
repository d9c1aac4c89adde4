//! `GET /openapi.json`: the API's document, as committed.

use edge::{Anonymous, Answer, Context, Error, Request, StatusCode};

/// `cargo xtask check` fails when this file is not what the code says.
const DOCUMENT: &str = include_str!("../../../openapi.json");

pub(crate) async fn handle(_: &Context, _: Anonymous, _: Request) -> Result<Answer, Error> {
    Ok(Answer::new(StatusCode::OK, "application/json", DOCUMENT).cached("public, max-age=300"))
}
