//! What admins list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Instance;

/// An account in a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminAccount {
    /// The same as the auth user's.
    pub id: Uuid,
    /// Address.
    pub email: String,
    /// Name of the person.
    pub full_name: Option<String>,
    /// Name of the company.
    pub company_name: Option<String>,
    /// pending_verification, active, suspended or deleted.
    pub status: String,
    /// Whether it may use `/admin`.
    pub is_admin: bool,
    /// Its current plan.
    pub tier: String,
    /// Its current subscription's status; none without one.
    pub subscription_status: Option<String>,
    /// How many instances it has that are not deleted.
    pub instances: i64,
    /// Stripe's id.
    pub stripe_customer_id: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A page of accounts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminAccountList {
    /// The page.
    pub data: Vec<AdminAccount>,
    /// How many there are in all; also in `X-Total-Count`.
    pub total: i64,
}

/// An instance in a list, with whose it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminInstance {
    /// The instance.
    #[serde(flatten)]
    pub instance: Instance,
    /// Whose.
    pub account_email: String,
}

/// A page of instances.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminInstanceList {
    /// The page.
    pub data: Vec<AdminInstance>,
    /// How many there are in all; also in `X-Total-Count`.
    pub total: i64,
}
