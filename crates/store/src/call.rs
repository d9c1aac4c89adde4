//! What every database function is told of the request: who calls, and the facts that limits and the audit log
//! need.

use auth::{AccountCaller, AdminCaller, Scope, SystemCaller};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// Which limit a request counts against (api.md, "Limits").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteGroup {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Writes that start work.
    Start,
    /// Writes that destroy.
    Destructive,
}

impl RouteGroup {
    /// The word in the database and in the variable `rate_limits`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Start => "start",
            Self::Destructive => "destructive",
        }
    }
}

/// Facts of one request, the same for every statement that it sends.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// `GET /my/instances`: for the audit log.
    pub operation: String,
    /// What it counts against.
    pub group: RouteGroup,
    /// Requests a minute of that group.
    pub limit: u32,
    /// The client's address, as far as it can be trusted.
    pub address: Option<String>,
    /// What a client without a proof counts as: its address, or the network that it can choose addresses from.
    pub network: String,
    /// Requests a minute of such a client.
    pub stranger_limit: u32,
    /// The key under which a command is done once.
    pub idempotency: Option<IdempotencyKey>,
    /// Also in the answer and in the log.
    pub request_id: String,
    /// Scheme, domain and port that instances' addresses are made from.
    pub public_url: String,
}

/// The `Idempotency-Key` of a command, with whose it is and what it was sent with.
#[derive(Debug, Clone, Serialize)]
pub struct IdempotencyKey {
    /// Whose: the account's id, or `machine:` and the digest of its key.
    pub subject: String,
    /// As it was sent.
    pub key: String,
    /// SHA-256 of path, query and body, in hexadecimal: the same key with another request is a mistake.
    pub request_sha256: String,
    /// This request, and no other one with the same key.
    pub attempt: Uuid,
}

/// A caller with the facts of its request. Tenancy is in this type: a query on an account's rows takes one of
/// an [`AccountCaller`], and shows that account's rows.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a, C> {
    /// Who.
    pub caller: &'a C,
    /// Which request.
    pub facts: &'a RequestFacts,
}

fn account_json(caller: &AccountCaller, facts: &RequestFacts) -> Value {
    json!({
        "sub": caller.subject(),
        "email": caller.email(),
        "issued_at": caller.issued_at(),
        "full_name": caller.full_name(),
        "group": facts.group.word(),
        "limit": facts.limit,
        "operation": facts.operation,
        "address": facts.address,
        "request_id": facts.request_id,
        "public_url": facts.public_url,
        "idempotency": facts.idempotency,
    })
}

impl Call<'_, AccountCaller> {
    pub(crate) fn json(&self) -> Value {
        account_json(self.caller, self.facts)
    }
}

impl Call<'_, AdminCaller> {
    pub(crate) fn json(&self) -> Value {
        account_json(self.caller.account(), self.facts)
    }
}

impl Call<'_, SystemCaller> {
    pub(crate) fn json(&self, scope: Scope) -> Value {
        json!({
            "key_sha256": hex::encode(self.caller.key_sha256()),
            "scope": scope.word(),
            "operation": self.facts.operation,
            "address": self.facts.address,
            "network": self.facts.network,
            "stranger_limit": self.facts.stranger_limit,
            "request_id": self.facts.request_id,
            "public_url": self.facts.public_url,
            "idempotency": self.facts.idempotency,
        })
    }
}
