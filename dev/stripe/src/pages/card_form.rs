//! A card number as a customer types it: the field, and what the bank says to it.

use maud::Markup;
use maud::html;
use serde::Deserialize;

use crate::billing::cards;
use crate::billing::cards::Decline;
use crate::billing::cards::Situation;
use crate::billing::cards::TestCard;
use crate::billing::cards::Verdict;

/// The fields of a form with a card.
#[derive(Deserialize)]
pub(super) struct CardForm {
    #[serde(default)]
    pub(super) card: String,
    /// What the customer said on the bank's page: `confirm` or `refuse`.
    pub(super) bank: Option<String>,
}

/// What becomes of a card.
pub(super) enum Decision {
    Use(&'static TestCard),
    AskBank,
    Refuse(&'static Decline),
}

impl CardForm {
    /// Asks the bank about a payment, or about keeping the card where nothing is due.
    pub(super) fn decide(&self, is_due: bool) -> Decision {
        let card = match TestCard::typed(&self.card) {
            Ok(card) => card,
            Err(why) => return Decision::Refuse(why),
        };
        let confirmed = self.bank.as_deref() == Some("confirm");
        let situation = if is_due {
            Situation::Present { confirmed }
        } else {
            Situation::Saved { confirmed }
        };
        match card.judge(situation) {
            Verdict::Accepted | Verdict::Processing { .. } => Decision::Use(card),
            Verdict::Declined(why) => Decision::Refuse(why),
            Verdict::Ask if self.bank.is_some() => Decision::Refuse(&cards::UNCONFIRMED),
            Verdict::Ask => Decision::AskBank,
        }
    }
}

/// The field itself.
pub(super) fn field() -> Markup {
    html! {
        label for="card" { "Card number" }
        input #card name="card" inputmode="numeric" autocomplete="off" maxlength="23"
            placeholder="4242 4242 4242 4242" aria-describedby="cards";
        p #cards .soft {
            "4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined, "
            "4000 0025 0000 3155 asks the bank first."
        }
    }
}
