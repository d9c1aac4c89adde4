//! What a new platform starts with: one admin, and the keys of system callers.

use anyhow::{Context, Result, bail};
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use uuid::Uuid;

use super::prices;
use super::secrets::{Secret, Secrets};

/// The seeded admin's address; nobody can receive mail there.
pub(crate) const ADMIN_EMAIL: &str = "admin@mindroom.localhost";

/// Names of the system keys; each has the scope of the same name.
pub(crate) const SYSTEM_KEYS: [&str; 4] = ["health", "provision", "maintenance", "metrics"];

/// How far the admin is looked for, a thousand users to the page.
const MOST_PAGES: u32 = 100;

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

/// The auth service's user of that address: the one that was seeded last time, a new one, or one of that address that
/// is there already. Only the last kind is given our password: it would end the sessions of the first.
async fn admin_user(owner: &Client, auth_url: &str, secrets: &Secrets) -> Result<Uuid> {
    let service = AuthService {
        client: prices::client()?,
        users: format!("{auth_url}/auth/v1/admin/users"),
        key: &secrets.auth_secret_key,
    };
    let seeded = owner
        .query_opt(
            "SELECT id FROM accounts WHERE email = $1 AND is_admin ORDER BY created_at DESC LIMIT 1",
            &[&ADMIN_EMAIL],
        )
        .await?;
    if let Some(row) = seeded {
        let id: Uuid = row.get(0);
        if service.has(id).await? {
            return Ok(id);
        }
    }
    let password = &secrets.admin_password;
    if let Some(id) = service.create(password).await? {
        return Ok(id);
    }
    let id = service.find().await?;
    service.set_password(id, password).await?;
    Ok(id)
}

/// The admin API of an auth service, for the seeded admin.
struct AuthService<'a> {
    client: reqwest::Client,
    users: String,
    key: &'a Secret,
}

impl AuthService<'_> {
    /// Whether it has the user.
    async fn has(&self, id: Uuid) -> Result<bool> {
        let request = self.client.get(format!("{}/{id}", self.users));
        match self.ask(request).await? {
            (StatusCode::NOT_FOUND, _) => Ok(false),
            answer => done("look for the admin", answer).map(|_| true),
        }
    }

    /// Makes the user; none when the address is taken.
    async fn create(&self, password: &Secret) -> Result<Option<Uuid>> {
        let body = json!({
            "email": ADMIN_EMAIL,
            "password": password.expose(),
            "email_confirm": true,
        });
        match self.ask(self.client.post(&self.users).json(&body)).await? {
            (StatusCode::UNPROCESSABLE_ENTITY, body) if body["error_code"] == "email_exists" => {
                Ok(None)
            }
            answer => id_of(&done("create the admin", answer)?).map(Some),
        }
    }

    /// Finds the user by the address, page by page.
    async fn find(&self) -> Result<Uuid> {
        for page in 1..=MOST_PAGES {
            let page = [("page", page.to_string()), ("per_page", "1000".to_owned())];
            let request = self.client.get(&self.users).query(&page);
            let body = done("list the users", self.ask(request).await?)?;
            let users = body["users"].as_array().map_or(&[][..], Vec::as_slice);
            if let Some(admin) = users.iter().find(|user| user["email"] == ADMIN_EMAIL) {
                return id_of(admin);
            }
            if users.is_empty() {
                break;
            }
        }
        bail!("{ADMIN_EMAIL} is taken at the auth service, and not among its users")
    }

    async fn set_password(&self, id: Uuid, password: &Secret) -> Result<()> {
        let body = json!({"password": password.expose()});
        let request = self.client.put(format!("{}/{id}", self.users)).json(&body);
        done("set the admin's password", self.ask(request).await?).map(drop)
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, Value)> {
        let answer = request
            .header("apikey", self.key.expose())
            .bearer_auth(self.key.expose())
            .send()
            .await
            .context("ask the auth service")?;
        let status = answer.status();
        let body = answer
            .json()
            .await
            .with_context(|| format!("the auth service answers {status}, and no JSON"))?;
        Ok((status, body))
    }
}

fn done(what: &str, (status, body): (StatusCode, Value)) -> Result<Value> {
    if status.is_success() {
        return Ok(body);
    }
    bail!(
        "{what}: {status} {}",
        body["msg"].as_str().unwrap_or_default()
    )
}

fn id_of(user: &Value) -> Result<Uuid> {
    let id = user["id"].as_str().context("a user without an id")?;
    id.parse().context("a user's id is no UUID")
}
