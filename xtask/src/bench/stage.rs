//! What the HTTP figures need: a PostgreSQL that waits for its disk, the platform's database in it, accounts with
//! tokens, and the functions' host as it would be released.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use test_postgres::{Data, Database, Options, Server};
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use uuid::Uuid;

use super::load::Request;
use super::tokens::{ISSUER, Issuer};
use super::{load, program};
use crate::build;
use crate::workspace;

/// As `up` gives its own (docs/database.md), but that statements are counted.
const SETTINGS: [(&str, &str); 4] = [
    ("fsync", "on"),
    ("max_connections", "400"),
    ("shared_buffers", "128MB"),
    ("shared_preload_libraries", "pg_stat_statements"),
];
/// Accounts, each with a token and an instance.
const ACCOUNTS: u128 = 100;
/// The limiter stays on; nobody meets it.
const RATE_LIMITS: &str =
    "read=100000000,write=100000000,start=100000000,destructive=100000000,anonymous=100000000";
pub(super) const WEBHOOK_SECRET: &str = "whsec_bench_0123456789abcdef0123456789abcdef";

/// Everything in place but for the host.
pub(super) struct Stage {
    runtime: Runtime,
    database: Database,
    issuer: Issuer,
    /// One of each account.
    tokens: Vec<String>,
    folder: TempDir,
    _server: Server,
}

impl Stage {
    /// Builds what is measured, the host and these functions, and makes the database.
    pub(super) fn set(functions: &[&str]) -> Result<Self> {
        load::require()?;
        build::functions::build_only(functions)?;
        program::build_release(&["dev-host"])?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let server = Server::start(Options {
            settings: &SETTINGS,
            data: Data::Files,
        });
        let issuer = Issuer::start()?;
        let database = runtime.block_on(prepared(&server))?;
        let now = super::program::unix_seconds()?;
        let tokens = (1..=ACCOUNTS)
            .map(|number| issuer.token(Uuid::from_u128(number), &email(number), now))
            .collect();
        let folder = tempfile::tempdir().context("make a folder")?;
        Ok(Self {
            runtime,
            database,
            issuer,
            tokens,
            folder,
            _server: server,
        })
    }

    /// A file in a folder that goes with the stage.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database as a role.
    pub(super) fn url(&self, role: &str) -> String {
        self.database.url(role)
    }

    /// Where the keys of the tokens are.
    pub(super) fn keys_url(&self) -> String {
        format!("{}/auth/v1/.well-known/jwks.json", self.issuer.url)
    }

    /// `GET path` with each token in turn, as a file for `wrk`.
    pub(super) fn reads(&self, path: &str) -> Result<PathBuf> {
        let file = self.file("reads");
        let values: Vec<_> = self.tokens.iter().map(|t| format!("Bearer {t}")).collect();
        let requests = values.iter().map(|value| Request {
            method: "GET",
            path,
            header: Some(("authorization", value)),
            body: "",
        });
        load::write(&file, requests)?;
        Ok(file)
    }

    /// Does something with the database, as its owner.
    pub(super) fn sql<T>(&self, work: impl AsyncFnOnce(Client) -> Result<T>) -> Result<T> {
        self.runtime.block_on(async {
            let owner = self.database.owner().await;
            work(owner).await
        })
    }
}

fn email(number: u128) -> String {
    format!("p{number}@example.com")
}

async fn prepared(server: &Server) -> Result<Database> {
    let database = server.database().await;
    store::native::prepare_database(&database.owner_url()).await?;
    let owner = database.owner().await;
    owner
        .batch_execute("create extension if not exists pg_stat_statements")
        .await
        .context("count statements (Debian: apt-get install postgresql-contrib)")?;
    for number in 1..=ACCOUNTS {
        let account = Uuid::from_u128(number);
        owner
            .execute(
                "with account as (
                   insert into accounts (id, email, status) values ($1, $2, 'active') returning id
                 ), subscription as (
                   insert into subscriptions (account_id, tier, status, max_agents, max_messages_per_day,
                     max_storage_gb)
                   select id, 'hobby', 'active', 1, 1, 1 from account returning id, account_id)
                 insert into instances (account_id, subscription_id, subdomain, name, tier, status, observed_gen,
                   progress)
                 select account_id, id, $3, 'Bench', 'hobby', 'running', 1,
                   '[{\"name\": \"database\", \"title\": \"Database\", \"state\": \"done\"}]' from subscription",
                &[&account, &email(number), &format!("bench-{number}")],
            )
            .await?;
    }
    owner.batch_execute("vacuum analyze").await?;
    Ok(database)
}

