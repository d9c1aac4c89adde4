//! What a new platform starts with: one admin, and the keys of system callers.

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use uuid::Uuid;

use super::prices;
use super::secrets::{Secret, Secrets};

/// The seeded admin's address; nobody can receive mail there.
pub(crate) const ADMIN_EMAIL: &str = "admin@mindroom.localhost";

/// Names of the system keys; each has the scope of the same name.
pub(crate) const SYSTEM_KEYS: [&str; 4] = ["health", "provision", "maintenance", "metrics"];

/// Makes or finds the admin, and stores the keys as SHA-256.
pub(crate) async fn run(owner: &Client, auth_url: &str, secrets: &Secrets) -> Result<()> {
    let admin = admin_user(owner, auth_url, secrets).await?;
    owner
        .execute("SELECT api.seed_admin($1, $2)", &[&admin, &ADMIN_EMAIL])
        .await
        .context("seed the admin")?;
    for name in SYSTEM_KEYS {
        let key = secrets.system_key(name)?;
        let digest = Sha256::digest(key.expose()).to_vec();
        owner
            .execute(
                "SELECT api.seed_service_key($1, $2, $3)",
                &[&name, &digest, &vec![name]],
            )
            .await
            .with_context(|| format!("seed the system key {name}"))?;
    }
    Ok(())
}

async fn admin_user(owner: &Client, auth_url: &str, secrets: &Secrets) -> Result<Uuid> {
    let known = owner
        .query_opt(
            "SELECT id FROM auth.users WHERE email = $1",
            &[&ADMIN_EMAIL],
        )
        .await?;
    match known {
        Some(row) => Ok(row.get(0)),
        None => create_user(auth_url, &secrets.auth_secret_key, &secrets.admin_password).await,
    }
}

/// By the admin API, so that the password is hashed as everybody's.
async fn create_user(auth_url: &str, secret_key: &Secret, password: &Secret) -> Result<Uuid> {
    let body = serde_json::json!({
        "email": ADMIN_EMAIL,
        "password": password.expose(),
        "email_confirm": true,
    });
    let answer = prices::client()?
        .post(format!("{auth_url}/auth/v1/admin/users"))
        .header("apikey", secret_key.expose())
        .bearer_auth(secret_key.expose())
        .json(&body)
        .send()
        .await
        .context("create the admin")?;
    let status = answer.status();
    let body: serde_json::Value = answer
        .json()
        .await
        .with_context(|| format!("create the admin: {status}"))?;
    if !status.is_success() {
        bail!(
            "create the admin: {status} {}",
            body["msg"].as_str().unwrap_or_default()
        );
    }
    let id = body["id"].as_str().context("the created admin has no id")?;
    id.parse().context("the created admin's id is no UUID")
}
