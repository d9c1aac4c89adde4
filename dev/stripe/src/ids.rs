//! Ids that look like Stripe's.

use rand::distr::Alphanumeric;
use rand::distr::SampleString;

/// `prefix` and enough random letters that nobody guesses one.
pub(crate) fn new(prefix: &str) -> String {
    with_length(prefix, 24)
}

/// The same with a length of its own: a Checkout Session's id is all that protects its page.
pub(crate) fn with_length(prefix: &str, length: usize) -> String {
    let mut id = prefix.to_owned();
    Alphanumeric.append_string(&mut rand::rng(), &mut id, length);
    id
}
