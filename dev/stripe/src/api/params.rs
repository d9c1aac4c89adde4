//! A request's parameters: form fields whose names nest by brackets.
//!
//! No library fits: an error must name the parameter by its bracket path and carry Stripe's code, and what
//! no handler took must be refused. So handlers take the parameters one by one, and `finish` looks at the rest.

use std::collections::BTreeSet;

use serde_json::Map;
use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;

/// More than any real call has; each one is looked at by every `take`.
const MAX_PARAMETERS: usize = 500;
/// Stripe's limit for a text.
const MAX_TEXT_CHARS: usize = 5_000;
const MAX_METADATA_KEYS: usize = 50;
const MAX_METADATA_KEY_CHARS: usize = 40;
const MAX_METADATA_VALUE_CHARS: usize = 500;

/// What is left to take.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(query: &str, body: &[u8]) -> ApiResult<Self> {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let pairs = pairs.chain(url::form_urlencoded::parse(body));
        let mut params = Vec::new();
        for (name, value) in pairs.take(MAX_PARAMETERS + 1) {
            if name.contains('\0') || value.contains('\0') {
                return Err(ApiError::request(
                    "Invalid string: a NUL byte is not allowed",
                ));
            }
            if value.chars().count() > MAX_TEXT_CHARS {
                let message = "Invalid string; must be at most 5000 characters";
                return Err(ApiError::parameter(
                    "parameter_invalid_string",
                    &name,
                    message,
                ));
            }
            params.push((name.into_owned(), value.into_owned()));
        }
        if params.len() > MAX_PARAMETERS {
            return Err(ApiError::request("Too many parameters"));
        }
        Ok(Self(params))
    }

    /// No parameters, for calls from within.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// Takes a parameter. Of one that is given twice, the last counts.
    fn take(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.0.retain_mut(|(key, value)| {
            let is_it = key == name;
            if is_it {
                found = Some(std::mem::take(value));
            }
            !is_it
        });
        found
    }

    /// A text; an empty one is as good as none.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name).filter(|text| !text.is_empty())
    }

    /// For changes: `Some(None)` is the empty text, by which Stripe unsets a field.
    pub(crate) fn change(&mut self, name: &str) -> Option<Value> {
        let text = self.take(name)?;
        Some(if text.is_empty() {
            Value::Null
        } else {
            Value::String(text)
        })
    }

    pub(crate) fn required(&mut self, name: &str) -> ApiResult<String> {
        self.text(name).ok_or_else(|| {
            let message = format!("Missing required param: {name}.");
            ApiError::parameter("parameter_missing", name, message)
        })
    }

    pub(crate) fn integer(&mut self, name: &str) -> ApiResult<Option<i64>> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let invalid = || {
            let message = format!("Invalid integer: {text}");
            ApiError::parameter("parameter_invalid_integer", name, message)
        };
        text.parse().map(Some).map_err(|_| invalid())
    }

    pub(crate) fn boolean(&mut self, name: &str) -> ApiResult<Option<bool>> {
        match self.text(name).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::parameter(
                None,
                name,
                format!("Invalid boolean: {other}"),
            )),
        }
    }

    /// A word out of a list.
    pub(crate) fn choice(&mut self, name: &str, words: &[&str]) -> ApiResult<Option<String>> {
        let Some(word) = self.text(name) else {
            return Ok(None);
        };
        if words.contains(&word.as_str()) {
            return Ok(Some(word));
        }
        let message = format!("Invalid {name}: must be one of {}", words.join(", "));
        Err(ApiError::parameter(None, name, message))
    }

    /// The texts of an array: `name[]` or `name[0]`.
    pub(crate) fn texts(&mut self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.0.retain_mut(|(key, value)| {
            let index = key.strip_prefix(name).and_then(bracketed);
            let is_it = index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()));
            if is_it {
                found.push(std::mem::take(value));
            }
            !is_it
        });
        found
    }

    /// The names of an array's elements (`line_items[0]`), in order.
    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        let index = |key: &String| -> Option<u32> {
            let rest = key.strip_prefix(name)?.strip_prefix('[')?;
            rest.split_once(']')?.0.parse().ok()
        };
        let indexes: BTreeSet<u32> = self.0.iter().filter_map(|(key, _)| index(key)).collect();
        indexes
            .into_iter()
            .map(|index| format!("{name}[{index}]"))
            .collect()
    }

    /// Whether there is a parameter of this name or below it.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| {
            key.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        })
    }

    /// Merges metadata into what is there, by Stripe's rules: an empty value takes its key away, and an
    /// empty `metadata` takes all of them.
    pub(crate) fn metadata(&mut self, name: &str, present: &Value) -> ApiResult<Value> {
        let mut merged: Map<String, Value> = present.as_object().cloned().unwrap_or_default();
        if self.take(name).is_some_and(|whole| whole.is_empty()) {
            merged.clear();
        }
        for (key, value) in self.take_pairs(name) {
            check_metadata(name, &key, &value)?;
            if value.is_empty() {
                merged.remove(&key);
            } else {
                merged.insert(key, value.into());
            }
        }
        if merged.len() > MAX_METADATA_KEYS {
            return Err(ApiError::parameter(
                None,
                name,
                "You cannot have more than 50 metadata keys",
            ));
        }
        Ok(Value::Object(merged))
    }

    fn take_pairs(&mut self, name: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.0.retain_mut(|(key, value)| {
            let Some(inner) = key.strip_prefix(name).and_then(bracketed) else {
                return true;
            };
            found.push((inner.to_owned(), std::mem::take(value)));
            false
        });
        found
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(&self) -> ApiResult<()> {
        let Some((name, _)) = self.0.first() else {
            return Ok(());
        };
        let message = format!("Received unknown parameter: {name}");
        Err(ApiError::parameter("parameter_unknown", name, message))
    }
}

