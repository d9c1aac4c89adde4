//! The list of operations: what the document, the functions and the tests are compared with.

use http::Method;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::parameters::{
    ACCOUNTS, AUDIT_LOGS, EVENTS, INSTANCES, JOBS, MY_AUDIT, MY_USAGE, PAYMENTS, Parameter,
    SUBSCRIPTIONS, USAGE, WEBHOOK_EVENTS,
};
use crate::{
    Account, AccountRemoved, AccountSetup, AccountStatusChanged, ActionResult, AdminAccountDetail,
    AdminAccountList, AdminChanged, AdminDashboard, AdminInstanceDetail, AdminInstanceList,
    AdminJob, AdminJobList, AdminPaymentList, AdminStats, AdminStatus, AdminSubscriptionList,
    AdminUsageList, AdminWebhookEventList, AuditList, CancelSubscription, ChangeAccountStatus,
    ChangeAdmin, ChangeConsent, ChangeMyAccount, ChangeSubscription, Checkout, ConsentChanged,
    DeleteInstance, DeletionCancelled, DeletionRequested, EditAccount, Enqueued, Events, Export,
    Health, HealthChecks, Instance, InstanceList, InstancesSynced, Invoices, LoggedOut, Maintained,
    MyAudit, MyJob, NameCheck, PricingConfig, Provision, ProvisionFor, Provisioned, Reason,
    Redirect, RemoveAccount, Replayed, RequestDeletion, StripeEvent, StripePrice, Subscription,
    SubscriptionCancelled, SubscriptionChange, SubscriptionReactivated, SyncInstances, Uninstall,
    Usage, WebhookReceipt,
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
    /// Path with `{name}` for a segment that varies; `{id}` is what the document says of it.
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

    /// Whether its success is plain text and not JSON.
    pub fn is_text(&self) -> bool {
        self.path == "/system/metrics"
    }

    /// Whether `Accept: text/csv` gets its success as CSV.
    pub fn is_csv_too(&self) -> bool {
        matches!(self.path, "/admin/audit-logs" | "/admin/audit_logs")
    }
}

