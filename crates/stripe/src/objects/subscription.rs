//! Subscriptions.

use std::collections::HashMap;

use serde::Deserialize;

use crate::Client;
use crate::Error;
use crate::List;
use crate::Operation;
use crate::Price;
use crate::Transport;
use crate::form::Form;

/// Ten pages of a hundred. A customer with more is no customer of ours, and a loop needs an end.
const MAX_PAGES: usize = 10;

/// A subscription.
#[derive(Debug, Clone, Deserialize)]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// `cus_…`
    pub customer: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// What is subscribed to, with the current period of each.
    #[serde(default)]
    pub items: List<SubscriptionItem>,
    /// Unix seconds.
    #[serde(default)]
    pub created: i64,
    /// Unix seconds; stays after the trial has ended.
    pub trial_end: Option<i64>,
    /// Whether it ends with the period that runs now.
    #[serde(default)]
    pub cancel_at_period_end: bool,
    /// When it will end, Unix seconds.
    pub cancel_at: Option<i64>,
    /// When somebody asked for its end, Unix seconds; not the end itself.
    pub canceled_at: Option<i64>,
    /// When it ended, Unix seconds.
    pub ended_at: Option<i64>,
    /// What we noted on it.
    #[serde(default)]
    pub metadata: HashMap<String, String>,
}

/// One line of a subscription. Periods are here since the basil versions, no longer on the subscription.
#[derive(Debug, Clone, Deserialize)]
pub struct SubscriptionItem {
    /// `si_…`
    pub id: String,
    /// What is subscribed to.
    pub price: Price,
    /// Unix seconds.
    pub current_period_start: i64,
    /// Unix seconds.
    pub current_period_end: i64,
    /// How many.
    pub quantity: Option<u64>,
}

/// Another price for a subscription's item, from a moment on.
#[derive(Debug, Clone, Copy)]
pub struct PriceChange<'a> {
    /// `si_…`
    pub item: &'a str,
    /// `price_…`
    pub price: &'a str,
    /// Unix seconds. What a preview names is what the change then costs, when both name the same moment.
    pub at: i64,
}

impl PriceChange<'_> {
    /// The fields, each within `wrapped`. What the rest of the period costs is billed at once.
    pub(crate) fn form(&self, wrapped: impl Fn(&str) -> String) -> Form {
        Form::new()
            .with(&format!("{}[0][id]", wrapped("items")), self.item)
            .with(&format!("{}[0][price]", wrapped("items")), self.price)
            .with(&wrapped("proration_behavior"), "always_invoice")
            .with(&wrapped("proration_date"), self.at)
    }
}

/// Where a subscription stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// In a trial.
    Trialing,
    /// Paid.
    Active,
    /// A charge failed and is tried again.
    PastDue,
    /// The tries are over, and the account's settings keep it.
    Unpaid,
    /// A trial ended without a card, or somebody paused it.
    Paused,
    /// The first payment has not come yet; 23 hours to pay.
    Incomplete,
    /// It never came.
    IncompleteExpired,
    /// Ended, in Stripe's spelling.
    Canceled,
    /// Newer than this code.
    #[serde(untagged)]
    Unknown(String),
}

impl SubscriptionStatus {
    /// Stripe's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Paused => "paused",
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Canceled => "canceled",
            Self::Unknown(word) => word,
        }
    }

    /// Whether it has ended for good, so that only a new subscription helps.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

impl<T: Transport> Client<T> {
    /// Reads a subscription.
    pub async fn retrieve_subscription(&self, id: &str) -> Result<Subscription, Error> {
        self.get(Operation::RetrieveSubscription, Some(id), Form::new())
            .await
    }

    /// All subscriptions of a customer in every status, newest first.
    pub async fn list_subscriptions(&self, customer: &str) -> Result<Vec<Subscription>, Error> {
        let mut found: Vec<Subscription> = Vec::new();
        for _ in 0..MAX_PAGES {
            let query = Form::new()
                .with("customer", customer)
                .with("status", "all")
                .with("limit", 100)
                .with_some("starting_after", found.last().map(|last| &last.id));
            let page: List<Subscription> =
                self.get(Operation::ListSubscriptions, None, query).await?;
            let is_last = !page.has_more || page.data.is_empty();
            found.extend(page.data);
            if is_last {
                return Ok(found);
            }
        }
        Err(Error::Unexpected(
            "a customer with more than a thousand subscriptions".to_owned(),
        ))
    }

    /// A page of all subscriptions of all customers in every status, newest first; the page that follows the
    /// subscription `after`, or the first.
    pub async fn list_all_subscriptions(
        &self,
        after: Option<&str>,
    ) -> Result<List<Subscription>, Error> {
        let query = Form::new()
            .with("status", "all")
            .with("limit", 100)
            .with_some("starting_after", after);
        self.get(Operation::ListSubscriptions, None, query).await
    }

    /// Lets a subscription end with its period (`true`), or takes that back (`false`).
    pub async fn set_cancel_at_period_end(
        &self,
        id: &str,
        cancel: bool,
        idempotency_key: &str,
    ) -> Result<Subscription, Error> {
        let form = Form::new().with("cancel_at_period_end", cancel);
        let operation = Operation::UpdateSubscription;
        self.post(operation, Some(id), form, idempotency_key).await
    }

    /// Ends a subscription now, without giving anything back.
    pub async fn cancel_subscription(&self, id: &str) -> Result<Subscription, Error> {
        self.delete(Operation::CancelSubscription, id).await
    }

