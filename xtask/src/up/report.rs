//! What a run tells others: `addresses.json`, `spin.env`, and the table that a person reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;

use super::plan::{Environment, Plan, spin_environment};
use super::seed;

/// The content of `addresses.json`. It holds secrets, so the file is private.
#[derive(Serialize)]
struct Document<'a> {
    app: String,
    api: String,
    auth: String,
    stripe: String,
    /// The owner's.
    database_url: &'a str,
    publishable_key: &'a str,
    system_keys: BTreeMap<&'a str, &'a str>,
    admin: Admin<'a>,
    /// The stand-ins' own secrets, for tests that play their part.
    stand_ins: StandIns<'a>,
    /// Where programs reach the parts, since they do not resolve `*.localhost`.
    internal: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Admin<'a> {
    email: &'a str,
    password: &'a str,
}

#[derive(Serialize)]
struct StandIns<'a> {
    auth_secret_key: &'a str,
    stripe_secret_key: &'a str,
    stripe_webhook_secret: &'a str,
    model_admin_key: &'a str,
}

/// Writes both files.
pub(crate) fn write(plan: &Plan<'_>, variables: Environment) -> Result<()> {
    plan.state.write("spin.env", &spin_env(variables))?;
    let secrets = plan.secrets;
    let document = Document {
        app: plan.addresses.of("app")?,
        api: plan.addresses.of("api")?,
        auth: plan.auth_url()?,
        stripe: plan.stripe_url()?,
        database_url: plan.server.owner_url().as_str(),
        publishable_key: secrets.auth_publishable_key.expose(),
        system_keys: secrets
            .system_keys()
            .iter()
            .map(|(name, key)| (name.as_str(), key.expose()))
            .collect(),
        admin: Admin {
            email: seed::ADMIN_EMAIL,
            password: secrets.admin_password.expose(),
        },
        stand_ins: StandIns {
            auth_secret_key: secrets.auth_secret_key.expose(),
            stripe_secret_key: secrets.stripe_secret_key.expose(),
            stripe_webhook_secret: secrets.stripe_webhook_secret.expose(),
            model_admin_key: secrets.model_admin_key.expose(),
        },
        internal: internal(plan)?,
    };
    plan.state.write_json("addresses.json", &document)
}

fn internal(plan: &Plan<'_>) -> Result<BTreeMap<&'static str, String>> {
    let mut urls = BTreeMap::from([
        ("gateway", format!("http://127.0.0.1:{}", plan.port)),
        ("auth", plan.auth_internal_url()?),
        ("stripe", plan.stripe_internal_url()?),
    ]);
    for name in ["model", "functions", "provisioner"] {
        urls.insert(name, plan.internal_url(name)?);
    }
    Ok(urls)
}

/// Lines that both a shell (`. spin.env`) and Spin's reader of `.env` files take.
fn spin_env(variables: Environment) -> String {
    let mut text =
        String::from("# The app's variables: `set -a; . .mindroom/spin.env; set +a; spin up`.\n");
    for (name, value) in spin_environment(variables) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}='{}'", value.replace('\'', "'\\''"));
    }
    text
}

/// The table; the admin's password is only named, since terminals are recorded.
pub(crate) fn print(plan: &Plan<'_>) -> Result<()> {
    let row = |name: &str, value: &str| println!("  {name:<9} {value}");
    println!("ready");
    row("portal", &plan.addresses.of("app")?);
    row("API", &plan.addresses.of("api")?);
    row("auth", &plan.auth_url()?);
    if plan.confirm_email && plan.outside.auth.is_none() {
        let outbox = format!("{}/__outbox?email=", plan.internal_url("auth")?);
        row(
            "",
            &format!("mails: {outbox}, apikey auth_secret_key in addresses.json"),
        );
    }
    row("Stripe", &plan.stripe_url()?);
    if plan.outside.stripe.is_some() {
        let webhooks = format!("http://127.0.0.1:{}/webhooks/stripe", plan.port);
        row(
            "",
            &format!("its events: stripe listen --forward-to {webhooks}"),
        );
    }
    row(
        "admin",
        &format!("{}, password in addresses.json", seed::ADMIN_EMAIL),
    );
    row(
        "files",
        &format!(
            "{} (addresses.json, spin.env, logs/)",
            plan.state.path().display()
        ),
    );
    row("database", &plan.server.description);
    println!("Ctrl-C stops everything.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_written() {
        let variables = vec![
            ("tricky".to_owned(), "a'b $HOME *".to_owned()),
            ("plain".to_owned(), "x".to_owned()),
        ];
        let script = format!("{}printf %s \"$SPIN_VARIABLE_TRICKY\"", spin_env(variables));
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "a'b $HOME *");
    }
}
