//! Which part of a list is asked for.

use serde_json::{Value as Json, json};

/// A page of a list. The database looks the sort field up in the list's own allow-list.
#[derive(Debug, Clone)]
pub struct Page {
    /// First row, from 0.
    pub start: i32,
    /// How many rows.
    pub limit: i32,
    /// Field to sort by.
    pub sort: String,
    /// Largest first.
    pub descending: bool,
    /// Only rows that contain this text.
    pub search: Option<String>,
    /// Only rows whose fields have these values.
    pub filters: Vec<(&'static str, String)>,
}

impl Page {
    pub(crate) fn json(&self) -> Json {
        let mut page = json!({
            "start": self.start,
            "limit": self.limit,
            "sort": self.sort,
            "order": if self.descending { "DESC" } else { "ASC" },
            "q": self.search,
        });
        for (field, value) in &self.filters {
            page[*field] = json!(value);
        }
        page
    }
}