    /// Changes what is subscribed to. A payment that fails refuses the change ([`Error::is_declined`]).
    pub async fn change_price(
        &self,
        id: &str,
        change: &PriceChange<'_>,
        idempotency_key: &str,
    ) -> Result<Subscription, Error> {
        let form = change
            .form(str::to_owned)
            .with("payment_behavior", "error_if_incomplete");
        let operation = Operation::UpdateSubscription;
        self.post(operation, Some(id), form, idempotency_key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::Script;
    use crate::client::tests::now;

    fn subscription(id: &str, status: &str) -> String {
        format!(
            r#"{{"id":"{id}","object":"subscription","customer":"cus_1","status":"{status}","created":1,
            "items":{{"object":"list","data":[{{"id":"si_1","price":{{"id":"price_1","lookup_key":null}},
            "current_period_start":10,"current_period_end":20,"quantity":1}}],"has_more":false}},
            "trial_end":null,"cancel_at_period_end":true,"cancel_at":20,"canceled_at":12,
            "metadata":{{"account_id":"a"}}}}"#
        )
    }

    #[test]
    fn periods_are_read_from_the_items() {
        let client = Script::client(&[(200, &subscription("sub_1", "past_due"))]);
        let answer = now(client.retrieve_subscription("sub_1")).unwrap();
        assert_eq!(answer.status, SubscriptionStatus::PastDue);
        assert_eq!(answer.items.data[0].current_period_end, 20);
        assert_eq!(answer.items.data[0].price.id, "price_1");
        assert!(answer.cancel_at_period_end);
        assert_eq!(answer.metadata["account_id"], "a");
    }

    #[test]
    fn every_status_reads_back_as_its_word() {
        let words = [
            "trialing",
            "active",
            "past_due",
            "unpaid",
            "paused",
            "incomplete",
            "incomplete_expired",
            "canceled",
            "half_moon",
        ];
        for word in words {
            let status: SubscriptionStatus = serde_json::from_str(&format!("\"{word}\"")).unwrap();
            assert_eq!(status.as_str(), word);
            let is_unknown = matches!(status, SubscriptionStatus::Unknown(_));
            assert_eq!(is_unknown, word == "half_moon");
        }
    }

    #[test]
    fn a_list_is_read_to_its_end() {
        let page = |id: &str, more: bool| {
            format!(
                r#"{{"data":[{}],"has_more":{more}}}"#,
                subscription(id, "canceled")
            )
        };
        let client = Script::client(&[(200, &page("sub_2", true)), (200, &page("sub_1", false))]);
        let found = now(client.list_subscriptions("cus_1")).unwrap();
        assert_eq!(
            found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            ["sub_2", "sub_1"]
        );
        assert!(
            client
                .transport()
                .target(1)
                .ends_with("&starting_after=sub_2")
        );
    }

    #[test]
    fn a_change_and_its_preview_name_the_same_item_price_and_moment() {
        let preview = r#"{"currency":"usd","total":-300,"amount_due":0,"lines":{"data":[
            {"description":"Unused time","amount":-300}],"has_more":false}}"#;
        let client = Script::client(&[
            (200, &subscription("sub_1", "active")),
            (200, preview),
            (200, &subscription("sub_1", "canceled")),
        ]);
        let change = PriceChange {
            item: "si_1",
            price: "price_2",
            at: 1_795_430_000,
        };
        now(client.change_price("sub_1", &change, "k")).unwrap();
        let previewed = now(client.preview_price_change("sub_1", &change, "p")).unwrap();
        assert_eq!((previewed.total, previewed.amount_due), (-300, 0));
        assert_eq!(previewed.lines.data[0].amount, -300);
        now(client.cancel_subscription("sub_1")).unwrap();
        let script = client.transport();
        assert_eq!(
            script.body(0),
            "items%5B0%5D%5Bid%5D=si_1&items%5B0%5D%5Bprice%5D=price_2&proration_behavior=always_invoice\
             &proration_date=1795430000&payment_behavior=error_if_incomplete"
        );
        assert_eq!(
            script.body(1),
            "subscription=sub_1&subscription_details%5Bitems%5D%5B0%5D%5Bid%5D=si_1\
             &subscription_details%5Bitems%5D%5B0%5D%5Bprice%5D=price_2\
             &subscription_details%5Bproration_behavior%5D=always_invoice\
             &subscription_details%5Bproration_date%5D=1795430000"
        );
        assert_eq!(script.target(2), "DELETE /v1/subscriptions/sub_1");
    }

    #[test]
    fn a_page_of_everybodys_goes_on_after_the_one_before() {
        let page = format!(
            r#"{{"data":[{}],"has_more":false}}"#,
            subscription("sub_1", "active")
        );
        let client = Script::client(&[(200, &page)]);
        let list = now(client.list_all_subscriptions(Some("sub_2"))).unwrap();
        assert_eq!((list.data.len(), list.has_more), (1, false));
        assert_eq!(
            client.transport().target(0),
            "GET /v1/subscriptions?status=all&limit=100&starting_after=sub_2"
        );
    }

    #[test]
    fn a_list_without_end_is_given_up() {
        let page = format!(
            r#"{{"data":[{}],"has_more":true}}"#,
            subscription("sub_1", "active")
        );
        let pages: Vec<(u16, &str)> = (0..20).map(|_| (200, page.as_str())).collect();
        let client = Script::client(&pages);
        assert!(now(client.list_subscriptions("cus_1")).is_err());
        assert_eq!(client.transport().requests.lock().unwrap().len(), MAX_PAGES);
    }
}
