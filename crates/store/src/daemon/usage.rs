//! What was used: whose turn it is to be measured, what its instances' databases say, and keeping that.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::instance_databases::{Server, name};
use super::{Claim, Db, Error, Fenced};

/// A subscription whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Due {
    /// Which.
    pub subscription: Uuid,
    /// Its instances.
    pub instances: Vec<Uuid>,
}

/// One day of one or more instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// UTC, such as `2026-11-24`.
    pub date: String,
    /// What people wrote; corrections of it count once, what agents wrote not at all.
    pub messages: i64,
    /// Agents that are in a room, without MindRoom's own router and helper.
    pub agents: i64,
    /// What is kept, in bytes, now.
    pub storage_bytes: i64,
}

impl Day {
    /// The same day of another instance as well.
    pub fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.agents += other.agents;
        self.storage_bytes += other.storage_bytes;
    }
}

/// The subscription that was measured longest ago, or none within the hour.
pub async fn due(db: &Db) -> Result<Option<Due>, Error> {
    let row = db
        .get()
        .await?
        .query_one("select prov.usage_due()", &[])
        .await?;
    let due: Option<Value> = row.get(0);
    Ok(due.map(serde_json::from_value).transpose()?)
}

/// Keeps what was measured; nothing when nothing could be. Its turn is over either way.
pub async fn save(
    db: &Db,
    claim: Claim,
    subscription: Uuid,
    days: &[Day],
) -> Result<Fenced, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.save_usage($1, $2, $3, $4)",
            &[
                &claim.job,
                &claim.fence,
                &subscription,
                &tokio_postgres::types::Json(days),
            ],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

/// What Synapse's own tables say of yesterday and today (UTC), with the size of its database.
const DAYS: &str = r"
with days as (
  select date, extract(epoch from date at time zone 'UTC')::bigint as begins
  from (select (now() at time zone 'UTC')::date - n as date from generate_series(1, 0, -1) n) d
)
select d.date::text, (
    select count(*) from events e
    where e.origin_server_ts >= d.begins * 1000 and e.origin_server_ts < (d.begins + 86400) * 1000
      and e.type in ('m.room.message', 'm.room.encrypted') and not e.outlier and e.rejection_reason is null
      and e.sender not like '@mindroom\_%'
      and not exists (select 1 from event_relations r where r.event_id = e.event_id and r.relation_type = 'm.replace')
  ) as messages, (
    select count(*) from users u
    where u.name like '@mindroom\_%' and u.name not like '@mindroom\_router:%' and u.name not like '@mindroom\_user:%'
      and u.deactivated = 0 and u.creation_ts < d.begins + 86400
      and exists (select 1 from local_current_membership m where m.user_id = u.name and m.membership = 'join')
  ) as agents, pg_database_size(current_database()) as storage_bytes
from days d order by d.date";

impl Server {
    /// What was used of an instance yesterday and today.
    pub async fn usage(&self, instance: Uuid) -> Result<Vec<Day>, Error> {
        let client = self.connect(Some(&name(instance))).await?;
        let rows = client.query(DAYS, &[]).await?;
        let days = rows.iter().map(|row| Day {
            date: row.get(0),
            messages: row.get(1),
            agents: row.get(2),
            storage_bytes: row.get(3),
        });
        Ok(days.collect())
    }
}
