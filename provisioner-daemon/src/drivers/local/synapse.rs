//! Synapse: its configuration, its secrets, its start and whether it answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use store::daemon::instance_databases::{self, Server};

use super::super::{DriverError, Work};
use super::home::Home;
use super::process::Command;
use super::runtimes::Program;
use super::users::User;
use super::{database, files};

/// 256 random bits as text.
pub(in crate::drivers) fn random_hex() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// A password that a person can copy: 120 random bits in letters and digits that look like no other.
pub(in crate::drivers) fn random_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";
    rand::random::<[u8; 24]>()
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect()
}

/// A signing key in Synapse's form: algorithm, version, seed.
pub(in crate::drivers) fn fresh_signing_key() -> String {
    let version = hex::encode(rand::random::<[u8; 2]>());
    format!(
        "ed25519 a_{version} {}",
        STANDARD_NO_PAD.encode(rand::random::<[u8; 32]>())
    )
}

/// What registers accounts without open registration.
pub(in crate::drivers) async fn registration_secret(
    work: &Work<'_>,
) -> Result<String, DriverError> {
    work.secret("registration_shared_secret", random_hex).await
}

/// Writes configuration and signing key for its user. Secrets are the same every time.
pub(super) async fn write_config(
    home: &Home,
    user: Option<User>,
    port: u16,
    databases: &Server,
    work: &Work<'_>,
) -> Result<(), DriverError> {
    let signing_key = work.secret("signing_key", fresh_signing_key).await?;
    let secrets = Secrets {
        database_password: database::password(work).await?,
        registration: registration_secret(work).await?,
        macaroon: work.secret("macaroon_secret_key", random_hex).await?,
        form: work.secret("form_secret", random_hex).await?,
    };
    let folder = home.synapse_dir();
    // JSON is YAML too.
    let write = || -> std::io::Result<()> {
        files::dir_towards(&folder, user)?;
        files::give(&home.media_dir(), user)?;
        let signing_key = format!("{signing_key}\n");
        for (path, content) in [
            (folder.join("signing.key"), signing_key.into_bytes()),
            (folder.join("log.yaml"), pretty(&log_config())?),
            (
                home.synapse_config(),
                pretty(&config(home, port, databases, &secrets))?,
            ),
        ] {
            files::write_for(&path, &content, user)?;
        }
        Ok(())
    };
    write()
        .map_err(|error| DriverError::transient("The configuration could not be written.", error))
}

struct Secrets {
    database_password: String,
    registration: String,
    macaroon: String,
    form: String,
}

fn pretty(value: &Value) -> std::io::Result<Vec<u8>> {
    Ok(serde_json::to_vec_pretty(value)?)
}

fn config(home: &Home, port: u16, databases: &Server, secrets: &Secrets) -> Value {
    let folder = home.synapse_dir();
    let place = databases.place();
    let database = instance_databases::name(home.id);
    json!({
        "server_name": home.server_name,
        "public_baseurl": home.matrix_url,
        "listeners": [{
            "type": "http", "port": port, "bind_addresses": ["127.0.0.1"], "tls": false, "x_forwarded": true,
            "resources": [{"names": ["client"], "compress": false}],
        }],
        "database": {"name": "psycopg2", "args": {
            "host": place.host, "port": place.port, "dbname": database, "user": database,
            "password": secrets.database_password, "cp_min": 1, "cp_max": 5,
            "keepalives_idle": 10, "keepalives_interval": 10, "keepalives_count": 3,
        }},
        "log_config": folder.join("log.yaml"),
        "media_store_path": home.media_dir(),
        "signing_key_path": folder.join("signing.key"),
        "macaroon_secret_key": secrets.macaroon,
        "form_secret": secrets.form,
        "registration_shared_secret": secrets.registration,
        "enable_registration": false,
        // Accounts are made while somebody waits; 12 rounds (the default) cost four times as much.
        "bcrypt_rounds": 10,
        "allow_guest_access": false,
        "report_stats": false,
        // Alone in the world: no other server is asked for anything.
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "allow_public_rooms_over_federation": false,
        "url_preview_enabled": false,
        "max_upload_size": "50M",
        "user_directory": {"enabled": true, "search_all_users": true},
        // Enough for one team and its agents, which all come from one address; not for guessing passwords.
        "rc_message": {"per_second": 10, "burst_count": 100},
        "rc_login": {
            "address": {"per_second": 2, "burst_count": 60},
            "account": {"per_second": 1, "burst_count": 20},
            "failed_attempts": {"per_second": 0.1, "burst_count": 5},
        },
        "rc_joins": {"local": {"per_second": 10, "burst_count": 100}, "remote": {"per_second": 0.01, "burst_count": 1}},
        "rc_joins_per_room": {"per_second": 10, "burst_count": 100},
        "rc_invites": {
            "per_room": {"per_second": 5, "burst_count": 100},
            "per_user": {"per_second": 2, "burst_count": 50},
            "per_issuer": {"per_second": 5, "burst_count": 100},
        },
    })
}

fn log_config() -> Value {
    json!({
        "version": 1,
        "disable_existing_loggers": false,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
    })
}

pub(super) fn command(home: &Home, python: &Program) -> Command {
    python
        .command()
        .args(["-m", "synapse.app.homeserver", "-c"])
        .arg(home.synapse_config())
        .marker(home.synapse_config())
}

/// Answers as long as Synapse serves clients.
pub(super) fn health_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/_matrix/client/versions")
}

/// Whether Synapse answers clients.
pub(super) async fn is_ready(http: &reqwest::Client, port: u16) -> bool {
    http.get(health_url(port))
        .send()
        .await
        .is_ok_and(|answer| answer.status().is_success())
}
