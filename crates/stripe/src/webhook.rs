//! The signature of webhooks: whoever can write an event can give away subscriptions.
//!
//! `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`, where each `v1` is HMAC-SHA256 over
//! `<t>.<raw body>` with the whole secret, `whsec_` included, as the key.

use hmac::Hmac;
use hmac::Mac;
use sha2::Sha256;
use subtle::Choice;
use subtle::ConstantTimeEq;

use crate::Event;
use crate::InvalidSecret;
use crate::secret;

/// How far a signature's time may be from ours, into the past and into the future, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

/// Room for eight signatures, which is more than two live secrets ever make.
const MAX_HEADER_BYTES: usize = 1024;
/// Each one costs a comparison, and anybody may send them.
const MAX_SIGNATURES: usize = 8;
/// Enough until the year 33658, and never an overflow.
const MAX_TIMESTAMP_DIGITS: usize = 12;

type HmacSha256 = Hmac<Sha256>;

/// An endpoint's signing secret (`whsec_…`). It cannot be blank and has no text form.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the secret as Stripe shows it. A blank one is refused, since anybody could sign with it.
    pub fn new(text: &str) -> Result<Self, InvalidSecret> {
        secret::check(text, "whsec_")?;
        Ok(Self(text.to_owned()))
    }

    /// Takes several, separated by commas, for the time when a secret is replaced by a new one.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, InvalidSecret> {
        text.split(',').map(|one| Self::new(one.trim())).collect()
    }

    fn sign(&self, timestamp: &str, body: &[u8]) -> [u8; 32] {
        // HMAC takes keys of every length, so that there is nothing to fail.
        let Ok(mut mac) = HmacSha256::new_from_slice(self.0.as_bytes()) else {
            unreachable!("HMAC refuses no key")
        };
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.finalize().into_bytes().into()
    }
}

/// Why a delivery is not believed. All of them are the sender's fault: answer 400.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// No secret to check against: the program is not set up.
    #[error("no webhook secret is configured")]
    NoSecret,
    /// The header is longer than any that Stripe sends.
    #[error("the signature header is too long")]
    HeaderTooLong,
    /// No `t`, or one that is no time.
    #[error("the signature header has no valid time")]
    NoTimestamp,
    /// More than one `t`: which one was signed?
    #[error("the signature header has several times")]
    DuplicateTimestamp,
    /// No `v1`.
    #[error("the signature header has no v1 signature")]
    NoSignature,
    /// More `v1` than Stripe sends.
    #[error("the signature header has too many signatures")]
    TooManySignatures,
    /// Signed more than five minutes before or after now: a replay, or a wrong clock.
    #[error("the signature's time is outside the tolerance")]
    OutsideTolerance,
    /// No signature fits any secret.
    #[error("no signature matches")]
    Mismatch,
    /// Signed, and still not an event that we can read.
    #[error("the body is not an event")]
    NotAnEvent(#[source] serde_json::Error),
}

/// Checks a delivery and only then reads it. `body` is what arrived, byte for byte, and
/// `now` is the time in Unix seconds.
pub fn verify(
    secrets: &[Secret],
    header: &str,
    body: &[u8],
    now: i64,
) -> Result<Event, SignatureError> {
    if secrets.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let header = Header::parse(header)?;
    if header.seconds.abs_diff(now) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(SignatureError::OutsideTolerance);
    }
    if !matches_any(secrets, &header, body) {
        return Err(SignatureError::Mismatch);
    }
    serde_json::from_slice(body).map_err(SignatureError::NotAnEvent)
}

/// Makes the header for a body, as Stripe does; `now` is the time in Unix seconds.
pub fn sign(secret: &Secret, body: &[u8], now: i64) -> String {
    let timestamp = now.to_string();
    let signature = hex::encode(secret.sign(&timestamp, body));
    format!("t={timestamp},v1={signature}")
}

/// Compares every signature with every secret, without stopping at the first that fits.
fn matches_any(secrets: &[Secret], header: &Header<'_>, body: &[u8]) -> bool {
    let mut matches = Choice::from(0);
    for secret in secrets {
        let expected = secret.sign(header.timestamp, body);
        for signature in &header.signatures {
            matches |= signature.ct_eq(&expected);
        }
    }
    matches.into()
}

struct Header<'a> {
    /// As it was sent, since that text was signed.
    timestamp: &'a str,
    seconds: i64,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Header<'a> {
    fn parse(text: &'a str) -> Result<Self, SignatureError> {
        if text.len() > MAX_HEADER_BYTES {
            return Err(SignatureError::HeaderTooLong);
        }
        let mut timestamp = None;
        let mut signatures = Vec::new();
        // Other schemes, such as the v0 of test events, are none of ours.
        for (scheme, value) in text
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
        {
            match scheme {
                "t" if timestamp.replace(value).is_some() => {
                    return Err(SignatureError::DuplicateTimestamp);
                }
                "v1" => signatures.push(value),
                _ => {}
            }
        }
        let timestamp = timestamp.ok_or(SignatureError::NoTimestamp)?;
        let seconds = parse_seconds(timestamp).ok_or(SignatureError::NoTimestamp)?;
        let signatures = decode(&signatures)?;
        Ok(Self {
            timestamp,
            seconds,
            signatures,
        })
    }
}

fn parse_seconds(text: &str) -> Option<i64> {
    let is_short = text.len() <= MAX_TIMESTAMP_DIGITS;
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_short && is_digits {
        text.parse().ok()
    } else {
        None
    }
}

/// One that is not 32 bytes of hexadecimal matches nothing, so it is left out.
fn decode(signatures: &[&str]) -> Result<Vec<[u8; 32]>, SignatureError> {
    if signatures.is_empty() {
        return Err(SignatureError::NoSignature);
    }
    if signatures.len() > MAX_SIGNATURES {
        return Err(SignatureError::TooManySignatures);
    }
    let decode_one = |text: &&str| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
    };
    Ok(signatures.iter().filter_map(decode_one).collect())
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
