//! Every list of the document: pages, order, search and filters, on more rows than a page can have.

use platform_tests::{Account, Answer, Door, Platform};
use reqwest::Method;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::callers::is_problem;
use crate::document::{Operation, operations};
use crate::filling;

/// One more than a page can have.
const ROWS: usize = 201;

/// Characters that mean something in a pattern of SQL's; searched for, they mean themselves.
const AWKWARD: &str = r"%_\";

struct List<'a> {
    platform: &'a Platform,
    door: Door,
    admin: Account,
    operation: Operation,
    /// What all our rows have in them, and no others.
    mark: String,
}

#[tokio::test]
async fn every_list_has_pages_order_search_and_filters() {
    let platform = Platform::get();
    let database = platform.database().await;
    let mut operations = operations(&Door::of(&platform)).await;
    operations.retain(|operation| {
        operation
            .query
            .iter()
            .any(|given| given["name"] == "_start")
    });
    assert!(!operations.is_empty());
    for operation in operations {
        let list = List {
            platform: &platform,
            door: Door::of(&platform),
            admin: Account::admin(&platform).await,
            operation,
            mark: Uuid::new_v4().simple().to_string(),
        };
        let owner = list.fill(&database).await;
        list.pages().await;
        list.order().await;
        list.search().await;
        list.filters().await;
        list.refusals().await;
        list.clear(&database, &owner).await;
    }
}

