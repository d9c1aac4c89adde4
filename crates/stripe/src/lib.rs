//! Stripe requests and answers, and the signature of its webhooks.
//!
//! Nothing here does I/O: [`Client`] builds a request, hands it to a [`Transport`] (Spin's outbound HTTP in
//! functions, reqwest in the daemon) and reads the answer. Answers hold only the fields that this platform
//! uses and ignore all others, since Stripe adds fields within a version.
//!
//! ```
//! # use bytes::Bytes;
//! # struct Http;
//! # impl stripe::Transport for Http {
//! #     async fn send(&self, _: http::Request<Bytes>) -> Result<http::Response<Bytes>, stripe::TransportError> {
//! #         Err(stripe::TransportError::new("no network in a doctest"))
//! #     }
//! # }
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let key = stripe::SecretKey::new("sk_test_123")?;
//! let stripe = stripe::Client::new(Http, "https://api.stripe.com", key)?;
//! let subscription = stripe.retrieve_subscription("sub_123").await?;
//! println!("{:?}", subscription.status);
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
mod form;
mod list;
mod objects;
mod operations;
mod secret;
pub mod webhook;

pub use crate::client::Client;
pub use crate::client::Transport;
pub use crate::error::Error;
pub use crate::error::TransportError;
pub use crate::list::List;
pub use crate::objects::checkout::CheckoutSession;
pub use crate::objects::checkout::CheckoutStatus;
pub use crate::objects::checkout::NewCheckoutSession;
pub use crate::objects::checkout::PaymentStatus;
pub use crate::objects::customer::Customer;
pub use crate::objects::customer::NewCustomer;
pub use crate::objects::event::EVENT_KINDS;
pub use crate::objects::event::Event;
pub use crate::objects::event::EventData;
pub use crate::objects::event::EventObject;
pub use crate::objects::event::ListedEvent;
pub use crate::objects::invoice::Invoice;
pub use crate::objects::invoice::InvoiceLine;
pub use crate::objects::invoice::InvoiceParent;
pub use crate::objects::invoice::InvoicePreview;
pub use crate::objects::invoice::InvoiceStatus;
pub use crate::objects::portal::NewPortalSession;
pub use crate::objects::portal::PortalSession;
pub use crate::objects::price::Interval;
pub use crate::objects::price::Price;
pub use crate::objects::price::Recurring;
pub use crate::objects::price::WantedPrice;
pub use crate::objects::product::Product;
pub use crate::objects::product::WantedProduct;
pub use crate::objects::subscription::PriceChange;
pub use crate::objects::subscription::Subscription;
pub use crate::objects::subscription::SubscriptionItem;
pub use crate::objects::subscription::SubscriptionStatus;
pub use crate::operations::Operation;
pub use crate::secret::InvalidSecret;
pub use crate::secret::SecretKey;

/// The version of Stripe's API that every request asks for and every type here is written for.
///
/// A webhook endpoint must be created with the same version: events are rendered in the endpoint's.
pub const API_VERSION: &str = "2026-10-28.endive";
