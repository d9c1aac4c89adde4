//! What Stripe does by itself: subscriptions begin, are invoiced, charged, renewed and end.

pub(crate) mod advance;
pub(crate) mod cards;
pub(crate) mod charging;
pub(crate) mod checkout;
pub(crate) mod invoicing;
pub(crate) mod period;
pub(crate) mod subscribing;
