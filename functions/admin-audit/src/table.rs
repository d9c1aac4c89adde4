//! The audit log as a table of RFC 4180.

use contract::AuditEntry;

const COLUMNS: [&str; 13] = [
    "id",
    "created_at",
    "actor_type",
    "actor_id",
    "action",
    "resource_type",
    "resource_id",
    "account_id",
    "account_email",
    "reason",
    "details",
    "ip_address",
    "request_id",
];

/// A head line and one line for each entry.
pub(crate) fn write(entries: &[AuditEntry]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for entry in entries {
        table.write_record(cells(entry).map(harmless))?;
    }
    table
        .into_inner()
        .map_err(|error| error.into_error().into())
}

fn cells(entry: &AuditEntry) -> [String; 13] {
    let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        entry.id.to_string(),
        entry.created_at.clone(),
        entry.actor_type.clone(),
        maybe(&entry.actor_id),
        entry.action.clone(),
        entry.resource_type.clone(),
        maybe(&entry.resource_id),
        entry
            .account_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        maybe(&entry.account_email),
        maybe(&entry.reason),
        entry.details.to_string(),
        maybe(&entry.ip_address),
        maybe(&entry.request_id),
    ]
}

/// Spreadsheets run what begins like a formula, and much of this log is what somebody sent.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_formula_or_a_new_cell_is_text() {
        let entry = serde_json::json!({"id": 7, "created_at": "2026-11-30T10:00:00Z", "actor_type": "admin",
            "actor_id": null, "action": "account.suspend", "resource_type": "account", "resource_id": "=1+1",
            "account_id": null, "account_email": "@x", "reason": "said \"no\",\nthen left", "details": {"a": 1},
            "ip_address": "::1", "request_id": "r"});
        let text = write(&[serde_json::from_value(entry).unwrap()]).unwrap();
        let mut read = csv::Reader::from_reader(text.as_slice());
        assert_eq!(read.headers().unwrap().len(), COLUMNS.len());
        let row = read.records().next().unwrap().unwrap();
        assert_eq!(&row[0], "7");
        assert_eq!(&row[6], "'=1+1");
        assert_eq!(&row[8], "'@x");
        assert_eq!(&row[9], "said \"no\",\nthen left");
        assert_eq!(&row[10], r#"{"a":1}"#);
    }
}
