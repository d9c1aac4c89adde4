//! The list of operations: what the document, the functions and the tests are compared with.

use http::Method;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    Account, AccountSetup, ActionResult, AdminAccountList, AdminInstanceList, AdminStatus,
    Checkout, DeleteInstance, Enqueued, Events, Health, HealthChecks, Instance, InstanceList,
    PricingConfig, Provision, Provisioned, Redirect, StripeEvent, Subscription, WebhookReceipt,
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
    /// Query parameters.
    pub query: &'static [Parameter],
    pub(crate) request: Option<SchemaOf>,
    /// Status of success.
    pub success: u16,
    pub(crate) answer: Option<SchemaOf>,
    /// Another status whose body is no problem.
    pub(crate) other: Option<(u16, SchemaOf)>,
    /// Problems beyond those that every operation of its audience and method can answer.
    pub problems: &'static [u16],
}

impl Operation {
    /// Whether an `Idempotency-Key` is honoured: on every POST but Stripe's, whose events have ids.
    pub fn takes_key(&self) -> bool {
        self.method == Method::POST && self.audience != Audience::Stripe
    }

    /// Whether it has an entity tag, so that a client can ask whether what it has is still good.
    pub fn is_cached(&self) -> bool {
        self.path.starts_with("/pricing/")
    }
}

/// A query parameter; none has to be sent.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it says.
    pub meaning: &'static str,
}

/// What a query parameter may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A whole number within these bounds.
    Number(i64, i64),
    /// Text of at most so many bytes.
    Text(usize),
    /// One of these words.
    Word(&'static [&'static str]),
}

fn schema_of<T: ToSchema + PartialSchema>() -> (String, Vec<(String, RefOr<Schema>)>) {
    let mut all = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    (T::name().into_owned(), all)
}

const fn parameter(name: &'static str, kind: Kind, meaning: &'static str) -> Parameter {
    Parameter {
        name,
        kind,
        meaning,
    }
}

/// What an account's status can be.
pub const ACCOUNT_STATUSES: &[&str] = &["pending_verification", "active", "suspended", "deleted"];

/// What an instance's status can be.
pub const INSTANCE_STATUSES: &[&str] = &[
    "provisioning",
    "running",
    "stopping",
    "stopped",
    "restarting",
    "updating",
    "degraded",
    "error",
    "unknown",
    "deprovisioning",
    "deprovisioned",
];

/// What every list takes, with the fields that it can be sorted by and the statuses of its rows.
const fn page(sort: &'static [&'static str], statuses: &'static [&'static str]) -> [Parameter; 6] {
    [
        parameter(
            "_start",
            Kind::Number(0, 1_000_000_000),
            "First row, from 0",
        ),
        parameter(
            "_end",
            Kind::Number(1, i32::MAX as i64),
            "Row after the last, greater than _start; at most 200 rows a page",
        ),
        parameter("_sort", Kind::Word(sort), "Field to sort by"),
        parameter(
            "_order",
            Kind::Word(&["ASC", "DESC"]),
            "Smallest or largest first",
        ),
        parameter("q", Kind::Text(200), "Only rows that contain this text"),
        parameter("status", Kind::Word(statuses), "Only rows with this status"),
    ]
}

const ACCOUNTS: &[Parameter] = &page(
    &["created_at", "email", "full_name", "company_name", "status"],
    ACCOUNT_STATUSES,
);
const INSTANCES: &[Parameter] = &page(
    &[
        "created_at",
        "instance_id",
        "subdomain",
        "name",
        "status",
        "tier",
    ],
    INSTANCE_STATUSES,
);

const EVENTS: &[Parameter] = &[
    parameter(
        "after",
        Kind::Number(0, i64::MAX),
        "Only events after this one",
    ),
    parameter("wait", Kind::Number(0, 25), "Seconds to wait for one"),
];

macro_rules! operations {
    ($($audience:ident $method:ident $path:literal $summary:literal
        $(query $query:ident)? $(takes $request:ty)? => $success:literal $(gives $answer:ty)?
        $(, or $other:literal gives $also:ty)? $(, problems $problems:expr)?;)+) => {
        &[$(Operation {
            method: Method::$method,
            path: $path,
            audience: Audience::$audience,
            summary: $summary,
            query: operations!(@query $($query)?),
            request: operations!(@schema $($request)?),
            success: $success,
            answer: operations!(@schema $($answer)?),
            other: operations!(@other $($other $also)?),
            problems: operations!(@problems $($problems)?),
        }),+]
    };
    (@query) => { &[] };
    (@query $query:ident) => { $query };
    (@schema) => { None };
    (@schema $type:ty) => { Some(schema_of::<$type>) };
    (@other) => { None };
    (@other $status:literal $type:ty) => { Some(($status, schema_of::<$type>)) };
    (@problems) => { &[] };
    (@problems $problems:expr) => { &$problems };
}

/// Every operation of the API, in the order of api.md.
pub const OPERATIONS: &[Operation] = operations![
    Public GET "/health" "Health of the platform" => 200 gives Health, or 503 gives Health;
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
    Stripe POST "/webhooks/stripe" "Receive an event of Stripe" takes StripeEvent => 200 gives WebhookReceipt;
    System POST "/system/health-checks" "Check the instances that are due" => 200 gives HealthChecks;
    System POST "/system/billing-reconcile" "Compare all subscriptions with Stripe" => 202 gives Enqueued;
    Admin GET "/admin/accounts" "All accounts" query ACCOUNTS => 200 gives AdminAccountList;
    Admin GET "/admin/instances" "All instances" query INSTANCES => 200 gives AdminInstanceList;
];
