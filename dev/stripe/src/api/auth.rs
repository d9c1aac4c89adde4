//! Who calls: only the holder of the secret key.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;

/// Checks the key, sent as a bearer token or, as with curl's `-u`, as the user's name.
pub(crate) fn authenticate(headers: &HeaderMap, secret_key: &str) -> ApiResult<()> {
    let sent = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some(key) = sent.and_then(sent_key) else {
        return Err(ApiError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization \
             header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        ));
    };
    if bool::from(key.as_bytes().ct_eq(secret_key.as_bytes())) {
        return Ok(());
    }
    // Not the key itself: it may be a real one that was sent here by mistake.
    Err(ApiError::unauthorized("Invalid API Key provided"))
}

fn sent_key(header: &str) -> Option<String> {
    let (scheme, value) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(value.trim()).ok()?).ok()?;
    Some(
        decoded
            .split_once(':')
            .map_or(decoded.as_str(), |(user, _)| user)
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        authenticate(&headers, "sk_test_1").is_ok()
    }

    #[test]
    fn only_the_key_itself_is_accepted() {
        assert!(check("Bearer sk_test_1"));
        assert!(check(&format!(
            "Basic {}",
            BASE64_STANDARD.encode("sk_test_1:")
        )));
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer sk_test_2",
            "sk_test_1",
            "Basic ???",
        ] {
            assert!(!check(header), "{header:?}");
        }
        assert!(authenticate(&HeaderMap::new(), "sk_test_1").is_err());
    }
}