#[tokio::test]
async fn the_audit_log_is_a_table_for_whoever_asks_for_one() {
    let platform = Platform::get();
    let admin = Account::admin(&platform).await;
    let door = Door::of(&platform);
    let ask = async |accepted: &str| {
        let path = "/admin/audit-logs?_end=2&action=session.end&actor_type=admin";
        let request = door.request(Method::GET, path).bearer_auth(&admin.token);
        platform.send(request.header("accept", accepted)).await
    };
    admin.post("/admin/auth/logout").await.expect(200);
    let table = ask("text/csv").await;
    assert_eq!(table.status, 200, "{}", table.text);
    let kind = table.header("content-type");
    assert!(kind.starts_with("text/csv"), "{kind}");
    let lines: Vec<&str> = table.text.split("\r\n").collect();
    assert!(
        lines[0].starts_with("id,created_at,actor_type,"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains(",admin,") && lines[1].contains(",session.end,"));
    assert_eq!(ask("*/*").await.header("content-type"), "application/json");
}

impl List<'_> {
    /// Rows numbered by `l<n>`, of which the first alone has another status than the rest.
    async fn fill(&self, database: &Client) -> Account {
        let owner = Account::sign_up(self.platform).await;
        let statement = match self.operation.path.as_str() {
            "/admin/accounts" => {
                "insert into accounts (id, email, full_name, company_name, status, created_at)
                 select gen_random_uuid(), 'l' || n || '@' || $1::text || '.example', $1::text || $2::text || n, 'l' || n,
                   case n when 1 then 'suspended' else 'active' end, now() - n * interval '1 second'
                 from generate_series(1, $3::int) n where $4::uuid is not null"
            }
            "/admin/instances" => {
                "insert into instances (account_id, subscription_id, subdomain, name, tier, desired_state, status,
                   observed_gen, created_at)
                 select s.account_id, s.id, 'l' || n || '-' || left($1::text, 20), $1::text || $2::text || n, 'hobby',
                   case n when 1 then 'deleted' else 'stopped' end,
                   case n when 1 then 'deprovisioned' else 'stopped' end, 1, now() - n * interval '1 second'
                 from generate_series(1, $3::int) n, subscriptions s where s.account_id = $4"
            }
            // of a kind that no daemon knows, not due, and of instances that nobody has reconciled any more
            "/admin/jobs" => {
                "with made as (
                   insert into instances (account_id, subscription_id, subdomain, name, tier, desired_state, status,
                     observed_gen)
                   select s.account_id, s.id, 'l' || n || '-' || left($1::text, 20), $1::text || $2::text || n,
                     'hobby', 'deleted', 'deprovisioned', 1
                   from generate_series(1, $3::int) n, subscriptions s where s.account_id = $4
                   returning id, account_id, split_part(substr(subdomain, 2), '-', 1)::int as n)
                 insert into prov.jobs (lane, tenant, kind, state, attempt, run_at, created_at)
                 select 'instance:' || id, account_id, 'l' || n, case n when 1 then 'dead' else 'queued' end, n,
                   now() + interval '1 day', now() - n * interval '1 second' from made"
            }
            unknown => filling::statement(unknown),
        };
        let rows = i32::try_from(ROWS).unwrap();
        let made = database
            .execute(statement, &[&self.mark, &AWKWARD, &rows, &owner.id])
            .await
            .unwrap();
        assert_eq!(made, u64::try_from(ROWS).unwrap());
        owner
    }

    async fn clear(&self, database: &Client, owner: &Account) {
        for theirs in [
            "delete from prov.jobs where tenant = $1",
            "delete from instances where account_id = $1",
            "delete from payments where account_id = $1",
            "delete from webhook_events where account_id = $1",
        ] {
            database.execute(theirs, &[&owner.id]).await.unwrap();
        }
        let accounts = "delete from accounts where email like '%@' || $1 || '.example'";
        database.execute(accounts, &[&self.mark]).await.unwrap();
    }

    async fn ask(&self, query: &[(&str, &str)]) -> Answer {
        let request = self.door.request(Method::GET, &self.operation.path);
        let request = request.bearer_auth(&self.admin.token).query(query);
        self.platform.send(request).await
    }

    /// The rows, of how many in all.
    async fn rows(&self, query: &[(&str, &str)]) -> (Vec<Value>, i64) {
        let answer = self.ask(query).await;
        assert_eq!(answer.status, 200, "{query:?}: {}", answer.text);
        let body = answer.json();
        assert_eq!(answer.header("x-total-count"), body["total"].to_string());
        let rows = body["data"].as_array().unwrap().clone();
        (rows, body["total"].as_i64().unwrap())
    }

    /// Our rows in an order.
    async fn all(&self, sort: &str, order: &str) -> Vec<Value> {
        let mut all = Vec::new();
        for (start, end) in [("0", "200"), ("200", "400")] {
            let query = [
                ("q", self.mark.as_str()),
                ("_start", start),
                ("_end", end),
                ("_sort", sort),
                ("_order", order),
            ];
            all.extend(self.rows(&query).await.0);
        }
        all
    }

    async fn pages(&self) {
        let ours = ("q", self.mark.as_str());
        let all = i64::try_from(ROWS).unwrap();
        for (start, end, rows) in [
            ("0", "1", 1),
            ("0", "200", 200),
            ("0", "500", 200),
            ("0", "2147483647", 200),
            ("150", "201", 51),
            ("200", "400", 1),
            ("1000", "1001", 0),
        ] {
            let (page, total) = self.rows(&[ours, ("_start", start), ("_end", end)]).await;
            assert_eq!((page.len(), total), (rows, all), "{start} to {end}");
        }
        assert_eq!(self.rows(&[ours]).await.0.len(), 25);
        let mut ids: Vec<_> = self.all("created_at", "ASC").await;
        ids.sort_by_key(|row| row["id"].to_string());
        ids.dedup_by_key(|row| row["id"].to_string());
        assert_eq!(ids.len(), ROWS, "each row on one page");
    }

    async fn order(&self) {
        let words = self.words("_sort");
        for sort in &words {
            let column = async |order: &str| {
                let all = self.all(sort, order).await;
                all.iter().map(|row| row[sort].clone()).collect::<Vec<_>>()
            };
            let (up, mut down) = (column("ASC").await, column("DESC").await);
            assert!(!up[0].is_null(), "{sort} is a field of the rows");
            down.reverse();
            assert_eq!(up, down, "{sort}");
        }
        let oldest_first = self.all("created_at", "asc").await;
        let made = oldest_first.iter().map(|row| row["created_at"].to_string());
        assert!(made.is_sorted());
    }

    async fn search(&self) {
        let all = i64::try_from(ROWS).unwrap();
        let with = |end: &str| format!("{}{end}", self.mark);
        for (q, found) in [
            (with(""), all),
            (with("").to_uppercase(), all),
            (with(AWKWARD), all),
            (with(r"%_\7"), 11),
            (with("%%"), 0),
            (with("__"), 0),
            (with(r"\"), 0),
            (with("' or true --"), 0),
        ] {
            assert_eq!(self.rows(&[("q", &q)]).await.1, found, "{q}");
        }
        assert!(self.rows(&[("q", "")]).await.1 >= all, "no search at all");
    }

    async fn filters(&self) {
        let ours = ("q", self.mark.as_str());
        let (name, mut seen) = (self.filter(), 0);
        for word in self.words(name) {
            let (rows, total) = self.rows(&[ours, (name, &word), ("_end", "200")]).await;
            assert!(rows.iter().all(|row| row[name] == *word), "{word}");
            seen += total;
        }
        assert_eq!(seen, i64::try_from(ROWS).unwrap());
    }

    /// The filter whose words say what a row's state is.
    fn filter(&self) -> &'static str {
        match self.operation.path.as_str() {
            "/admin/jobs" | "/admin/webhook-events" => "state",
            "/admin/usage" | "/admin/usage_metrics" => "tier",
            "/admin/audit-logs" | "/admin/audit_logs" => "actor_type",
            _ => "status",
        }
    }

    async fn refusals(&self) {
        let (long, filter) = ("x".repeat(201), self.filter());
        for (query, field) in [
            (("_start", "-1"), "_start"),
            (("_start", "x"), "_start"),
            (("_start", "99999999999999999999"), "_start"),
            (("_end", "0"), "_end"),
            (("_end", "1e3"), "_end"),
            (("_sort", "nonsense"), "_sort"),
            (("_sort", "id; drop table accounts"), "_sort"),
            (("_sort", ""), "_sort"),
            (("_order", "up"), "_order"),
            ((filter, "nonsense"), filter),
            ((filter, ""), filter),
            ((filter, "RUNNING' or true --"), filter),
            (("q", &long), "q"),
            (("q", "\u{0}"), "q"),
            (("account_id", "1"), "account_id"),
        ] {
            let answer = self.ask(&[query]).await;
            assert_eq!(answer.status, 422, "{query:?}: {}", answer.text);
            is_problem(&self.operation.call(), &answer);
            assert_eq!(answer.json()["errors"][0]["field"], field, "{query:?}");
        }
    }

    /// The words that a parameter may be, from its pattern `^(a|b)$`.
    fn words(&self, name: &str) -> Vec<String> {
        let query = &self.operation.query;
        let given = query.iter().find(|given| given["name"] == name).unwrap();
        let pattern = given["schema"]["pattern"].as_str().unwrap();
        let words = pattern.trim_start_matches("^(").trim_end_matches(")$");
        words.split('|').map(str::to_owned).collect()
    }
}
