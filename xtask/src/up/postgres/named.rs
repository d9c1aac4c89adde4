//! A PostgreSQL that is not ours, by `DATABASE_URL`: judged before anything is built for it.

use anyhow::{Context, Result, ensure};
use url::Url;

use super::binaries::OLDEST_MAJOR;
use super::{MAINTENANCE_DATABASE, MAX_CONNECTIONS, STRIPE_DATABASE, connect, with_database};

/// Databases that are somebody else's. Instances' roles may connect to the one for maintenance.
const TAKEN: [&str; 4] = [
    MAINTENANCE_DATABASE,
    STRIPE_DATABASE,
    "template0",
    "template1",
];

/// Reads the owner's address of the platform's database. No error shows it: it holds a password.
pub(super) fn parse(text: &str) -> Result<Url> {
    let url = Url::parse(text).context("DATABASE_URL is no URL")?;
    let database = url.path().trim_start_matches('/');
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    ensure!(
        ["postgres", "postgresql"].contains(&url.scheme())
            && has_host
            && !url.username().is_empty()
            && is_name(database),
        "DATABASE_URL is not postgres://user:password@host:port/database"
    );
    ensure!(
        !TAKEN.contains(&database),
        "DATABASE_URL names the database {database}, which is not for the platform: name another, \
         such as mindroom (it is made if it is not there)"
    );
    Ok(url)
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_plain)
}

/// Connects, and refuses a server that the platform cannot be put on. Answers one line about it.
pub(super) async fn examine(owner: &Url) -> Result<String> {
    let place = format!(
        "{}:{}",
        owner.host_str().unwrap_or_default(),
        owner.port().unwrap_or(5432)
    );
    let client = connect(&with_database(owner, MAINTENANCE_DATABASE))
        .await
        .with_context(|| format!("DATABASE_URL, {place}"))?;
    let about = "SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,
          current_setting('max_connections')::int, rolsuper
        FROM pg_roles WHERE rolname = current_user";
    let row = client
        .query_one(about, &[])
        .await
        .with_context(|| format!("DATABASE_URL, {place}: ask for its version"))?;
    let (version, major, connections): (String, i32, i32) = (row.get(0), row.get(1), row.get(2));
    judge(&version, major, row.get(3)).with_context(|| format!("DATABASE_URL, {place}"))?;
    if connections < i32::from(MAX_CONNECTIONS) {
        eprintln!(
            "PostgreSQL at {place} takes {connections} connections; the platform may need {MAX_CONNECTIONS} \
             (docs/database.md)"
        );
    }
    Ok(format!("PostgreSQL {version} at {place} (DATABASE_URL)"))
}

fn judge(version: &str, major: i32, is_superuser: bool) -> Result<()> {
    let oldest = OLDEST_MAJOR;
    ensure!(
        u32::try_from(major).is_ok_and(|major| major >= oldest),
        "this is PostgreSQL {version}, and {oldest} is the oldest that does"
    );
    ensure!(
        is_superuser,
        "this user is no superuser, who is needed to make the roles that a Supabase project has"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use test_postgres::Server;

    use super::*;

    #[test]
    fn an_address_names_a_database_for_the_platform_alone() {
        for good in [
            "postgres://u@127.0.0.1/mindroom",
            "postgresql://u:p@db.example.com:5433/my-room?sslmode=require",
        ] {
            parse(good).unwrap();
        }
        for wrong in [
            "no url",
            "mysql://u:hunter2@h/mindroom",
            "postgres://u:hunter2@h",
            "postgres://u:hunter2@h/",
            "postgres://u:hunter2@/mindroom",
            "postgres://:hunter2@h/mindroom",
            "postgres://u:hunter2@h/a/b",
            "postgres://u:hunter2@h/a%22b",
            "postgres://u:hunter2@h/postgres",
            "postgres://u:hunter2@h/stripe",
        ] {
            let error = format!("{:#}", parse(wrong).unwrap_err());
            assert!(error.contains("DATABASE_URL"), "{wrong}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_is_refused_with_its_reason() {
        let server = Server::shared();
        let url = |role: &str| Url::parse(&server.named("mindroom").url(role)).unwrap();
        let description = examine(&url("postgres")).await.unwrap();
        assert!(description.starts_with("PostgreSQL 1"), "{description}");
        assert!(
            description.contains(&server.port().to_string()),
            "{description}"
        );

        let owner = server.named("postgres").owner().await;
        owner
            .batch_execute("create role somebody login")
            .await
            .unwrap();
        let refused = format!("{:#}", examine(&url("somebody")).await.unwrap_err());
        assert!(refused.contains("no superuser"), "{refused}");

        let mut nowhere = url("postgres");
        nowhere.set_port(Some(test_postgres::free_port())).unwrap();
        let refused = format!("{:#}", examine(&nowhere).await.unwrap_err());
        assert!(
            refused.contains("DATABASE_URL, 127.0.0.1:") && refused.contains("refused"),
            "{refused}"
        );
    }

    #[test]
    fn what_is_too_old_is_told_so() {
        let refused = judge("14.9", 14, true).unwrap_err().to_string();
        assert!(
            refused.contains("14.9") && refused.contains("15"),
            "{refused}"
        );
        judge("15.0", 15, true).unwrap();
    }
}
