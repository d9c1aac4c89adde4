//! `POST /v1/embeddings`: vectors in which texts with the same words lie close together.

use axum::Json;
use axum::extract::State as Shared;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::{Body, State};
use crate::error::Error;
use crate::models;

/// As long as those of OpenAI's small model.
const DIMENSIONS: usize = 1536;
const MAX_DIMENSIONS: usize = 4096;
/// OpenAI's own bound.
const MAX_TEXTS: usize = 2048;

/// Texts to place.
#[derive(Deserialize)]
struct Embed {
    #[serde(default)]
    model: String,
    input: Input,
    dimensions: Option<usize>,
    encoding_format: Option<Encoding>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Texts(Vec<String>),
    Tokens(Vec<u32>),
    TokenLists(Vec<Vec<u32>>),
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Float,
    /// Little-endian numbers of 32 bits.
    Base64,
}

/// Places texts.
pub(crate) async fn handle(
    Shared(state): Shared<State>,
    Body(body): Body,
) -> Result<Json<Value>, Error> {
    let embed = Embed::deserialize(&body).map_err(|error| Error::invalid(error.to_string()))?;
    models::check_name(&embed.model)?;
    let dimensions = embed.dimensions.unwrap_or(DIMENSIONS);
    if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
        return Err(Error::field(
            "dimensions",
            "'dimensions' must be from 1 to 4096.",
        ));
    }
    let texts = embed.input.texts();
    if texts.is_empty() || texts.len() > MAX_TEXTS {
        return Err(Error::field(
            "input",
            "'input' must hold from 1 to 2048 texts.",
        ));
    }
    let answer = answer(&embed.model, &texts, dimensions, embed.encoding_format);
    // The vectors are left out of the record: they follow from the texts.
    let count = texts.len();
    state
        .records
        .answer("embeddings", body, |_| ((), json!({ "vectors": count })));
    Ok(Json(answer))
}

fn answer(model: &str, texts: &[String], dimensions: usize, encoding: Option<Encoding>) -> Value {
    let tokens: usize = texts.iter().map(|text| words(text).count()).sum();
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let vector = vector(text, dimensions);
            let embedding = match encoding.unwrap_or_default() {
                Encoding::Float => json!(vector),
                Encoding::Base64 => {
                    let bytes: Vec<u8> =
                        vector.iter().flat_map(|part| part.to_le_bytes()).collect();
                    json!(STANDARD.encode(bytes))
                }
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    json!({
        "object": "list", "model": model, "data": data,
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    })
}

impl Input {
    /// All as texts; a token is a word of its own.
    fn texts(self) -> Vec<String> {
        let spoken = |tokens: Vec<u32>| {
            let words: Vec<String> = tokens.iter().map(u32::to_string).collect();
            words.join(" ")
        };
        match self {
            Self::Text(text) => vec![text],
            Self::Texts(texts) => texts,
            Self::Tokens(tokens) => vec![spoken(tokens)],
            Self::TokenLists(lists) => lists.into_iter().map(spoken).collect(),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Each word adds to one place or takes from it, as its hash says; the whole has length 1.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    for word in words(text) {
        let hash = Sha256::digest(word.as_bytes());
        let place = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]);
        let place = usize::try_from(place).unwrap_or_default() % dimensions;
        vector[place] += if hash[4] % 2 == 0 { 1.0 } else { -1.0 };
    }
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt();
    if length == 0.0 {
        vector[0] = 1.0;
        return vector;
    }
    for part in &mut vector {
        *part /= length;
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: &str, other: &str) -> f32 {
        let (one, other) = (vector(one, DIMENSIONS), vector(other, DIMENSIONS));
        one.iter().zip(&other).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn texts_with_the_same_words_lie_close() {
        assert!((likeness("The blue whale", "the BLUE whale!") - 1.0).abs() < 1e-5);
        assert!(
            likeness("the blue whale", "the blue bird") > likeness("the blue whale", "tax law")
        );
        assert!((likeness("", "") - 1.0).abs() < 1e-5);
        assert_eq!(vector("one", 1).len(), 1);
    }

    #[test]
    fn both_encodings_hold_the_same_numbers() {
        let texts = ["a b".to_owned()];
        let floats = answer("m", &texts, 8, None);
        let coded = answer("m", &texts, 8, Some(Encoding::Base64));
        let coded = coded["data"][0]["embedding"]
            .as_str()
            .expect("text")
            .to_owned();
        let bytes = STANDARD.decode(coded).expect("base64");
        let parts = bytes
            .chunks_exact(4)
            .map(|part| f32::from_le_bytes([part[0], part[1], part[2], part[3]]));
        let parts: Vec<f32> = parts.collect();
        assert_eq!(floats["data"][0]["embedding"], json!(parts));
    }
}
