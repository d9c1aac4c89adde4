//! What Stripe does by itself: subscriptions begin, are invoiced, charged, changed, renewed and end.

pub(crate) mod advance;
pub(crate) mod cards;
pub(crate) mod changing;
pub(crate) mod charging;
pub(crate) mod checkout;
pub(crate) mod discounts;
pub(crate) mod dunning;
pub(crate) mod intents;
pub(crate) mod invoicing;
pub(crate) mod lines;
pub(crate) mod pausing;
pub(crate) mod period;
pub(crate) mod proration;
pub(crate) mod refunding;
pub(crate) mod subscribing;
