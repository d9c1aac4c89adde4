//! What the daemon has in a cluster: listed before it is written there, and until its end was seen.

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::{Claim, Db, Error, Fenced};

/// One object of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterObject {
    /// Group and version, as the object says them.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name in the instance's namespace.
    pub name: String,
    /// The cluster's id of it, once written.
    pub uid: Option<String>,
    /// Of what was written.
    pub hash: Option<String>,
    /// Which fields were ours after that.
    pub owned: Option<String>,
}

/// How far the renders of an instance came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Render {
    /// The digest of the one that was applied.
    pub digest: Option<String>,
    /// The digest of one that a person let through.
    pub confirmed: Option<String>,
}

/// The objects of an instance.
pub async fn list(db: &Db, instance: Uuid) -> Result<Vec<ClusterObject>, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached(
            "select api_version, kind, name, uid, hash, owned from prov.cluster_objects where instance = $1",
        )
        .await?;
    let rows = client.query(&statement, &[&instance]).await?;
    Ok(rows.iter().map(of_row).collect())
}

/// Tells the objects of all instances, one instance after another: all at once would be many.
pub async fn for_each_instance(
    db: &Db,
    mut tell: impl FnMut(Uuid, &[ClusterObject]),
) -> Result<(), Error> {
    let statement = "select api_version, kind, name, uid, hash, owned, instance \
                     from prov.cluster_objects order by instance";
    let client = db.get().await?;
    let none: [&str; 0] = [];
    let mut rows = std::pin::pin!(client.query_raw(statement, none).await?);
    let mut of_one = Vec::new();
    let mut last = None;
    while let Some(row) = rows.try_next().await? {
        let instance: Uuid = row.get(6);
        if let Some(before) = last.replace(instance).filter(|before| *before != instance) {
            tell(before, &of_one);
            of_one.clear();
        }
        of_one.push(of_row(&row));
    }
    if let Some(last) = last {
        tell(last, &of_one);
    }
    Ok(())
}

fn of_row(row: &tokio_postgres::Row) -> ClusterObject {
    ClusterObject {
        api_version: row.get(0),
        kind: row.get(1),
        name: row.get(2),
        uid: row.get(3),
        hash: row.get(4),
        owned: row.get(5),
    }
}

/// How far the renders of an instance came.
pub async fn find_render(db: &Db, instance: Uuid) -> Result<Render, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select digest, confirmed from prov.cluster_renders where instance = $1")
        .await?;
    let row = client.query_opt(&statement, &[&instance]).await?;
    Ok(row.map_or_else(Render::default, |row| Render {
        digest: row.get(0),
        confirmed: row.get(1),
    }))
}

/// Lists objects that are about to be written, beside those that are listed.
pub async fn add(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    objects: &[ClusterObject],
) -> Result<Fenced, Error> {
    let statement = "select prov.list_objects($1, $2, $3, $4)";
    write(db, statement, claim, instance, objects).await
}

/// Records what was written.
pub async fn record(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    objects: &[ClusterObject],
) -> Result<Fenced, Error> {
    let statement = "select prov.record_objects($1, $2, $3, $4)";
    write(db, statement, claim, instance, objects).await
}

/// Takes objects off the list whose end was seen.
pub async fn forget(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    objects: &[ClusterObject],
) -> Result<Fenced, Error> {
    let statement = "select prov.forget_objects($1, $2, $3, $4)";
    write(db, statement, claim, instance, objects).await
}

async fn write(
    db: &Db,
    statement: &str,
    claim: Claim,
    instance: Uuid,
    objects: &[ClusterObject],
) -> Result<Fenced, Error> {
    let objects: Value = serde_json::to_value(objects)?;
    let client = db.get().await?;
    let statement = client.prepare_cached(statement).await?;
    let row = client
        .query_one(
            &statement,
            &[&claim.job, &claim.fence, &instance, &Json(objects)],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

/// Records that a render was applied whole.
pub async fn record_applied(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    digest: &str,
) -> Result<Fenced, Error> {
    record_render(db, claim, instance, Some(digest), None).await
}

/// Records that a render was refused.
pub async fn record_refused(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    digest: &str,
) -> Result<Fenced, Error> {
    record_render(db, claim, instance, None, Some(digest)).await
}

/// Records that nothing of the instance is left.
pub async fn forget_render(db: &Db, claim: Claim, instance: Uuid) -> Result<Fenced, Error> {
    record_render(db, claim, instance, None, None).await
}

async fn record_render(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    applied: Option<&str>,
    refused: Option<&str>,
) -> Result<Fenced, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.record_render($1, $2, $3, $4, $5)",
            &[&claim.job, &claim.fence, &instance, &applied, &refused],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}
