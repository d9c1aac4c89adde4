//! The answer: what was said last, with a number and a name that only this process can know.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::request::{Chat, Message, ResponseFormat, Role};
use crate::schema;

/// How much of the last message is repeated, in characters.
const QUOTED: usize = 1000;
/// Characters of a token, roughly; answers are counted by words, since they are cut between words.
const CHARACTERS_PER_TOKEN: usize = 4;

/// A finished answer.
pub(crate) struct Completion {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) model: String,
    pub(crate) fingerprint: String,
    pub(crate) choices: u32,
    pub(crate) output: Output,
    pub(crate) finish_reason: &'static str,
    tokens_in: usize,
    tokens_out: usize,
}

/// What the model puts out.
pub(crate) enum Output {
    /// Said to the reader.
    Text(String),
    /// Asked of the client.
    Call {
        id: String,
        name: String,
        /// JSON as text.
        arguments: String,
    },
}

impl Completion {
    /// Answers a conversation as the `number`th of a run.
    pub(crate) fn of(chat: &Chat, run: &str, number: u64) -> Self {
        let said = reply(&chat.messages, run, number);
        let (output, finish_reason) = if let Some(function) = chat.forced_function() {
            let arguments = function.parameters.as_ref();
            let arguments =
                arguments.map_or_else(|| json!({}), |schema| schema::example(schema, &said));
            let call = Output::Call {
                id: format!("call_{}", random_hex()),
                name: function.name.clone(),
                arguments: arguments.to_string(),
            };
            (call, "tool_calls")
        } else {
            let (text, finish_reason) = cut(&shaped(chat, said), chat);
            (Output::Text(text), finish_reason)
        };
        let prompt: usize = chat.messages.iter().map(tokens_of).sum();
        Self {
            id: format!("chatcmpl-{}", random_hex()),
            created: Timestamp::now().as_second(),
            model: chat.model.clone(),
            fingerprint: format!("fp_{run}"),
            choices: chat.choices(),
            tokens_out: output.words().count(),
            output,
            finish_reason,
            tokens_in: prompt,
        }
    }

    /// As one JSON document.
    pub(crate) fn json(&self) -> Value {
        let message = match &self.output {
            Output::Text(text) => json!({
                "role": "assistant", "content": text, "refusal": null, "annotations": [],
            }),
            Output::Call {
                id,
                name,
                arguments,
            } => json!({
                "role": "assistant", "content": null, "refusal": null, "annotations": [],
                "tool_calls": [{
                    "id": id, "type": "function", "function": { "name": name, "arguments": arguments },
                }],
            }),
        };
        let choices: Vec<Value> = (0..self.choices)
            .map(|index| {
                json!({
                    "index": index, "message": message, "logprobs": null, "finish_reason": self.finish_reason,
                })
            })
            .collect();
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "system_fingerprint": self.fingerprint, "choices": choices, "usage": self.usage(),
        })
    }

    /// What it would have cost.
    pub(crate) fn usage(&self) -> Value {
        let choices = usize::try_from(self.choices).unwrap_or(usize::MAX);
        let completion = self.tokens_out.saturating_mul(choices);
        json!({
            "prompt_tokens": self.tokens_in, "completion_tokens": completion,
            "total_tokens": self.tokens_in.saturating_add(completion),
            "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
            "completion_tokens_details": {
                "reasoning_tokens": 0, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            },
        })
    }
}

impl Output {
    /// Its words, each with the space behind it: the pieces of a stream.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::Text(text) => text.split_inclusive(' '),
            Self::Call { arguments, .. } => arguments.split_inclusive(' '),
        }
    }
}

/// What is said to a conversation whose last word is the user's or a tool's.
fn reply(messages: &[Message], run: &str, number: u64) -> String {
    let is_heard =
        |message: &&Message| matches!(message.role, Role::User | Role::Tool | Role::Function);
    let signature = format!("(The stand-in for a model, answer {number} of run {run}.)");
    let Some(last) = messages.iter().rev().find(is_heard) else {
        return format!("Nobody has said anything yet. {signature}");
    };
    let text = last.text();
    let quoted = shorten(spoken(&text));
    match last.role {
        Role::User => format!("You said: \"{quoted}\" {signature}"),
        _ => format!("The tool answered: \"{quoted}\" {signature}"),
    }
}

/// The reply in the form that the client demands.
fn shaped(chat: &Chat, said: String) -> String {
    match &chat.response_format {
        None | Some(ResponseFormat::Text) => said,
        Some(ResponseFormat::JsonObject) => json!({ "answer": said }).to_string(),
        Some(ResponseFormat::JsonSchema { json_schema }) => {
            let schema = json_schema.schema.as_ref();
            schema
                .map_or_else(
                    || json!({ "answer": said }),
                    |schema| schema::example(schema, &said),
                )
                .to_string()
        }
    }
}

