//! `Idempotency-Key`: a command is done once for one key of one caller, and its answer given again for a day.

use http::Method;
use sha2::{Digest, Sha256};
use store::IdempotencyKey;
use uuid::Uuid;

use crate::{Error, Request};

const HEADER: &str = "idempotency-key";

/// Longest key, in bytes.
const LONGEST_KEY: usize = 255;

/// The key that a command of `subject` was sent with. Other methods than POST need none and ignore it.
pub(crate) async fn key(
    request: &Request,
    subject: &str,
    attempt: Uuid,
) -> Result<Option<IdempotencyKey>, Error> {
    if request.method != Method::POST {
        return Ok(None);
    }
    let key = match (request.header_count(HEADER), request.header(HEADER)) {
        (0, _) => return Ok(None),
        (1, Some(key)) if is_sound(key) => key.to_owned(),
        _ => return Err(Error::BadIdempotencyKey),
    };
    Ok(Some(IdempotencyKey {
        subject: subject.to_owned(),
        key,
        request_sha256: fingerprint(request).await?,
        attempt,
    }))
}

fn is_sound(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What makes two requests the same.
async fn fingerprint(request: &Request) -> Result<String, Error> {
    let mut digest = Sha256::new();
    for part in [
        request.path().trim_matches('/').as_bytes(),
        request.uri.query().unwrap_or_default().as_bytes(),
        &request.bytes().await?,
    ] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    Ok(hex::encode(digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_ascii_of_bounded_length() {
        for sound in ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "\"quoted\""] {
            assert!(is_sound(sound), "{sound}");
        }
        for ugly in ["", "a b", "a\tb", "ä", &"a".repeat(256)] {
            assert!(!is_sound(ugly), "{ugly}");
        }
        assert!(is_sound(&"a".repeat(255)));
    }
}
