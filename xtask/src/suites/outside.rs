//! `up` on an auth service, a Stripe and a PostgreSQL that are not its own, as its variables name them. The stand-ins
//! play the vendors: as programs that know nothing of the platform, with keys and databases of their own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use test_postgres::{Options, Server};

use super::platform::{Platform, Settings};
use super::{on_platform, visibly};
use crate::up::ports;
use crate::{build, workspace};

const PUBLISHABLE_KEY: &str = "sb_publishable_of_a_project";
const SECRET_KEY: &str = "sb_secret_of_a_project";
const STRIPE_KEY: &str = "sk_test_of_an_account";
const WEBHOOK_SECRET: &str = "whsec_of_an_endpoint_0123456789abcdef";

/// Somebody signs up and buys there; nothing of it is asked of `up`'s own parts, which are not started.
pub(super) fn run() -> Result<()> {
    build::run()?;
    let server = Server::start(Options {
        settings: &[("max_connections", "400")],
        ..Options::default()
    });
    let port = ports::find_free()?;
    let key = tempfile::tempdir()?;
    let auth = auth(&server, port, &key.path().join("signing-key.pem"))?;
    let stripe = stripe(&server, port)?;
    let platform = Platform::start(Settings {
        port: Some(port),
        variables: vec![
            ("DATABASE_URL", server.named("mindroom").owner_url()),
            ("SUPABASE_URL", auth.url.clone()),
            ("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY.to_owned()),
            ("SUPABASE_SECRET_KEY", SECRET_KEY.to_owned()),
            ("STRIPE_API_URL", stripe.url.clone()),
            ("STRIPE_SECRET_KEY", STRIPE_KEY.to_owned()),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
        ],
        ..Settings::default()
    })?;
    for own in ["starting postgres", "starting auth", "starting stripe"] {
        ensure!(!platform.says().contains(own), "`up` says `{own}`");
    }
    keys_stay_with_their_parts(&platform)?;
    let bought = |name| {
        let mut command = on_platform(&platform, "billing")?;
        visibly(name, command.args(["checkout::", "--nocapture"]))
    };
    bought("outside")?;
    // the administrator is found there, not made anew
    platform.restart()?;
    let mut admin = on_platform(&platform, "system")?;
    visibly(
        "outside, once more",
        admin.args(["tenancy::only_admins_list_everything", "--exact"]),
    )?;
    platform.stop()
}

/// What `up` was told is in no file but the private ones, which a person with Spin needs.
fn keys_stay_with_their_parts(platform: &Platform) -> Result<()> {
    let kept = std::fs::read_to_string(platform.state().join("secrets.json"))?;
    for key in [SECRET_KEY, STRIPE_KEY, WEBHOOK_SECRET] {
        ensure!(!kept.contains(key), "secrets.json holds a key of others");
    }
    Ok(())
}

/// A vendor's program, ended with this value.
struct Vendor {
    url: String,
    process: Child,
}

impl Vendor {
    fn start(mut command: Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("start a stand-in")?;
        let output = process.stdout.take().context("its output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let url = line.trim().strip_prefix("Serving ");
        let url = url.context("a stand-in does not serve")?.to_owned();
        Ok(Self { url, process })
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn auth(server: &Server, gateway: u16, key: &std::path::Path) -> Result<Vendor> {
    let project = new_database(server)?;
    block_on(store::native::prepare_database(&project.owner_url()))?
        .context("make what Supabase has")?;
    let port = ports::find_free()?;
    let mut command = Command::new(workspace::program("dev-supabase-auth"));
    command
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .args(["--public-url", &format!("http://127.0.0.1:{port}")])
        .args([
            "--site-url",
            &format!("http://app.mindroom.localhost:{gateway}"),
        ])
        .arg("--key-file")
        .arg(key)
        .env("DATABASE_URL", project.url("supabase_auth_admin"))
        .env("PUBLISHABLE_KEY", PUBLISHABLE_KEY)
        .env("SECRET_KEY", SECRET_KEY);
    Vendor::start(command)
}

fn stripe(server: &Server, gateway: u16) -> Result<Vendor> {
    let account = new_database(server)?;
    let webhooks = format!("http://127.0.0.1:{gateway}/webhooks/stripe");
    let mut command = Command::new(workspace::program("dev-stripe"));
    command
        .args(["--listen", "127.0.0.1:0", "--webhook-url", &webhooks])
        .env("DATABASE_URL", account.owner_url())
        .env("STRIPE_SECRET_KEY", STRIPE_KEY)
        .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET);
    Vendor::start(command)
}

fn new_database(server: &Server) -> Result<test_postgres::Database> {
    block_on(server.database())
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(future))
}
