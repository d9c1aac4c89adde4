//! The platform with its own PostgreSQL, and tokens of as many accounts as a load needs.

use std::path::PathBuf;
use std::time::Duration;

use jsonwebtoken::{EncodingKey, Header, decode_header, encode};
use platform_tests::{Account, Platform, until};
use serde_json::Value;
use stripe::webhook::{Secret, sign};
use test_postgres::Server;
use tokio_postgres::Client;
use uuid::Uuid;

/// How long everything that was accepted may take to be done, instances included.
const SETTLES_WITHIN: Duration = Duration::from_secs(300);

/// The platform and its PostgreSQL.
pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) server: Server,
    minter: Minter,
    webhook_secret: Secret,
}

/// Signs tokens as the auth service does, so that a thousand accounts need no thousand sign-ups.
struct Minter {
    key: EncodingKey,
    header: Header,
    claims: Value,
}

impl World {
    pub(crate) async fn get() -> Self {
        let platform = Platform::get();
        let folder = std::env::var_os("MINDROOM_TEST_POSTGRES").map(PathBuf::from);
        let folder =
            folder.expect("MINDROOM_TEST_POSTGRES names the folder of the platform's PostgreSQL");
        let model = Account::sign_up(&platform).await;
        Self {
            server: Server::attach(&folder),
            minter: Minter::like(&model, &platform),
            webhook_secret: Secret::new(&platform.stand_ins.stripe_webhook_secret).unwrap(),
            platform,
        }
    }

    /// A token of a new account.
    pub(crate) fn token(&self, account: Uuid) -> String {
        self.minter.token(account)
    }

    /// The signature of a webhook.
    pub(crate) fn signature(&self, body: &str) -> String {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        sign(
            &self.webhook_secret,
            body.as_bytes(),
            i64::try_from(now.as_secs()).unwrap(),
        )
    }

    /// Awaits that no job waits or runs any more, and asserts that none is dead.
    pub(crate) async fn settles(&self) {
        let database = self.platform.database().await;
        // All is looked at as it was in one moment: Stripe delivers again what was refused, whenever it likes.
        until("every job to end", SETTLES_WITHIN, async || {
            let begin = "begin isolation level repeatable read";
            database.batch_execute(begin).await.unwrap();
            if count(&database, "prov.jobs where state <> 'dead'").await == 0 {
                return Some(());
            }
            database.batch_execute("rollback").await.unwrap();
            None
        })
        .await;
        for (what, rows) in [
            ("dead jobs", "prov.jobs"),
            ("instances short of their wish", "instances where desired_gen > observed_gen"),
            ("instances past their deadline", "instances where status_deadline < now()"),
            ("jobs with two ends", "(select from prov.job_history group by id having count(*) > 1) j"),
            (
                "events without their audit entry",
                "webhook_events e where (select count(*) from audit_logs a
                   where a.action = 'webhook.received' and a.resource_id = e.id) <> 1",
            ),
            ("events that nobody worked on", "webhook_events where outcome is null"),
            (
                "free subscriptions without their audit entry",
                "subscriptions s where s.tier = 'free' and (select count(*) from audit_logs a
                   where a.action = 'account.setup' and a.resource_id = s.id::text) <> 1",
            ),
            (
                "wishes without their audit entry",
                "instances i where (select count(*) from instance_events e where e.instance = i.id and e.kind = 'wish')
                   <> (select count(*) from audit_logs a where a.resource_id = i.id::text and a.action like 'instance.%')",
            ),
            (
                "transactions left open",
                "pg_stat_activity where state like 'idle in transaction%' and now() - state_change > '2 s'",
            ),
        ] {
            assert_eq!(count(&database, rows).await, 0, "{what}");
        }
    }
}

/// How many rows there are.
pub(crate) async fn count(database: &Client, rows: &str) -> i64 {
    let query = format!("select count(*) from {rows}");
    database.query_one(&query, &[]).await.unwrap().get(0)
}

impl Minter {
    fn like(model: &Account, platform: &Platform) -> Self {
        let pem = std::fs::read(platform.state.join("auth/signing-key.pem")).unwrap();
        let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&model.token)
            .unwrap()
            .claims;
        Self {
            key: EncodingKey::from_ec_pem(&pem).unwrap(),
            header: decode_header(&model.token).unwrap(),
            claims,
        }
    }

    fn token(&self, account: Uuid) -> String {
        let mut claims = self.claims.clone();
        claims["sub"] = account.to_string().into();
        claims["email"] = format!("{account}@example.com").into();
        encode(&self.header, &claims, &self.key).unwrap()
    }
}
