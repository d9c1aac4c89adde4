//! `/health` and `/openapi.json`.

mod document;
mod health;

edge::routes! {
    GET read "/health" => health::handle;
    GET read "/openapi.json" => document::handle;
}
