//! `GET /admin/users`.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};

use crate::db::users;
use crate::error::Error;
use crate::extract::{Admin, Query};
use crate::state::State;

const PER_PAGE: i64 = 50;
const MAX_PER_PAGE: i64 = 1000;

/// One page of all users.
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _: Admin,
    query: Query,
) -> Result<(HeaderMap, Json<Value>), Error> {
    let page = number(&query, "page", 1)?;
    let per_page = number(&query, "per_page", PER_PAGE)?.min(MAX_PER_PAGE);
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let users = users::list(&tx, page, per_page).await?;
    let total = users::count(&tx).await?;
    tx.commit().await?;

    let mut headers = HeaderMap::new();
    headers.insert(
        HeaderName::from_static("x-total-count"),
        HeaderValue::from(total),
    );
    let base = format!("{}/admin/users", state.config.issuer());
    let link = HeaderValue::from_str(&links(&base, page, per_page, total))
        .map_err(|error| Error::Internal(error.into()))?;
    headers.insert(header::LINK, link);
    Ok((
        headers,
        Json(json!({ "users": users, "aud": "authenticated" })),
    ))
}

fn number(query: &Query, name: &str, default: i64) -> Result<i64, Error> {
    match query.get(name) {
        None | Some("") => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| *number >= 1)
            .ok_or(Error::Invalid("page and per_page are numbers from 1")),
    }
}

/// The `Link` header: the next page, if there is one, and the last.
fn links(base: &str, page: i64, per_page: i64, total: i64) -> String {
    let last = (total - 1).max(0) / per_page + 1;
    let link =
        |page: i64, rel: &str| format!("<{base}?page={page}&per_page={per_page}>; rel=\"{rel}\"");
    let last_link = link(last, "last");
    if page < last {
        format!("{}, {last_link}", link(page + 1, "next"))
    } else {
        last_link
    }
}