/// `[x]` -> `x`
fn bracketed(text: &str) -> Option<&str> {
    text.strip_prefix('[')?
        .strip_suffix(']')
        .filter(|inner| !inner.contains(['[', ']']))
}

fn check_metadata(name: &str, key: &str, value: &str) -> ApiResult<()> {
    let param = format!("{name}[{key}]");
    if key.is_empty() || key.chars().count() > MAX_METADATA_KEY_CHARS {
        return Err(ApiError::parameter(
            None,
            &param,
            "Metadata keys have 1 to 40 characters",
        ));
    }
    if value.chars().count() > MAX_METADATA_VALUE_CHARS {
        return Err(ApiError::parameter(
            None,
            &param,
            "Metadata values can have up to 500 characters",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params(text: &str) -> Params {
        Params::parse("", text.as_bytes()).unwrap()
    }

    #[test]
    fn what_nobody_took_is_refused() {
        let mut params = params("a=1&line_items[0][price]=p&b[c]=2");
        assert_eq!(params.integer("a").unwrap(), Some(1));
        assert_eq!(params.elements("line_items"), ["line_items[0]"]);
        assert_eq!(params.text("line_items[0][price]").as_deref(), Some("p"));
        assert!(params.finish().unwrap_err().to_string().contains("b[c]"));
        assert!(params.text("b[c]").is_some());
        assert!(params.finish().is_ok());
    }

    #[test]
    fn arrays_come_with_and_without_indexes() {
        let mut params = params("keys[]=a&keys[]=b&keys[7]=c&keys[x]=d&keysy[]=e");
        assert_eq!(params.texts("keys"), ["a", "b", "c"]);
        assert!(params.mentions("keys"));
        assert!(!params.mentions("key"));
    }

    #[test]
    fn metadata_is_merged_key_by_key() {
        let present = json!({ "a": "1", "b": "2" });
        let merged = params("m[b]=&m[c]=3").metadata("m", &present).unwrap();
        assert_eq!(merged, json!({ "a": "1", "c": "3" }));
        let cleared = params("m=").metadata("m", &present).unwrap();
        assert_eq!(cleared, json!({}));
        let long = format!("m[{}]=1", "k".repeat(41));
        assert!(params(&long).metadata("m", &present).is_err());
    }

    #[test]
    fn hostile_texts_are_refused() {
        assert!(Params::parse("a=%00", b"").is_err());
        assert!(Params::parse("", &b"a=1&".repeat(501)).is_err());
        assert!(Params::parse("", format!("a={}", "x".repeat(5001)).as_bytes()).is_err());
        assert!(params("a=1.5").integer("a").is_err());
        assert!(params("a=yes").boolean("a").is_err());
        assert!(params("a=x").choice("a", &["y"]).is_err());
    }

    #[test]
    fn of_a_name_given_twice_the_last_counts() {
        assert_eq!(params("a=1&a=2").text("a").as_deref(), Some("2"));
    }
}
