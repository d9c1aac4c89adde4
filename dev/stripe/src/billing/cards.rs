//! Stripe's test cards, its test bank accounts, and what they do.

/// A test card or account.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    /// `pm_card_…` for calls, which never carry a number.
    pub(crate) token: &'static str,
    pub(crate) brand: &'static str,
    does: Does,
}

/// Why a bank refuses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    /// Stripe's `decline_code`.
    pub(crate) reason: &'static str,
    /// The sentence that the customer reads.
    pub(crate) message: &'static str,
    /// Whether trying again is pointless.
    pub(crate) is_hard: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Pay,
    Decline(&'static Decline),
    /// It can be kept, and every charge fails.
    FailLater(&'static Decline),
    /// The customer must confirm at the bank (3-D Secure): once, or for every charge.
    AskOnce,
    AskAlways,
    AskThenDecline(&'static Decline),
    /// The money comes days later, or does not.
    Process {
        succeeds: bool,
    },
}

/// How a card is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation {
    /// The customer pays; `confirmed` after the bank was asked.
    Present { confirmed: bool },
    /// The customer keeps it for later charges.
    Saved { confirmed: bool },
    /// It is charged while the customer is away.
    Away,
}

/// What the bank says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    /// The money is on its way, and arrives or not.
    Processing {
        succeeds: bool,
    },
    /// The customer must confirm at the bank first.
    Ask,
    Declined(&'static Decline),
}

const fn decline(
    code: &'static str,
    reason: &'static str,
    message: &'static str,
    is_hard: bool,
) -> Decline {
    Decline {
        code,
        reason,
        message,
        is_hard,
    }
}

const DECLINED: &str = "Your card was declined.";
static GENERIC: Decline = decline("card_declined", "generic_decline", DECLINED, false);
static NO_FUNDS: Decline = decline(
    "card_declined",
    "insufficient_funds",
    "Your card has insufficient funds.",
    false,
);
static LOST: Decline = decline("card_declined", "lost_card", DECLINED, true);
static STOLEN: Decline = decline("card_declined", "stolen_card", DECLINED, true);
static EXPIRED: Decline = decline(
    "expired_card",
    "expired_card",
    "Your card has expired.",
    false,
);
static WRONG_CVC: Decline = decline(
    "incorrect_cvc",
    "incorrect_cvc",
    "Your card's security code is incorrect.",
    false,
);
static PROCESSING_ERROR: Decline = decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    false,
);
static WRONG_NUMBER: Decline = decline(
    "incorrect_number",
    "incorrect_number",
    "Your card number is invalid.",
    false,
);
static NO_TEST_CARD: Decline = decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined: only test cards are known here.",
    false,
);
/// The customer refused at the bank.
pub(crate) static UNCONFIRMED: Decline = decline(
    "payment_intent_authentication_failure",
    "authentication_not_handled",
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
    false,
);
/// The bank wants the customer, who is away.
pub(crate) static CONFIRMATION_REQUIRED: Decline = decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    false,
);
/// The money did not come after all.
pub(crate) static ACCOUNT_CLOSED: Decline = decline(
    "payment_method_unactivated",
    "account_closed",
    "The customer's bank account has been closed.",
    true,
);

const fn card(
    number: &'static str,
    token: &'static str,
    brand: &'static str,
    does: Does,
) -> TestCard {
    TestCard {
        number,
        token,
        brand,
        does,
    }
}

