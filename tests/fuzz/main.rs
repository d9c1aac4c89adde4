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

/// Who deletes the own account has nothing more to try.
const STAYS: [&str; 2] = ["--exclude-path", "/my/gdpr/request-deletion"];

/// An event of Stripe's that is there.
const EVENT: &str = "evt_fuzz";

struct Caller<'a> {
    name: &'a str,
    authorization: String,
    /// More arguments of the program.
    only: &'a [&'a str],
    /// What `{id}` is, where it is not chosen at random.
    ids: Option<Ids>,
}

/// Numbers of things that are there.
#[derive(Clone, Copy)]
struct Ids {
    instance: i32,
    job: i64,
    account: Uuid,
}

#[tokio::test]
async fn no_answer_is_a_failure_or_unknown_to_the_document() {
    let platform = Platform::get();
    let functions = Replica::start(&platform, LIMITS).await;
    let gateway = Replica::gateway(&platform, &functions.url, "1000000000").await;
    let bearer = |token: &str| format!("Bearer {token}");
    let (account, owner, leaver) = (
        Account::sign_up(&platform).await,
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
    let instance = owner.stopped_instance(&database).await;
    let job = dead_job(&database, &owner).await;
    let ids = Some(Ids {
        instance,
        job,
        account: account.id,
    });
    // for admins one that is gone, since whatever they wish of another is done
    let gone = account.stopped_instance(&database).await;
    let end = "update instances set desired_state = 'deleted', status = 'deprovisioned', deprovisioned_at = now()
        where instance_id = $1";
    database.execute(end, &[&gone]).await.unwrap();
    store_event(&database).await;
    let key = key_for_everything(&database).await;
    let callers = [
        Caller {
            name: "nobody",
            authorization: String::new(),
            only: &[],
            ids: None,
        },
        Caller {
            name: "account",
            authorization: bearer(&account.token),
            only: &STAYS,
            ids: None,
        },
        Caller {
            name: "suspended",
            authorization: bearer(&suspended.token),
            only: &[],
            ids: None,
        },
        Caller {
            name: "deleted",
            authorization: bearer(&deleted.token),
            only: &[],
            ids: None,
        },
        // without a paid plan, so that nothing is started; nobody guesses what confirms a deletion
        Caller {
            name: "owner",
            authorization: bearer(&owner.token),
            only: &["--include-path-regex", "^/my/", STAYS[0], STAYS[1]],
            ids,
        },
        Caller {
            name: "leaver",
            authorization: bearer(&leaver.token),
            only: &["--include-path-regex", "^/my/gdpr/"],
            ids: None,
        },
        Caller {
            name: "admin",
            authorization: bearer(&admin.token),
            only: &["--include-path-regex", "^/admin/"],
            ids: ids.map(|ids| Ids {
                instance: gone,
                ..ids
            }),
        },
        Caller {
            name: "machine",
            authorization: bearer(&key),
            only: &["--include-path-regex", "^/system/"],
            ids: None,
        },
    ];
    for caller in &callers {
        fuzz(&gateway, caller).await;
    }
    let forget = "delete from prov.jobs where id = $1";
    database.execute(forget, &[&job]).await.unwrap();
    let forget = "delete from instances where instance_id = any ($1)";
    let made = [instance, gone];
    database.execute(forget, &[&made.as_slice()]).await.unwrap();
    let forget = "delete from service_keys where name = 'fuzz'";
    database.execute(forget, &[]).await.unwrap();
}

/// Of a kind that no daemon knows, so that it stays whatever is done with it.
async fn dead_job(database: &tokio_postgres::Client, owner: &Account) -> i64 {
    let statement = "insert into prov.jobs (lane, tenant, kind, state, run_at)
        values ('fuzz:' || $1::uuid, $1, 'fuzz', 'dead', now() + interval '1 day') returning id";
    let made = database.query_one(statement, &[&owner.id]).await;
    made.unwrap().get(0)
}

/// One that concerns nobody, whatever is done with it.
async fn store_event(database: &tokio_postgres::Client) {
    let store = "insert into webhook_events (id, type, object_type, object_id, livemode, payload, created_at,
           processed_at, outcome)
         values ($1, 'customer.created', 'customer', 'cus_nobody', false, '{}', now(), now(), 'fuzz')
         on conflict (id) do nothing";
    database.execute(store, &[&EVENT]).await.unwrap();
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
    let id = caller.ids.map(|ids| {
        let Ids {
            instance,
            job,
            account,
        } = ids;
        let others = [
            ("/jobs/", job.to_string()),
            ("/accounts/", format!("\"{account}\"")),
            ("/webhook-events/", format!("\"{EVENT}\"")),
        ];
        let others = others.map(|(path, id)| {
            format!(
                "\n[[operations]]\ninclude-path-regex = \"{path}\"\nparameters = {{ \"path.id\" = {id} }}\n"
            )
        });
        format!(
            "\n[parameters]\n\"path.id\" = {instance}\n\"query.wait\" = 0\n{}",
            others.concat()
        )
    });
    let id = id.unwrap_or_default();
    let file = folder.join("schemathesis.toml");
    std::fs::write(&file, format!("{common}{id}")).unwrap();
    file
}
