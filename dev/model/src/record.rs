//! What was asked and answered, for tests: `GET /__requests`. The oldest are forgotten first.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Shared};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::State;
use crate::error::Error;

/// How many are kept.
const KEPT: usize = 200;
/// How large all that are kept may be together, as JSON.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// The latest requests.
#[derive(Default)]
pub(crate) struct Records(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// How many requests there were at all.
    count: u64,
    bytes: usize,
    records: VecDeque<(Record, usize)>,
}

/// One request with its answer.
#[derive(Clone, Serialize)]
struct Record {
    /// Counted from 1 over the life of the process.
    number: u64,
    received_at: Timestamp,
    endpoint: &'static str,
    request: Value,
    answer: Value,
}

impl Records {
    /// Counts a request, has it answered under its number, and keeps both.
    pub(crate) fn answer<T>(
        &self,
        endpoint: &'static str,
        request: Value,
        answer: impl FnOnce(u64) -> (T, Value),
    ) -> T {
        // A panic elsewhere leaves the list whole: it is changed by single steps.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.count += 1;
        let number = kept.count;
        let (answer, recorded) = answer(number);
        let size = request.to_string().len() + recorded.to_string().len();
        let record = Record {
            number,
            received_at: Timestamp::now(),
            endpoint,
            request,
            answer: recorded,
        };
        kept.bytes += size;
        kept.records.push_back((record, size));
        while kept.records.len() > KEPT || kept.bytes > KEPT_BYTES {
            let Some((_, size)) = kept.records.pop_front() else {
                break;
            };
            kept.bytes -= size;
        }
        answer
    }

    fn containing(&self, text: &str) -> Vec<Record> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let records = kept.records.iter().map(|(record, _)| record);
        records
            .filter(|record| text.is_empty() || holds(&record.request, text))
            .cloned()
            .collect()
    }
}

/// Whether any text inside a value contains another.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.contains(text),
        Value::Array(values) => values.iter().any(|value| holds(value, text)),
        Value::Object(fields) => fields.values().any(|value| holds(value, text)),
        _ => false,
    }
}

/// Which requests to show.
#[derive(Deserialize)]
pub(crate) struct Filter {
    /// Only those in which some text contains this one.
    #[serde(default)]
    containing: String,
}

/// Lists what is kept, oldest first.
pub(crate) async fn list(
    Shared(state): Shared<State>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Value>, Error> {
    let Query(filter) = filter.map_err(|error| Error::invalid(error.body_text()))?;
    let records = state.records.containing(&filter.containing);
    Ok(Json(json!({ "run": state.run, "requests": records })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(records: &Records, text: &str) -> u64 {
        records.answer(
            "chat",
            json!({ "messages": [{ "content": text }] }),
            |number| (number, json!("answer")),
        )
    }

    #[test]
    fn counts_on_while_the_oldest_are_forgotten() {
        let records = Records::default();
        for _ in 0..KEPT {
            ask(&records, "early");
        }
        assert_eq!(ask(&records, "late"), KEPT as u64 + 1);
        assert_eq!(records.containing("").len(), KEPT);
        assert_eq!(records.containing("early").len(), KEPT - 1);
        assert_eq!(records.containing("late")[0].number, KEPT as u64 + 1);
        assert!(records.containing("never").is_empty());
    }

    #[test]
    fn keeps_no_more_than_its_share_of_memory() {
        let records = Records::default();
        let large = "x".repeat(KEPT_BYTES / 3);
        for _ in 0..5 {
            ask(&records, &large);
        }
        assert_eq!(records.containing("").len(), 2);
        ask(&records, &"y".repeat(KEPT_BYTES));
        assert!(records.containing("").is_empty(), "too large by itself");
        ask(&records, "small");
        assert_eq!(records.containing("").len(), 1);
    }
}
