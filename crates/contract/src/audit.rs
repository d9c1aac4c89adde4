//! The audit log, as operators and as accounts read it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An entry of the audit log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Grows; pass the last one as `before`.
    pub id: i64,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// account, admin, system, stripe or daemon.
    pub actor_type: String,
    /// Which of them.
    pub actor_id: Option<String>,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub resource_type: String,
    /// To which.
    pub resource_id: Option<String>,
    /// Whose account it concerns; kept when the account has gone.
    pub account_id: Option<Uuid>,
    /// Its address, while there is an account.
    pub account_email: Option<String>,
    /// Why, as whoever did it said.
    pub reason: Option<String>,
    /// More about it; an object.
    #[schema(value_type = Object)]
    pub details: Value,
    /// Where the request came from.
    pub ip_address: Option<String>,
    /// Of the request.
    pub request_id: Option<String>,
}

/// A page of the audit log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditList {
    /// The page.
    pub data: Vec<AuditEntry>,
    /// How many there are among the newest 20,000 that fit; also in `X-Total-Count`.
    pub total: i64,
    /// Where older ones begin: pass it as `before`. None when these were all.
    pub next: Option<i64>,
}

/// Something that was done to the caller's account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MyAuditEntry {
    /// Grows; pass the last one as `before`.
    pub id: i64,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// you, support, stripe or platform.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub resource_type: String,
    /// To which.
    pub resource_id: Option<String>,
    /// Where the caller's own request came from.
    pub ip_address: Option<String>,
}

/// What was done to the caller's account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MyAudit {
    /// Newest first.
    pub entries: Vec<MyAuditEntry>,
    /// Where older ones begin: pass it as `before`. None when these were all.
    pub next: Option<i64>,
}
