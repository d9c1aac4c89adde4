//! A first password is kept, and shown, until its owner has signed in; only the homeserver knows when that was.

use std::time::Duration;

use store::daemon::instance_databases::Server;
use store::daemon::instances::{self, FirstPassword};
use store::daemon::{Db, Error};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often owners are looked for who have signed in: the page that shows a first password is watched by a person.
const LOOK: Duration = Duration::from_secs(2);
/// How many instances each look asks: these newest, where somebody watches, and as many of the others in turn. However
/// many passwords are never used, that is ten short connections a second.
const NEWEST: i64 = 10;

/// Looks until told to stop.
pub(super) async fn watch(databases: Server, db: Db, stop: CancellationToken) {
    let mut after = Uuid::nil();
    while stop
        .run_until_cancelled(tokio::time::sleep(LOOK))
        .await
        .is_some()
    {
        match forget_used_passwords(&databases, &db, after).await {
            Ok(last) => after = last,
            Err(error) => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "first passwords not looked at"
            ),
        }
    }
}

/// Answers the instance where the turn of the others goes on.
async fn forget_used_passwords(databases: &Server, db: &Db, after: Uuid) -> Result<Uuid, Error> {
    let newest = instances::newest_first_passwords(db, NEWEST).await?;
    let others = instances::first_passwords_after(db, after, NEWEST).await?;
    let older = others.iter().filter(|one| !newest.contains(one));
    for password in newest.iter().chain(older) {
        forget_if_used(databases, db, password).await?;
    }
    // From the beginning again after the last.
    Ok(others.last().map_or(Uuid::nil(), |last| last.instance))
}

async fn forget_if_used(
    databases: &Server,
    db: &Db,
    password: &FirstPassword,
) -> Result<(), Error> {
    let FirstPassword { instance, owner } = password;
    match databases.has_device(*instance, owner).await {
        Ok(true) => {
            instances::forget_first_password(db, *instance).await?;
            tracing::info!(instance.id = %instance, "the owner has signed in; the first password is forgotten");
        }
        Ok(false) => {}
        // Of one database; the others are asked all the same.
        Err(error) => tracing::debug!(
            instance.id = %instance,
            error = &error as &dyn std::error::Error,
            "devices not readable"
        ),
    }
    Ok(())
}