/// A running host of some functions; ends with the value.
pub(super) struct Host {
    pub(super) process: Child,
    pub(super) url: String,
    /// What the functions print, a line of JSON for each request.
    log: PathBuf,
}

impl Host {
    /// Starts the functions of these names with the stage's database and these further arguments.
    pub(super) fn start(stage: &Stage, functions: &[&str], arguments: &[&str]) -> Result<Self> {
        let log = stage.file("host.log");
        let mut command = Command::new(workspace::target().join("release/dev-host"));
        command
            .current_dir(workspace::root())
            .args(["up", "--from", "spin.toml", "--listen", "127.0.0.1:0"])
            .arg("--state-dir")
            .arg(workspace::target().join("bench-host"))
            .args(arguments)
            .envs(variables(stage)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?);
        for function in functions {
            command.args(["--component-id", function]);
        }
        let mut process = command.spawn().context("start the host")?;
        let output = process.stdout.take().context("the host's output")?;
        let mut lines = BufReader::new(output)
            .lines()
            .map_while(std::result::Result::ok);
        let serving = lines.find_map(|line| line.strip_prefix("Serving ").map(str::to_owned));
        // what else it prints goes nowhere, but must not fill the pipe
        std::thread::spawn(move || lines.for_each(drop));
        let host = Self {
            process,
            url: serving.unwrap_or_default(),
            log,
        };
        ensure!(
            !host.url.is_empty(),
            "the host does not serve:\n{}",
            std::fs::read_to_string(&host.log).unwrap_or_default()
        );
        Ok(host)
    }

    /// Lines that hold a text, of what the functions have printed since `from`; with how long the log is now.
    pub(super) fn count_lines(&self, from: usize, texts: &[&str]) -> Result<(Vec<usize>, usize)> {
        let log = std::fs::read(&self.log).context("read the host's log")?;
        let new = String::from_utf8_lossy(&log[from.min(log.len())..]);
        let count = |text: &&str| new.lines().filter(|line| line.contains(*text)).count();
        Ok((texts.iter().map(count).collect(), log.len()))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // gone already is as good
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn variables(stage: &Stage) -> Result<Vec<(String, String)>> {
    let database = url::Url::parse(&stage.url("mindroom_functions"))?;
    let address = format!(
        "postgres://{}:{}",
        database.host_str().unwrap_or_default(),
        database.port().unwrap_or_default()
    );
    let pairs = [
        ("database_url", database.as_str()),
        ("database_host", &address),
        ("public_url", "http://mindroom.localhost"),
        ("auth_internal_url", &stage.issuer.url),
        ("auth_issuer", ISSUER),
        ("auth_public_url", "http://auth.bench.localhost"),
        ("publishable_key", "sb_publishable_bench"),
        ("stripe_api_url", "http://127.0.0.1:1"),
        ("stripe_secret_key", "sk_test_bench"),
        ("stripe_webhook_secrets", WEBHOOK_SECRET),
        ("stripe_prices", "hobby_monthly=price_bench"),
        ("probe_hosts", "http://127.0.0.1:*"),
        ("trusted_hops", "1"),
        ("rate_limits", RATE_LIMITS),
        ("environment", "local"),
    ];
    Ok(pairs
        .iter()
        .map(|(name, value)| {
            (
                format!("SPIN_VARIABLE_{}", name.to_uppercase()),
                (*value).to_owned(),
            )
        })
        .collect())
}

/// What the functions of a name sent to the database since the counters were set back: statement and calls.
pub(super) async fn statements(owner: &Client) -> Result<Vec<(String, i64)>> {
    let rows = owner
        .query(
            "select query, sum(calls)::bigint from pg_stat_statements
             where userid = 'mindroom_functions'::regrole and dbid = (select oid from pg_database
               where datname = current_database())
             group by 1 order by 2 desc",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Where a file beside this one is.
pub(super) fn beside(name: &str) -> PathBuf {
    workspace::root()
        .join(Path::new("xtask/src/bench"))
        .join(name)
}
