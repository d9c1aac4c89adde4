//! What goes over the wire: bodies, problems, and the OpenAPI document made from them.
//!
//! Field names and bodies of routes that existed before this platform stay as their clients know them
//! (`tier` for plan, `instance_id` beside `id`); fields are added, never renamed.

mod account;
mod admin;
mod billing;
mod instance;
mod openapi;
mod operations;
mod pricing;
mod problem;
mod responses;
mod system;

pub use account::{Account, AccountSetup, AdminStatus, Subscription};
pub use admin::{AdminAccount, AdminAccountList, AdminInstance, AdminInstanceList};
pub use billing::{Checkout, Redirect, StripeEvent, WebhookReceipt};
pub use instance::{
    ActionResult, DeleteInstance, Event, Events, HealthHour, Instance, InstanceList, Job,
    Provision, Provisioned, Step, StepState,
};
pub use openapi::openapi;
pub use operations::{
    ACCOUNT_STATUSES, Audience, INSTANCE_STATUSES, Kind, OPERATIONS, Operation, Parameter,
};
pub use pricing::{PlanCard, PricingConfig, PricingDiscounts, PricingProduct, PricingTrial};
pub use problem::{FieldError, Problem};
pub use system::{Enqueued, Health, HealthChecks, HealthPart};
