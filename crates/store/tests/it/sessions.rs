//! Sessions of the API host: begun by an account, known by the cookie's digest, ended.

use serde_json::{Value, json};
use test_postgres::Database;
use tokio_postgres::Client;

use crate::support::{A, B, filled, refusal};

struct World {
    functions: Client,
    owner: Client,
}

impl World {
    async fn new() -> Self {
        let database: Database = filled().await;
        Self {
            functions: database.connect("mindroom_functions").await,
            owner: database.owner().await,
        }
    }

    /// Calls a function as the functions do.
    async fn call(
        &self,
        function: &str,
        arguments: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Value {
        let places: Vec<String> = (1..=arguments.len())
            .map(|place| format!("${place}"))
            .collect();
        let call = format!("select api.{function}({})", places.join(", "));
        self.functions
            .query_one(&call, arguments)
            .await
            .unwrap()
            .get(0)
    }

    async fn create(&self, account: &str, cookie: &str) -> Value {
        self.call("create_session", &[&caller(account), &digest(cookie)])
            .await
    }

    async fn verify(&self, cookie: &str) -> Value {
        self.call("verify_session", &[&digest(cookie)]).await
    }

    async fn run(&self, statement: &str) {
        self.owner.batch_execute(statement).await.unwrap();
    }

    async fn audited(&self, action: &str) -> i64 {
        let count = "select count(*) from audit_logs where action = $1 and request_id = 'r1'";
        self.owner
            .query_one(count, &[&action])
            .await
            .unwrap()
            .get(0)
    }
}

fn caller(account: &str) -> Value {
    let email = if account == A {
        "ann@example.com"
    } else {
        "bo@example.com"
    };
    json!({"sub": account, "email": email, "group": "write", "limit": 60, "operation": "POST /my/sso-cookie",
        "address": "192.0.2.7", "request_id": "r1"})
}

/// Stands for a SHA-256 in hexadecimal.
fn digest(cookie: &str) -> String {
    format!("{:0>64}", hex::encode(cookie))
}

fn refused(answer: &Value) -> &Value {
    &answer["refusal"]["code"]
}

#[tokio::test]
async fn a_session_is_its_accounts_for_an_hour() {
    let world = World::new().await;
    let made = world.create(B, "cookie").await;
    assert!(made["data"]["expires_at"].is_string(), "{made}");
    let known = world.verify("cookie").await;
    assert_eq!(known["data"]["account_id"], B);
    assert_eq!(known["data"]["email"], "bo@example.com");
    let hour =
        "select expires_at - created_at = '1 hour' from sessions where account_id = $1::text::uuid
        order by created_at desc limit 1";
    assert!(
        world
            .owner
            .query_one(hour, &[&B])
            .await
            .unwrap()
            .get::<_, bool>(0)
    );
    assert_eq!(world.audited("session.create").await, 1);
    assert_eq!(refused(&world.verify("another").await), "unknown_session");

    world
        .run(
            "update sessions set created_at = created_at - interval '1 hour',
               expires_at = expires_at - interval '1 hour'",
        )
        .await;
    assert_eq!(refused(&world.verify("cookie").await), "unknown_session");
}

#[tokio::test]
async fn what_befalls_the_account_holds_at_once() {
    let world = World::new().await;
    world.create(B, "cookie").await;
    for (status, code) in [
        ("suspended", "account_suspended"),
        ("deleted", "account_deleted"),
        ("pending_verification", "address_not_confirmed"),
    ] {
        world
            .run(&format!(
                "update accounts set status = '{status}' where id = '{B}'"
            ))
            .await;
        assert_eq!(refused(&world.verify("cookie").await), code);
        assert_eq!(refused(&world.create(B, "next").await), code);
    }
    world
        .run(&format!(
            "update accounts set status = 'active' where id = '{B}'"
        ))
        .await;
    assert_eq!(world.verify("cookie").await["data"]["account_id"], B);
    assert_eq!(refused(&world.verify("next").await), "unknown_session");
}

#[tokio::test]
async fn a_session_ends_by_its_cookie_and_an_admins_all_at_once() {
    let world = World::new().await;
    world.create(B, "one").await;
    world.create(B, "two").await;
    let nobody = json!({"request_id": "r1", "address": "192.0.2.7"});
    let end = |cookie: &'static str| {
        let (world, nobody) = (&world, &nobody);
        async move { world.call("end_session", &[nobody, &digest(cookie)]).await }
    };
    assert_eq!(end("one").await["data"]["ended"], true);
    assert_eq!(
        end("one").await["data"]["ended"],
        false,
        "the second time there is nothing to end"
    );
    assert_eq!(world.audited("session.end").await, 1);
    assert_eq!(refused(&world.verify("one").await), "unknown_session");
    assert_eq!(world.verify("two").await["data"]["account_id"], B);

    let not_an_admin = world.call("end_sessions", &[&caller(B)]).await;
    assert_eq!(refused(&not_an_admin), "admin_only");
    world.create(A, "ann 1").await;
    world.create(A, "ann 2").await;
    let ended = world.call("end_sessions", &[&caller(A)]).await;
    assert_eq!(ended["data"]["ended"], 3, "one came with the rows: {ended}");
    assert_eq!(refused(&world.verify("ann 1").await), "unknown_session");
    assert_eq!(
        world.verify("two").await["data"]["account_id"],
        B,
        "nobody else's"
    );
}

#[tokio::test]
async fn the_table_holds_no_cookie_and_no_longer_session() {
    let world = World::new().await;
    let insert = |sha256: &str, expires: &str| {
        format!(
            "insert into sessions (sha256, account_id, expires_at) values ({sha256}, '{A}', now() + {expires})"
        )
    };
    let check = "23514";
    let hour = "interval '1 hour'";
    assert_eq!(
        refusal(&world.owner, &insert("'the cookie itself'", hour)).await,
        check
    );
    assert_eq!(
        refusal(&world.owner, &insert("sha256('x')", "interval '2 hours'")).await,
        check
    );
    assert_eq!(
        refusal(&world.owner, &insert("sha256('x')", "interval '-1 s'")).await,
        check
    );
}