fn schema_of<T: ToSchema + PartialSchema>() -> (String, Vec<(String, RefOr<Schema>)>) {
    let mut all = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    (T::name().into_owned(), all)
}

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
    Public GET "/pricing/stripe-price/{plan}/{cycle}" "Stripe's price of a plan" => 200 gives StripePrice;
    Account GET "/my/account" "My account" => 200 gives Account;
    Account PATCH "/my/account" "Change my names" takes ChangeMyAccount => 200 gives Account;
    Account GET "/my/account/admin-status" "Whether I am an admin" => 200 gives AdminStatus;
    Account POST "/my/account/setup" "Set my account up" => 200 gives AccountSetup;
    Account GET "/my/subscription" "My subscription" => 200 gives Subscription;
    Account POST "/my/subscription/cancel" "End my subscription" takes CancelSubscription => 200 gives SubscriptionCancelled,
        problems [404];
    Account POST "/my/subscription/reactivate" "Take the end of my subscription back" => 200 gives SubscriptionReactivated,
        problems [404];
    Account POST "/my/subscription/change" "Change plan or billing cycle" takes ChangeSubscription => 200 gives SubscriptionChange,
        problems [402, 404];
    Account GET "/my/invoices" "My invoices" => 200 gives Invoices;
    Account GET "/my/usage" "What I used" query MY_USAGE => 200 gives Usage;
    Account GET "/my/audit" "What was done to my account" query MY_AUDIT => 200 gives MyAudit;
    Account GET "/my/gdpr/export-data" "Everything that is held on me" => 200 gives Export;
    Account POST "/my/gdpr/request-deletion" "Delete my account" takes RequestDeletion => 200 gives DeletionRequested;
    Account POST "/my/gdpr/cancel-deletion" "Take the deletion of my account back" => 200 gives DeletionCancelled;
    Account POST "/my/gdpr/consent" "What I agree to" takes ChangeConsent => 200 gives ConsentChanged;
    Account GET "/my/subdomains/{name}" "Whether a name can be had" => 200 gives NameCheck, problems [422];
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
    Account GET "/my/jobs/{id}" "One of my jobs" => 200 gives MyJob;
    Account DELETE "/my/jobs/{id}" "Cancel a job of mine" => 202 gives MyJob, problems [409];
    Account POST "/stripe/checkout" "Begin a checkout" takes Checkout => 200 gives Redirect,
        problems [402, 409];
    Account POST "/stripe/portal" "Open the billing portal" => 200 gives Redirect, problems [404];
    Stripe POST "/webhooks/stripe" "Receive an event of Stripe" takes StripeEvent => 200 gives WebhookReceipt;
    System POST "/system/provision" "Ask for an instance for somebody" takes ProvisionFor => 202 gives Provisioned,
        problems [402, 404, 409];
    System POST "/system/instances/{id}/start" "Start any instance" => 202 gives ActionResult, problems [402, 404, 409];
    System POST "/system/instances/{id}/stop" "Stop any instance" => 202 gives ActionResult, problems [404, 409];
    System POST "/system/instances/{id}/restart" "Restart any instance" => 202 gives ActionResult,
        problems [402, 404, 409];
    System DELETE "/system/instances/{id}/uninstall" "Delete any instance" => 202 gives ActionResult, problems [404];
    System POST "/system/health-checks" "Check the instances that are due" => 200 gives HealthChecks;
    System POST "/system/maintenance" "Forget what is old, and see to what is overdue" => 200 gives Maintained;
    System POST "/system/billing-reconcile" "Compare all subscriptions with Stripe" => 202 gives Enqueued;
    System POST "/system/sync-instances" "Reconcile all instances" => 202 gives InstancesSynced;
    System GET "/system/metrics" "Figures, as Prometheus reads them" => 200;
    Admin GET "/admin/stats" "The platform in figures" => 200 gives AdminStats;
    Admin GET "/admin/metrics/dashboard" "The platform in figures, day by day" => 200 gives AdminDashboard;
    Admin GET "/admin/accounts" "All accounts" query ACCOUNTS => 200 gives AdminAccountList;
    Admin GET "/admin/accounts/{id}" "An account in detail" => 200 gives AdminAccountDetail;
    Admin PUT "/admin/accounts/{id}" "Change an account's names and notes" takes EditAccount => 200 gives AdminAccountDetail;
    Admin PUT "/admin/accounts/{id}/status" "Suspend an account, or let it in again" takes ChangeAccountStatus
        => 200 gives AccountStatusChanged, problems [409];
    Admin PUT "/admin/accounts/{id}/admin" "Make an account an admin, or take that away" takes ChangeAdmin
        => 200 gives AdminChanged, problems [409];
    Admin DELETE "/admin/accounts/{id}/complete" "Delete anybody's account for good" takes RemoveAccount
        => 202 gives AccountRemoved, problems [409];
    Admin POST "/admin/auth/logout" "End my sessions" => 200 gives LoggedOut;
    Admin GET "/admin/instances" "All instances" query INSTANCES => 200 gives AdminInstanceList;
    Admin GET "/admin/instances/{id}" "An instance in detail" => 200 gives AdminInstanceDetail;
    Admin POST "/admin/instances/{id}/provision" "Try an instance in error again" takes Reason => 202 gives ActionResult,
        problems [409];
    Admin POST "/admin/instances/{id}/start" "Start anybody's instance" takes Reason => 202 gives ActionResult,
        problems [409];
    Admin POST "/admin/instances/{id}/stop" "Stop anybody's instance" takes Reason => 202 gives ActionResult,
        problems [409];
    Admin POST "/admin/instances/{id}/restart" "Restart anybody's instance" takes Reason => 202 gives ActionResult,
        problems [409];
    Admin DELETE "/admin/instances/{id}/uninstall" "Delete anybody's instance" takes Uninstall => 202 gives ActionResult;
    Admin POST "/admin/sync-instances" "Reconcile all instances, or say how many" takes SyncInstances
        => 202 gives InstancesSynced, or 200 gives InstancesSynced;
    Admin GET "/admin/subscriptions" "All subscriptions" query SUBSCRIPTIONS => 200 gives AdminSubscriptionList;
    Admin GET "/admin/payments" "All payments" query PAYMENTS => 200 gives AdminPaymentList;
    Admin GET "/admin/usage" "What was used" query USAGE => 200 gives AdminUsageList;
    Admin GET "/admin/usage_metrics" "What was used, by its former name" query USAGE => 200 gives AdminUsageList;
    Admin GET "/admin/audit-logs" "The audit log" query AUDIT_LOGS => 200 gives AuditList;
    Admin GET "/admin/audit_logs" "The audit log, by its former name" query AUDIT_LOGS => 200 gives AuditList;
    Admin GET "/admin/webhook-events" "Events of Stripe" query WEBHOOK_EVENTS => 200 gives AdminWebhookEventList;
    Admin POST "/admin/webhook-events/{id}/replay" "Act on an event again" takes Reason => 202 gives Replayed;
    Admin GET "/admin/jobs" "All jobs" query JOBS => 200 gives AdminJobList;
    Admin GET "/admin/jobs/{id}" "A job" => 200 gives AdminJob;
    Admin POST "/admin/jobs/{id}/retry" "Begin a dead job anew" takes Reason => 202 gives AdminJob, problems [409];
    Admin POST "/admin/jobs/{id}/cancel" "Cancel a job" takes Reason => 202 gives AdminJob, problems [409];
    Admin POST "/admin/jobs/{id}/discard" "Give a dead job up" takes Reason => 200 gives AdminJob, problems [409];
];
