//! Databases, roles and who may connect where.

use anyhow::{Context, Result};
use store::native::Address;
use tokio_postgres::Client;
use url::Url;

use super::{STRIPE_DATABASE, Server};
use crate::up::secrets::Secrets;

/// A role of one of the parts, with a password of its own.
pub(crate) struct Role {
    /// Its name in PostgreSQL.
    pub(crate) name: &'static str,
    /// Rights beyond LOGIN, in SQL; `None` when the migrations or bootstrap files make the role.
    made_here_with: Option<&'static str>,
    /// Whether it may connect to the platform's database.
    platform: bool,
}

/// The functions.
pub(crate) const FUNCTIONS: Role = Role {
    name: "mindroom_functions",
    made_here_with: None,
    platform: true,
};
/// The provisioner daemon.
pub(crate) const DAEMON: Role = Role {
    name: "mindroom_daemon",
    made_here_with: None,
    platform: true,
};
/// The gateway: reads what an instance's host needs.
pub(crate) const GATEWAY: Role = Role {
    name: "mindroom_gateway",
    made_here_with: None,
    platform: true,
};
/// The auth stand-in, under the name that Supabase gives it.
pub(crate) const AUTH: Role = Role {
    name: "supabase_auth_admin",
    made_here_with: None,
    platform: true,
};
/// Makes the instances' databases and their roles; may not see the platform's.
pub(crate) const INSTANCES: Role = Role {
    name: "mindroom_instances",
    made_here_with: Some("CREATEDB CREATEROLE"),
    platform: false,
};
/// The Stripe stand-in: owns its own database.
pub(crate) const STRIPE: Role = Role {
    name: "dev_stripe",
    made_here_with: Some(""),
    platform: false,
};

/// All of them.
pub(crate) const ROLES: [Role; 6] = [FUNCTIONS, DAEMON, GATEWAY, AUTH, INSTANCES, STRIPE];

/// The database that a server always has; the instances' role connects to it to make others.
pub(crate) const MAINTENANCE_DATABASE: &str = "postgres";

/// Makes what is missing and sets passwords and rights; changes nothing the second time.
pub(crate) async fn prepare(server: &Server, secrets: &Secrets) -> Result<()> {
    let maintenance = connect(&server.owner_url_of(MAINTENANCE_DATABASE)).await?;
    for role in &ROLES {
        ensure_role(&maintenance, role).await?;
    }
    ensure_database(&maintenance, server.platform_database(), None).await?;
    ensure_database(&maintenance, STRIPE_DATABASE, Some(STRIPE.name)).await?;
    store::native::prepare_database(server.owner_url().as_str())
        .await
        .context("migrate the database")?;
    for role in &ROLES {
        set_password(&maintenance, role, secrets).await?;
    }
    restrict_connections(&maintenance, server.platform_database()).await
}

/// Connects as the URL says, by TLS too.
pub(crate) async fn connect(url: &Url) -> Result<Client> {
    let (client, connection) = Address::parse(url.as_str())?
        .connect()
        .await
        .context("connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

async fn ensure_role(client: &Client, role: &Role) -> Result<()> {
    let Some(rights) = role.made_here_with else {
        return Ok(());
    };
    let present = client
        .query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&role.name])
        .await?;
    let verb = if present.is_some() { "ALTER" } else { "CREATE" };
    let statement = format!("{verb} ROLE {} LOGIN {rights}", role.name);
    client
        .batch_execute(&statement)
        .await
        .with_context(|| format!("make role {}", role.name))
}

async fn ensure_database(client: &Client, name: &str, owner: Option<&str>) -> Result<()> {
    let present = client
        .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name])
        .await?;
    if present.is_some() {
        return Ok(());
    }
    let owner = owner
        .map(|owner| format!(" OWNER {owner}"))
        .unwrap_or_default();
    let statement = format!("CREATE DATABASE {}{owner}", quoted(name));
    client
        .batch_execute(&statement)
        .await
        .with_context(|| format!("make database {name}"))
}

async fn set_password(client: &Client, role: &Role, secrets: &Secrets) -> Result<()> {
    // Hexadecimal digits, so nothing in it needs quoting.
    let password = secrets.role(role.name)?.expose();
    let statement = format!("ALTER ROLE {} LOGIN PASSWORD '{password}'", role.name);
    // Without the statement in the error: it holds the password.
    client
        .batch_execute(&statement)
        .await
        .with_context(|| format!("set the password of {}", role.name))
}

/// PUBLIC may connect to every new database: an instance's role would reach the platform's.
async fn restrict_connections(client: &Client, platform: &str) -> Result<()> {
    let platform_roles: Vec<&str> = ROLES
        .iter()
        .filter(|role| role.platform)
        .map(|role| role.name)
        .collect();
    let statement = format!(
        "REVOKE CONNECT ON DATABASE {platform}, {STRIPE_DATABASE}, {MAINTENANCE_DATABASE} FROM PUBLIC;
         GRANT CONNECT ON DATABASE {platform} TO {};
         GRANT CONNECT ON DATABASE {MAINTENANCE_DATABASE} TO {};",
        platform_roles.join(", "),
        INSTANCES.name,
        platform = quoted(platform),
    );
    client
        .batch_execute(&statement)
        .await
        .context("restrict who may connect")
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
