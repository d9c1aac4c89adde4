//! The document against the running system: requests made at random from it, good and bad, as each kind of
//! caller. No answer may be a 5xx or one that the document does not describe. Bounded, with a fixed seed.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use platform_tests::{Account, Platform, Replica};
use sha2::{Digest, Sha256};
use tokio::process::Command;
use uuid::Uuid;

/// The limiter stays on; nobody should meet it.
const LIMITS: &str =
    "read=1000000,write=1000000,start=1000000,destructive=1000000,anonymous=1000000";

/// What is judged of an answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,unsupported_method,negative_data_rejection";

/// Random requests of one operation and caller, beside those that try each limit of the document once.
const EXAMPLES: &str = "25";

/// One caller's requests; far more than they take.
const PATIENCE: Duration = Duration::from_secs(300);

/// The same requests in every run; set `FUZZ_SEED` for others.
const SEED: &str = "20261123";

struct Caller<'a> {
    name: &'a str,
    authorization: String,
    /// More arguments of the program.
    only: &'a [&'a str],
    /// What `{id}` is, where it is not chosen at random.
    instance_id: Option<i32>,
}

#[tokio::test]
async fn no_answer_is_a_failure_or_unknown_to_the_document() {
    let platform = Platform::get();
    let functions = Replica::start(&platform, LIMITS).await;
    let gateway = Replica::gateway(&platform, &functions.url, "1000000000").await;
    let bearer = |token: &str| format!("Bearer {token}");
    let (account, owner) = (
        Account::sign_up(&platform).await,
        Account::sign_up(&platform).await,
    );
    let database = platform.database().await;
    let changed = async |change: &str| {
        let account = Account::sign_up(&platform).await;
        let change = format!("update accounts set {change} where id = $1");
        database.execute(&change, &[&account.id]).await.unwrap();
        account
    };
    let admin = changed("is_admin = true").await;
    let suspended = changed("status = 'suspended'").await;
    let deleted = changed("status = 'deleted', deleted_at = now()").await;
    let instance_id = owner.stopped_instance(&database).await;
    let key = key_for_everything(&database).await;
    let callers = [
        Caller {
            name: "nobody",
            authorization: String::new(),
            only: &[],
            instance_id: None,
        },
        Caller {
            name: "account",
            authorization: bearer(&account.token),
            only: &[],
            instance_id: None,
        },
        Caller {
            name: "suspended",
            authorization: bearer(&suspended.token),
            only: &[],
            instance_id: None,
        },
        Caller {
            name: "deleted",
            authorization: bearer(&deleted.token),
            only: &[],
            instance_id: None,
        },
        // without a paid plan, so that nothing is started; nobody guesses what confirms a deletion
        Caller {
            name: "owner",
            authorization: bearer(&owner.token),
            only: &["--include-path-regex", "^/my/"],
            instance_id: Some(instance_id),
        },
        Caller {
            name: "admin",
            authorization: bearer(&admin.token),
            only: &["--include-path-regex", "^/admin/"],
            instance_id: None,
        },
        Caller {
            name: "machine",
            authorization: bearer(&key),
            only: &["--include-path-regex", "^/system/"],
            instance_id: None,
        },
    ];
    for caller in &callers {
        fuzz(&gateway, caller).await;
    }
    let forget = "delete from instances where instance_id = $1";
    database.execute(forget, &[&instance_id]).await.unwrap();
    let forget = "delete from service_keys where name = 'fuzz'";
    database.execute(forget, &[]).await.unwrap();
}

/// A machine's, with every scope that there is.
async fn key_for_everything(database: &tokio_postgres::Client) -> String {
    let key = format!("fuzz-{}", Uuid::new_v4());
    let digest = Sha256::digest(&key).to_vec();
    let scopes = ["health", "provision", "maintenance", "metrics"];
    let seed = "select api.seed_service_key('fuzz', $1, $2)";
    database
        .execute(seed, &[&digest, &scopes.as_slice()])
        .await
        .unwrap();
    key
}

async fn fuzz(gateway: &Replica, caller: &Caller<'_>) {
    let program = std::env::var("SCHEMATHESIS")
        .expect("SCHEMATHESIS names the program: `cargo xtask test fuzz`");
    let seed = std::env::var("FUZZ_SEED").unwrap_or_else(|_| SEED.to_owned());
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), caller);
    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(config)
        .arg("run")
        .arg(format!("{}/openapi.json", gateway.url))
        .args(["--url", &gateway.url, "--checks", CHECKS, "--seed", &seed])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            EXAMPLES,
        ])
        .args([
            "--continue-on-failure",
            "--generation-database",
            "none",
            "--no-color",
        ])
        .args(["--suppress-health-check", "all", "--warnings", "off"])
        .args(caller.only)
        .current_dir(folder.path())
        .env("FUZZ_AUTHORIZATION", &caller.authorization)
        .kill_on_drop(true);
    println!("--- fuzz as {}, seed {seed}", caller.name);
    let ended = tokio::time::timeout(PATIENCE, command.status()).await;
    let status = ended.expect("within its time").unwrap();
    assert!(status.success(), "as {}", caller.name);
}

/// The committed configuration, with what this caller has besides.
fn config(folder: &Path, caller: &Caller<'_>) -> PathBuf {
    let common = include_str!("schemathesis.toml");
    // no waiting either: an instance with which nothing happens answers after all the seconds that were asked for
    let id = caller
        .instance_id
        .map(|id| format!("\n[parameters]\n\"path.id\" = {id}\n\"query.wait\" = 0\n"))
        .unwrap_or_default();
    let file = folder.join("schemathesis.toml");
    std::fs::write(&file, format!("{common}{id}")).unwrap();
    file
}
