//! Stripe's test cards and what they do.

/// A card that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    number: String,
    pub(crate) brand: &'static str,
    /// It can be kept, and every charge fails: how a lapsed payment is tried out.
    pub(crate) later_charges_fail: bool,
}

impl Card {
    pub(crate) fn last4(&self) -> &str {
        &self.number[self.number.len() - 4..]
    }
}

/// What the bank says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted(Card),
    /// The customer must confirm at the bank (3-D Secure).
    NeedsConfirmation(Card),
    /// With the sentence that the page shows.
    Declined(&'static str),
}

const DECLINED: &str = "Your card was declined.";
const NO_FUNDS: &str = "Your card has insufficient funds.";
const EXPIRED: &str = "Your card has expired.";
const INCORRECT: &str = "Your card number is invalid.";
const NO_TEST_CARD: &str = "Your card was declined: only test cards are known here.";

/// Asks the bank about a number as it was typed.
pub(crate) fn judge(typed: &str) -> Verdict {
    let number: String = typed
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect();
    let card = |brand, later_charges_fail| {
        Verdict::Accepted(Card {
            number: number.clone(),
            brand,
            later_charges_fail,
        })
    };
    match number.as_str() {
        "4242424242424242" | "4000056655665556" => card("visa", false),
        "5555555555554444" | "2223003122003222" => card("mastercard", false),
        "378282246310005" => card("amex", false),
        "4000000000000341" => card("visa", true),
        "4000002500003155" => Verdict::NeedsConfirmation(Card {
            number: number.clone(),
            brand: "visa",
            later_charges_fail: false,
        }),
        "4000000000000002" => Verdict::Declined(DECLINED),
        "4000000000009995" => Verdict::Declined(NO_FUNDS),
        "4000000000000069" => Verdict::Declined(EXPIRED),
        other if is_card_number(other) => Verdict::Declined(NO_TEST_CARD),
        _ => Verdict::Declined(INCORRECT),
    }
}

/// The check digit that every card number ends with (Luhn's).
fn is_card_number(text: &str) -> bool {
    if !(12..=19).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let digits = text.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_cards_do_what_stripe_says() {
        let Verdict::Accepted(card) = judge(" 4242 4242-4242 4242 ") else {
            panic!()
        };
        assert_eq!((card.brand, card.last4()), ("visa", "4242"));
        assert_eq!(judge("4000000000000002"), Verdict::Declined(DECLINED));
        assert!(matches!(
            judge("4000002500003155"),
            Verdict::NeedsConfirmation(_)
        ));
        assert!(
            matches!(judge("4000000000000341"), Verdict::Accepted(card) if card.later_charges_fail)
        );
    }

    #[test]
    fn other_texts_are_declined() {
        assert_eq!(judge("4111111111111111"), Verdict::Declined(NO_TEST_CARD));
        for text in [
            "",
            "4242",
            "4242424242424241",
            "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
            "💳",
            &"4".repeat(5000),
        ] {
            assert_eq!(judge(text), Verdict::Declined(INCORRECT), "{text:?}");
        }
    }
}
