//! Daemons and schemas of different versions.

use std::path::Path;

use store::native::prepare_database;
use test_postgres::{Database, Options, Server};

use crate::invariants;
use crate::made_up::{DONE, MadeUp, quick, start, wait_until, world_with_a_job};
use crate::world::{ACCOUNT, World};

/// A newer daemon's job waits for it; a schema that is too new stops the older one.
#[tokio::test]
async fn fault_24_daemons_of_two_versions() {
    let world = world_with_a_job().await;
    world.enqueue("m", None, "of-tomorrow", 1).await;
    let runner = start(&world, MadeUp::done(), quick());
    world.until(DONE).await;
    let waits: bool = world
        .ask("select state = 'queued' and attempt = 0 from prov.jobs where kind = 'of-tomorrow'")
        .await;
    assert!(waits);
    world
        .run("create or replace function prov.oldest_protocol() returns integer language sql as 'select 1000'")
        .await;
    wait_until(|| runner.pulse().not_ready() == Some("the database needs a newer daemon")).await;
    world.enqueue("n", None, "k", 1).await;
    // The daemon of tomorrow takes both.
    let claimed = world.claim(9, &["k", "of-tomorrow"]).await;
    assert_eq!(claimed.len(), 2);
    runner.drain().await;
}

/// What the first daemon sends still means the same.
#[tokio::test]
async fn fault_24_an_older_daemon_on_the_present_schema() {
    let world = World::new().await;
    let old = world.connect_as("mindroom_daemon").await;
    let instance = world.instance(ACCOUNT, "ann-1").await;
    for statement in [
        "select id, fence, lane, kind, payload, want_gen, attempt, max_attempts, claimed_at, run_at \
         from prov.claim(0, 1, 5, gen_random_uuid(), '30 s', '{k}')",
        "select id, cancel from prov.heartbeat('{1}', '{1}', '30 s')",
        "select prov.finish(1, 1, 'done', null)",
        "select prov.requeue(1, 1, '1 s', true, null)",
        "select prov.bury(1, 1, '{}')",
        "select id, outcome from prov.sweep(100)",
        "select prov.abandon(gen_random_uuid())",
        "select instances, events from prov.enqueue_lost()",
        "select class, state, jobs, oldest_s from prov.depth()",
        "select prov.ring(0)",
    ] {
        old.batch_execute(statement).await.unwrap();
    }
    let enqueue = format!("select prov.enqueue_instance('{instance}', '1 s')");
    old.batch_execute(&enqueue).await.unwrap();
}

/// The last migration comes while a daemon works: jobs of before, meanwhile and afterwards are done, each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_24_a_migration_while_a_daemon_works() {
    let server = Server::start(Options::default());
    let world = World::of(before_the_last_migration(&server).await).await;
    let job = MadeUp::done();
    let runs = job.runs();
    let runner = start(&world, job, quick());
    work(&world, "before").await;
    let meanwhile = async {
        for round in 0.. {
            work(&world, &format!("meanwhile {round}")).await;
        }
    };
    let address = world.database.owner_url();
    tokio::select! {
        migrated = prepare_database(&address) => migrated.unwrap(),
        () = meanwhile => unreachable!("rounds have no end"),
    }
    work(&world, "afterwards").await;
    world.until("not exists (select 1 from prov.jobs)").await;
    runner.drain().await;
    let ended = "select count(*) from prov.job_history where outcome = 'done' and attempt = 1 and crashes = 0";
    let ended: i64 = world.ask(ended).await;
    let all: i64 = world.ask("select count(*) from prov.job_history").await;
    assert_eq!((ended, i64::from(runs.count())), (all, all));
    let version = "select max(version) from refinery_schema_history";
    let present: i32 = World::new().await.ask(version).await;
    assert_eq!(world.ask::<i32>(version).await, present);
    invariants::check_queue(&world).await;
}

/// Has some jobs done.
async fn work(world: &World, name: &str) {
    world
        .run(&format!(
            "select prov.enqueue('{name} ' || n, null, 'k', 'm', 1) from generate_series(1, 5) n; select prov.ring(0)"
        ))
        .await;
    world
        .until(&format!(
            "select count(*) = 5 from prov.job_history where lane like '{name} %'"
        ))
        .await;
}

/// A database at the schema that the last migration changes. What ran so far is copied from the present one: the
/// migrations check that it was they.
async fn before_the_last_migration(server: &Server) -> Database {
    let present = World::new().await;
    let earlier = "from refinery_schema_history where version < (select max(version) from refinery_schema_history)";
    let files = format!(
        "select array_agg(format('V%s__%s.sql', version, name) order by version) {earlier}"
    );
    let files: Vec<String> = present.ask(&files).await;
    let rows = format!(
        "select string_agg(format('(%s, %L, %L, %L)', version, name, applied_on, checksum), ', ') {earlier}"
    );
    let rows: String = present.ask(&rows).await;
    let database = server.database().await;
    let owner = database.owner().await;
    owner
        .batch_execute(&text("bootstrap/supabase.sql"))
        .await
        .unwrap();
    for file in files {
        let migrated = owner
            .batch_execute(&text(&format!("migrations/{file}")))
            .await;
        migrated.unwrap_or_else(|error| panic!("{file}: {error:?}"));
    }
    owner
        .batch_execute(&format!(
            "create table refinery_schema_history (version int4 primary key, name varchar(255), \
             applied_on varchar(255), checksum varchar(255)); \
             insert into refinery_schema_history values {rows}"
        ))
        .await
        .unwrap();
    database
}

/// What a file of the package `store` says.
fn text(name: &str) -> String {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/store");
    std::fs::read_to_string(store.join(name)).unwrap()
}
