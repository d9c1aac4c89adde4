//! What goes over the wire: bodies, problems, and the OpenAPI document made from them.
//!
//! Field names and bodies of routes that existed before this platform stay as their clients know them
//! (`tier` for plan, `instance_id` beside `id`); fields are added, never renamed.

mod account;
mod admin;
mod admin_billing;
mod audit;
mod billing;
mod dashboard;
mod gdpr;
mod instance;
mod jobs;
mod openapi;
mod operations;
mod parameters;
mod pricing;
mod problem;
mod responses;
mod stats;
mod subscription;
mod system;
mod usage;

pub use account::{
    Account, AccountSetup, AdminStatus, ChangeMyAccount, Dunning, NameChange, Subscription,
};
pub use admin::{
    AccountDeletion, AccountRemoved, AccountStatusChanged, AdminAccount, AdminAccountDetail,
    AdminAccountList, AdminAccountRecord, AdminChanged, AdminInstance, AdminInstanceDetail,
    AdminInstanceList, ChangeAccountStatus, ChangeAdmin, EditAccount, HealthCheck, LoggedOut,
    Reason, RemoveAccount, Uninstall,
};
pub use admin_billing::{
    AdminPayment, AdminPaymentList, AdminSubscription, AdminSubscriptionList, AdminWebhookEvent,
    AdminWebhookEventList, Replayed,
};
pub use audit::{AuditEntry, AuditList, MyAudit, MyAuditEntry};
pub use billing::{Checkout, Invoices, Payment, Redirect, StripeEvent, WebhookReceipt};
pub use dashboard::{AdminDashboard, DayFigures, RecentInstance, RecentSignup};
pub use gdpr::{
    ChangeConsent, Consent, ConsentChanged, DeletionCancelled, DeletionRequested, Export, HeldData,
    PersonalData, Processor, RequestDeletion,
};
pub use instance::{
    ActionResult, DeleteInstance, Estimate, Event, Events, HealthHour, Instance, InstanceList, Job,
    NameCheck, Provision, ProvisionFor, Provisioned, Step, StepEstimate, StepState,
};
pub use jobs::{AdminJob, AdminJobList, JobError, MyJob};
pub use openapi::openapi;
pub use operations::{Audience, OPERATIONS, Operation};
pub use parameters::{
    ACCOUNTS, AUDIT_LOGS, INSTANCES, JOBS, Kind, PAYMENTS, Parameter, SUBSCRIPTIONS, USAGE,
    WEBHOOK_EVENTS,
};
pub use pricing::{
    PlanCard, PricingConfig, PricingDiscounts, PricingProduct, PricingTrial, StripePrice,
};
pub use problem::{FieldError, Problem};
pub use stats::{Activity, AdminStats, MonthlyRevenue};
pub use subscription::{
    CancelSubscription, ChangeLine, ChangeSubscription, SubscriptionCancelled, SubscriptionChange,
    SubscriptionReactivated,
};
pub use system::{
    Enqueued, Health, HealthChecks, HealthPart, InstancesSynced, Maintained, StatusUpdate,
    SyncInstances,
};
pub use usage::{AdminUsage, AdminUsageList, Usage, UsageDay, UsageLimits, UsageTotals};
