//! The answer as server-sent events: one chunk a word, as clients of a real provider get it.

use std::convert::Infallible;

use axum::response::Sse;
use axum::response::sse::Event;
use futures::Stream;
use futures::stream;
use serde_json::{Value, json};

use super::answer::{Completion, Output};

/// The events, with the usage at the end if the client asked for it.
pub(crate) fn events(
    completion: &Completion,
    with_usage: bool,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let mut chunks: Vec<Value> = (0..completion.choices)
        .flat_map(|index| choice(completion, index))
        .map(|choice| chunk(completion, &json!([choice]), with_usage, &Value::Null))
        .collect();
    if with_usage {
        chunks.push(chunk(completion, &json!([]), true, &completion.usage()));
    }
    let events = chunks
        .into_iter()
        .map(|chunk| Event::default().data(chunk.to_string()))
        .chain([Event::default().data("[DONE]")])
        .map(Ok);
    Sse::new(stream::iter(events))
}

/// One choice from its first chunk to its last.
fn choice(completion: &Completion, index: u32) -> Vec<Value> {
    let part = |delta: Value, finish_reason: Option<&str>| json!({ "index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason });
    let mut parts = vec![part(opening(&completion.output), None)];
    let is_text = matches!(completion.output, Output::Text(_));
    parts.extend(completion.output.words().map(|word| {
        let delta = if is_text {
            json!({ "content": word })
        } else {
            json!({ "tool_calls": [{ "index": 0, "function": { "arguments": word } }] })
        };
        part(delta, None)
    }));
    parts.push(part(json!({}), Some(completion.finish_reason)));
    parts
}

fn opening(output: &Output) -> Value {
    match output {
        Output::Text(_) => json!({ "role": "assistant", "content": "", "refusal": null }),
        Output::Call { id, name, .. } => {
            json!({ "role": "assistant", "content": null, "tool_calls": [{
                "index": 0, "id": id, "type": "function", "function": { "name": name, "arguments": "" },
            }]})
        }
    }
}

fn chunk(completion: &Completion, choices: &Value, with_usage: bool, usage: &Value) -> Value {
    let mut chunk = json!({
        "id": completion.id, "object": "chat.completion.chunk", "created": completion.created,
        "model": completion.model, "system_fingerprint": completion.fingerprint, "choices": choices,
    });
    if with_usage {
        chunk["usage"] = usage.clone();
    }
    chunk
}
