//! The list of operations: what the document, the functions and the tests are compared with.

use http::Method;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    Account, AccountSetup, ActionResult, AdminAccountList, AdminInstanceList, AdminStatus,
    Checkout, DeleteInstance, Events, Health, HealthChecks, Instance, InstanceList, PricingConfig,
    Provision, Provisioned, Redirect, Subscription, WebhookReceipt,
};

/// Who may call an operation (api.md, Callers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anybody.
    Public,
    /// A signed-in account.
    Account,
    /// A signed-in account that the database calls an admin.
    Admin,
    /// A machine with a key.
    System,
    /// Stripe, by signature.
    Stripe,
}

/// A body's schema: its name, itself, and those it refers to.
pub(crate) type SchemaOf = fn() -> (String, Vec<(String, RefOr<Schema>)>);

/// One method of one path.
pub struct Operation {
    /// HTTP method.
    pub method: Method,
    /// Path with `{id}` for the instance's number.
    pub path: &'static str,
    /// Who may call it.
    pub audience: Audience,
    /// One line; also makes the operation's id.
    pub summary: &'static str,
    /// Query parameters: name, type, meaning.
    pub query: &'static [(&'static str, &'static str, &'static str)],
    pub(crate) request: Option<SchemaOf>,
    /// Status of success.
    pub success: u16,
    pub(crate) answer: Option<SchemaOf>,
    /// Problems beyond those that every operation of its audience can answer.
    pub problems: &'static [u16],
}

fn schema_of<T: ToSchema + PartialSchema>() -> (String, Vec<(String, RefOr<Schema>)>) {
    let mut all = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    (T::name().into_owned(), all)
}

const PAGE: &[(&str, &str, &str)] = &[
    ("_start", "integer", "First row, from 0"),
    (
        "_end",
        "integer",
        "Row after the last; at most 200 rows a page",
    ),
    ("_sort", "string", "Field to sort by"),
    ("_order", "string", "ASC or DESC"),
    ("q", "string", "Only rows that contain this text"),
    ("status", "string", "Only rows with this status"),
];

const EVENTS: &[(&str, &str, &str)] = &[
    ("after", "integer", "Only events after this one"),
    ("wait", "integer", "Seconds to wait for one, at most 25"),
];

macro_rules! operations {
    ($($audience:ident $method:ident $path:literal $summary:literal
        $(query $query:ident)? $(takes $request:ty)? => $success:literal $(gives $answer:ty)?
        $(, problems $problems:expr)?;)+) => {
        &[$(Operation {
            method: Method::$method,
            path: $path,
            audience: Audience::$audience,
            summary: $summary,
            query: operations!(@query $($query)?),
            request: operations!(@schema $($request)?),
            success: $success,
            answer: operations!(@schema $($answer)?),
            problems: operations!(@problems $($problems)?),
        }),+]
    };
    (@query) => { &[] };
    (@query $query:ident) => { $query };
    (@schema) => { None };
    (@schema $type:ty) => { Some(schema_of::<$type>) };
    (@problems) => { &[] };
    (@problems $problems:expr) => { &$problems };
}

/// Every operation of the API, in the order of api.md.
pub const OPERATIONS: &[Operation] = operations![
    Public GET "/health" "Health of the platform" => 200 gives Health, problems [503];
    Public GET "/openapi.json" "This document" => 200;
    Public GET "/pricing/config" "Plans and prices" => 200 gives PricingConfig;
    Account GET "/my/account" "My account" => 200 gives Account;
    Account GET "/my/account/admin-status" "Whether I am an admin" => 200 gives AdminStatus;
    Account POST "/my/account/setup" "Set my account up" => 200 gives AccountSetup;
    Account GET "/my/subscription" "My subscription" => 200 gives Subscription;
    Account GET "/my/instances" "My instances" => 200 gives InstanceList;
    Account POST "/my/instances/provision" "Ask for an instance" takes Provision => 202 gives Provisioned,
        problems [402, 409];
    Account GET "/my/instances/{id}" "One of my instances" => 200 gives Instance, problems [404];
    Account DELETE "/my/instances/{id}" "Delete an instance" takes DeleteInstance => 202 gives ActionResult,
        problems [404];
    Account POST "/my/instances/{id}/start" "Start an instance" => 202 gives ActionResult,
        problems [402, 404, 409];
    Account POST "/my/instances/{id}/stop" "Stop an instance" => 202 gives ActionResult,
        problems [404, 409];
    Account POST "/my/instances/{id}/restart" "Restart an instance" => 202 gives ActionResult,
        problems [402, 404, 409];
    Account GET "/my/instances/{id}/events" "Events of an instance" query EVENTS => 200 gives Events,
        problems [404];
    Account POST "/stripe/checkout" "Begin a checkout" takes Checkout => 200 gives Redirect,
        problems [402, 409];
    Account POST "/stripe/portal" "Open the billing portal" => 200 gives Redirect, problems [404];
    Stripe POST "/webhooks/stripe" "Receive an event of Stripe" => 200 gives WebhookReceipt;
    System POST "/system/health-checks" "Check the instances that are due" => 200 gives HealthChecks;
    Admin GET "/admin/accounts" "All accounts" query PAGE => 200 gives AdminAccountList;
    Admin GET "/admin/instances" "All instances" query PAGE => 200 gives AdminInstanceList;
];
