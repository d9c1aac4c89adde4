//! A user as the database keeps it and as JSON shows it: one type, the password's hash left out.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// A user with its identities. Times that are unset are left out of the JSON, as Supabase does.
#[expect(clippy::struct_field_names, reason = "the wire names these fields")]
#[derive(Serialize)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) aud: String,
    pub(crate) role: String,
    pub(crate) email: String,
    #[serde(skip)]
    pub(crate) password_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email_confirmed_at: Option<Timestamp>,
    /// Always empty: there are no phones here, but clients expect the field.
    pub(crate) phone: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmation_sent_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recovery_sent_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) invited_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reauthentication_sent_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email_change_sent_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_sign_in_at: Option<Timestamp>,
    pub(crate) app_metadata: Value,
    pub(crate) user_metadata: Value,
    pub(crate) identities: Vec<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) banned_until: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) is_anonymous: bool,
}

/// A way in which a user can prove who they are; here only `email`.
#[expect(clippy::struct_field_names, reason = "the wire names these fields")]
#[derive(Serialize)]
pub(crate) struct Identity {
    #[serde(rename = "identity_id")]
    pub(crate) id: Uuid,
    #[serde(rename = "id")]
    pub(crate) provider_id: String,
    pub(crate) user_id: Uuid,
    pub(crate) identity_data: Value,
    pub(crate) provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_sign_in_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) email: String,
}

impl User {
    /// Whether an operator has shut the user out until later than `now`.
    pub(crate) fn is_banned(&self, now: Timestamp) -> bool {
        self.banned_until.is_some_and(|until| until > now)
    }

    /// What a stranger is shown who signs up with an address that is taken: nothing true but the
    /// address, and no identity, by which a site can tell its visitor to sign in instead.
    pub(crate) fn obfuscated(email: &str, data: Value, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4(),
            aud: "authenticated".to_owned(),
            role: String::new(),
            email: email.to_owned(),
            password_hash: None,
            email_confirmed_at: None,
            phone: "",
            confirmation_sent_at: Some(now),
            confirmed_at: None,
            recovery_sent_at: None,
            invited_at: None,
            reauthentication_sent_at: None,
            new_email: None,
            email_change_sent_at: None,
            last_sign_in_at: None,
            app_metadata: email_provider(),
            user_metadata: data,
            identities: Vec::new(),
            banned_until: None,
            created_at: now,
            updated_at: now,
            is_anonymous: false,
        }
    }
}

/// The `app_metadata` of a user who signs in by e-mail.
pub(crate) fn email_provider() -> Value {
    json!({ "provider": "email", "providers": ["email"] })
}