/// The text up to the first stop and the most tokens, and why it ends there.
fn cut(text: &str, chat: &Chat) -> (String, &'static str) {
    let stops = chat.stops().iter().filter(|stop| !stop.is_empty());
    let end = stops.filter_map(|stop| text.find(stop.as_str())).min();
    let text = &text[..end.unwrap_or(text.len())];
    let most = chat
        .max_tokens()
        .and_then(|most| usize::try_from(most).ok());
    let kept: String = text
        .split_inclusive(' ')
        .take(most.unwrap_or(usize::MAX))
        .collect();
    let finish_reason = if kept.len() < text.len() {
        "length"
    } else {
        "stop"
    };
    (kept, finish_reason)
}

/// What a person wrote: MindRoom wraps it into elements that tell who and when, as character data.
fn spoken(text: &str) -> &str {
    let inner = text.rsplit_once("<![CDATA[").map(|(_, rest)| rest);
    let inner = inner.and_then(|rest| rest.split_once("]]>"));
    inner.map_or(text, |(inner, _)| inner)
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(QUOTED).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

fn tokens_of(message: &Message) -> usize {
    message
        .text()
        .chars()
        .count()
        .div_ceil(CHARACTERS_PER_TOKEN)
        + 1
}

fn random_hex() -> String {
    hex::encode(rand::random::<[u8; 12]>())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;

    use super::*;

    fn completion(body: &Value) -> Completion {
        let chat = Chat::deserialize(body).expect("a request");
        chat.check()
            .map_err(|error| error.to_string())
            .expect("good");
        Completion::of(&chat, "cafe", 7)
    }

    fn text(body: &Value) -> (String, &'static str) {
        let completion = completion(body);
        match completion.output {
            Output::Text(text) => (text, completion.finish_reason),
            Output::Call { name, .. } => panic!("a call of {name}"),
        }
    }

    #[test]
    fn repeats_the_last_word_that_was_not_its_own() {
        let body = json!({ "model": "m", "messages": [
            { "role": "system", "content": "Be kind." },
            { "role": "user", "content": "first" },
            { "role": "assistant", "content": "an earlier answer" },
            { "role": "user", "content": [
                { "type": "text", "text": "second" },
                { "type": "image_url", "image_url": { "url": "data:," } },
            ] },
        ]});
        let (said, reason) = text(&body);
        assert_eq!(
            said,
            "You said: \"second\" (The stand-in for a model, answer 7 of run cafe.)"
        );
        assert_eq!(reason, "stop");
    }

    #[test]
    fn repeats_what_a_person_wrote_and_not_what_is_around_it() {
        let wrapped = "Current message:\n<msg from=\"@a:b\"><![CDATA[good morning]]></msg>";
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": wrapped }] });
        assert!(text(&body).0.starts_with("You said: \"good morning\" ("));
    }

    #[test]
    fn ends_at_a_stop_or_after_the_most_tokens() {
        let body = |extra: Value| {
            let mut body =
                json!({ "model": "m", "messages": [{ "role": "user", "content": "a b c" }] });
            for (name, value) in extra.as_object().expect("fields") {
                body[name] = value.clone();
            }
            body
        };
        assert_eq!(
            text(&body(json!({ "stop": "b" }))),
            ("You said: \"a ".to_owned(), "stop")
        );
        assert_eq!(
            text(&body(json!({ "stop": ["never", "c\""] }))).0,
            "You said: \"a b "
        );
        assert_eq!(
            text(&body(json!({ "max_completion_tokens": 2 }))),
            ("You said: ".to_owned(), "length")
        );
    }

    #[test]
    fn calls_a_function_only_when_it_must() {
        let body = |choice: Value| {
            json!({
                "model": "m", "messages": [{ "role": "user", "content": "weather?" }], "tool_choice": choice,
                "tools": [
                    { "type": "function", "function": { "name": "clock" } },
                    { "type": "function", "function": { "name": "weather", "parameters": {
                        "type": "object", "properties": { "city": { "type": "string", "enum": ["Oslo"] } },
                    } } },
                ],
            })
        };
        text(&body(json!("auto")));
        let named = completion(&body(
            json!({ "type": "function", "function": { "name": "weather" } }),
        ));
        let Output::Call {
            name, arguments, ..
        } = named.output
        else {
            panic!("no call");
        };
        assert_eq!(
            (name.as_str(), arguments.as_str()),
            ("weather", r#"{"city":"Oslo"}"#)
        );
        assert_eq!(named.finish_reason, "tool_calls");
        let unknown = body(json!({ "type": "function", "function": { "name": "mail" } }));
        let unknown = Chat::deserialize(&unknown).expect("a request");
        assert!(unknown.check().is_err());
    }

    #[test]
    fn counts_every_choice() {
        let body = json!({ "model": "m", "n": 3, "messages": [{ "role": "user", "content": "12345678" }] });
        let json = completion(&body).json();
        assert_eq!(json["choices"].as_array().map(Vec::len), Some(3));
        assert_eq!(json["usage"]["prompt_tokens"], 3);
        let total = json["usage"]["total_tokens"].as_u64().expect("a number");
        assert_eq!(
            total,
            3 + json["usage"]["completion_tokens"]
                .as_u64()
                .expect("a number")
        );
    }
}