#[rustfmt::skip]
static CARDS: &[TestCard] = &[
    card("4242424242424242", "pm_card_visa", "visa", Does::Pay),
    card("4000056655665556", "pm_card_visa_debit", "visa", Does::Pay),
    card("5555555555554444", "pm_card_mastercard", "mastercard", Does::Pay),
    card("2223003122003222", "pm_card_mastercard_prepaid", "mastercard", Does::Pay),
    card("378282246310005", "pm_card_amex", "amex", Does::Pay),
    card("4000000000000341", "pm_card_chargeCustomerFail", "visa", Does::FailLater(&GENERIC)),
    card("4000000000000002", "pm_card_visa_chargeDeclined", "visa", Does::Decline(&GENERIC)),
    card("4000000000009995", "pm_card_visa_chargeDeclinedInsufficientFunds", "visa", Does::Decline(&NO_FUNDS)),
    card("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", "visa", Does::Decline(&LOST)),
    card("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", "visa", Does::Decline(&STOLEN)),
    card("4000000000000069", "pm_card_chargeDeclinedExpiredCard", "visa", Does::Decline(&EXPIRED)),
    card("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", "visa", Does::Decline(&WRONG_CVC)),
    card("4000000000000119", "pm_card_chargeDeclinedProcessingError", "visa", Does::Decline(&PROCESSING_ERROR)),
    card("4000002500003155", "pm_card_authenticationRequiredOnSetup", "visa", Does::AskOnce),
    card("4000002760003184", "pm_card_authenticationRequired", "visa", Does::AskAlways),
    card("4000008260003178", "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "visa", Does::AskThenDecline(&NO_FUNDS)),
    card("000123456789", "pm_usBankAccount_success", "bank", Does::Process { succeeds: true }),
    card("000111111116", "pm_usBankAccount_accountClosed", "bank", Does::Process { succeeds: false }),
];

impl TestCard {
    /// Finds the card of a number as it was typed; another one is refused as a bank would.
    pub(crate) fn typed(text: &str) -> Result<&'static Self, &'static Decline> {
        let is_part = |letter: &char| !letter.is_whitespace() && *letter != '-';
        let number: String = text.chars().filter(is_part).collect();
        if let Some(card) = CARDS.iter().find(|card| card.number == number) {
            return Ok(card);
        }
        Err(if is_card_number(&number) {
            &NO_TEST_CARD
        } else {
            &WRONG_NUMBER
        })
    }

    /// Finds the card of a `pm_card_…`.
    pub(crate) fn named(token: &str) -> Option<&'static Self> {
        CARDS.iter().find(|card| card.token == token)
    }

    /// The card that always pays.
    pub(crate) fn ordinary() -> &'static Self {
        &CARDS[0]
    }

    pub(crate) fn last4(&self) -> &str {
        &self.number[self.number.len() - 4..]
    }

    /// Whether it is a bank account, whose money takes days.
    pub(crate) fn is_account(&self) -> bool {
        matches!(self.does, Does::Process { .. })
    }

    /// Asks the bank.
    pub(crate) fn judge(&self, situation: Situation) -> Verdict {
        use Situation::{Away, Present, Saved};
        match (self.does, situation) {
            (
                Does::AskOnce | Does::AskAlways | Does::AskThenDecline(_),
                Present { confirmed } | Saved { confirmed },
            ) if !confirmed => Verdict::Ask,
            (Does::AskAlways | Does::AskThenDecline(_), Away) => {
                Verdict::Declined(&CONFIRMATION_REQUIRED)
            }
            (Does::FailLater(why), Present { .. } | Away)
            | (Does::AskThenDecline(why), Present { .. })
            | (Does::Decline(why), _) => Verdict::Declined(why),
            (Does::Process { succeeds }, Present { .. } | Away) => Verdict::Processing { succeeds },
            _ => Verdict::Accepted,
        }
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

    const PRESENT: Situation = Situation::Present { confirmed: false };
    const CONFIRMED: Situation = Situation::Present { confirmed: true };
    const SAVED: Situation = Situation::Saved { confirmed: false };

    fn judge(number: &str, situation: Situation) -> Verdict {
        TestCard::typed(number).unwrap().judge(situation)
    }

    #[test]
    fn cards_do_what_their_numbers_say() {
        let card = TestCard::typed(" 4242 4242-4242 4242 ").unwrap();
        assert_eq!((card.brand, card.last4()), ("visa", "4242"));
        for situation in [PRESENT, SAVED, Situation::Away] {
            assert_eq!(card.judge(situation), Verdict::Accepted);
        }
        assert_eq!(judge("4000000000000341", SAVED), Verdict::Accepted);
        assert_eq!(
            judge("4000000000000341", Situation::Away),
            Verdict::Declined(&GENERIC)
        );
        assert_eq!(
            judge("4000000000000127", SAVED),
            Verdict::Declined(&WRONG_CVC)
        );
        assert_eq!(
            judge("000123456789", PRESENT),
            Verdict::Processing { succeeds: true }
        );
    }

    #[test]
    fn banks_ask_once_or_always() {
        for number in ["4000002500003155", "4000002760003184", "4000008260003178"] {
            assert_eq!(judge(number, PRESENT), Verdict::Ask);
            assert_eq!(judge(number, SAVED), Verdict::Ask);
        }
        assert_eq!(judge("4000002500003155", CONFIRMED), Verdict::Accepted);
        assert_eq!(
            judge("4000002500003155", Situation::Away),
            Verdict::Accepted
        );
        let away = judge("4000002760003184", Situation::Away);
        assert_eq!(away, Verdict::Declined(&CONFIRMATION_REQUIRED));
        assert_eq!(
            judge("4000008260003178", CONFIRMED),
            Verdict::Declined(&NO_FUNDS)
        );
    }

    #[test]
    fn other_texts_are_declined() {
        assert_eq!(TestCard::typed("4111111111111111"), Err(&NO_TEST_CARD));
        for text in [
            "",
            "4242",
            "4242424242424241",
            "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
            "💳",
            &"4".repeat(5000),
        ] {
            assert_eq!(TestCard::typed(text), Err(&WRONG_NUMBER), "{text:?}");
        }
    }

    #[test]
    fn no_two_cards_share_a_name() {
        for card in CARDS {
            assert_eq!(TestCard::named(card.token), Some(card));
            assert_eq!(TestCard::typed(card.number), Ok(card));
        }
    }
}
