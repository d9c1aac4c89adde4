//! The owner's Matrix account: made by Synapse's registration with the shared secret.

use std::time::Duration;

use hmac::{Hmac, Mac};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use sha1::Sha1;
use store::daemon::instance_databases::Server;
use store::daemon::instances::Instance;

use super::super::{DriverError, Progress, Work};
use super::home::Home;
use super::ports;
use super::synapse::{self, random_password};

/// Longest time for a registration, which hashes a password: on a busy machine that takes seconds.
const HASHING: Duration = Duration::from_secs(15);

/// The localpart for an e-mail address: its part before the last `@` in small letters, everything that a
/// Matrix id does not allow as `=xx`. Also escaped: a first `_` (reserved for bridges), a name of digits
/// only (reserved for guests), and the prefix of MindRoom's own accounts.
pub(in crate::drivers) fn localpart(email: &str) -> String {
    let name = email
        .rsplit_once('@')
        .map_or(email, |(name, _)| name)
        .to_lowercase();
    if name.is_empty() {
        return "owner".to_owned();
    }
    let is_reserved = name.starts_with('_')
        || name.starts_with("mindroom_")
        || name.bytes().all(|byte| byte.is_ascii_digit());
    let mut escaped = String::with_capacity(name.len());
    for (place, byte) in name.bytes().enumerate() {
        let is_plain = matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' | b'+');
        if is_plain && !(place == 0 && is_reserved) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('=');
            escaped.push_str(&hex::encode([byte]));
        }
    }
    escaped
}

/// Makes the account unless Synapse has it.
pub(super) async fn ensure(
    http: &reqwest::Client,
    databases: &Server,
    home: &Home,
    work: &Work<'_>,
) -> Result<Progress, DriverError> {
    if is_known(work.instance) {
        return Ok(Progress::Done);
    }
    // Asking the registration itself would cost Synapse a password hash each time.
    let has_user = databases.has_user(home.id, &home.owner_matrix_id).await;
    if has_user.is_ok_and(|has_user| has_user) {
        return Ok(Progress::Done);
    }
    let Ok(Some(ports)) = ports::read(&home.dir) else {
        return Ok(Progress::Waiting(super::SOON));
    };
    let secret = synapse::registration_secret(work).await?;
    // Kept before it is used, so that an account never has a password that nobody knows.
    let password = work.secret("owner_password", random_password).await?;
    let url = format!(
        "http://127.0.0.1:{}/_synapse/admin/v1/register",
        ports.synapse
    );
    register(http, &url, home.owner_localpart(), &password, &secret)
        .await
        .map_err(|error| {
            DriverError::transient("Your Matrix account could not be made yet.", error)
        })?;
    Ok(Progress::Done)
}

/// The id is written once the first run has ended well, and the password may be forgotten after that.
fn is_known(instance: &Instance) -> bool {
    instance.owner_matrix_id.is_some()
}

#[derive(Deserialize)]
struct Nonce {
    nonce: String,
}

#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    errcode: String,
}

/// Makes an account by the registration with the shared secret; one that is there is fine.
pub(in crate::drivers) async fn register(
    http: &reqwest::Client,
    url: &str,
    username: &str,
    password: &str,
    secret: &str,
) -> anyhow::Result<()> {
    let Nonce { nonce } = http
        .get(url)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())?;
    mac.update(
        [nonce.as_str(), username, password, "notadmin"]
            .join("\0")
            .as_bytes(),
    );
    let body = json!({
        "nonce": nonce, "username": username, "password": password, "admin": false,
        "mac": hex::encode(mac.finalize().into_bytes()),
        // Otherwise Synapse would make a device, and we could not tell when the owner first signs in.
        "inhibit_login": true,
    });
    let registration = http.post(url).json(&body).timeout(HASHING);
    let answer = registration.send().await?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let refusal: Refusal = answer.json().await.unwrap_or_default();
    if status == StatusCode::BAD_REQUEST && refusal.errcode == "M_USER_IN_USE" {
        return Ok(());
    }
    anyhow::bail!("Synapse answered {status} {}", refusal.errcode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localparts_are_valid_whatever_the_address() {
        for (email, expected) in [
            ("Ann.Lee+x@example.com", "ann.lee+x"),
            ("_ann@example.com", "=5fann"),
            ("a=b@example.com", "a=3db"),
            ("\"a@b\"@example.com", "=22a=40b=22"),
            ("ü@example.com", "=c3=bc"),
            ("12345@example.com", "=312345"),
            ("mindroom_router@example.com", "=6dindroom_router"),
            ("@example.com", "owner"),
        ] {
            assert_eq!(localpart(email), expected, "{email}");
        }
    }
}
