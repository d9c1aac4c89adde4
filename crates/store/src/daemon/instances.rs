//! Instances: the wish as the daemon reads it, and what it saw.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Claim, Db, Error, Fenced};
use crate::daemon::jobs::Outcome;
use domain::{InstanceStatus, Wish};

/// An instance's row, as far as a reconcile needs it.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its id.
    pub id: Uuid,
    /// The e-mail address of the owning account.
    pub owner_email: String,
    /// The name in its hosts.
    pub subdomain: String,
    /// Its title.
    pub name: String,
    /// The plan that it runs under, by its key.
    pub tier: String,
    /// What is wished.
    pub wish: Wish,
    /// The wish's generation.
    pub desired_gen: i64,
    /// How often a restart was asked for.
    pub restart_gen: i32,
    /// The generation last brought about.
    pub observed_gen: i64,
    /// The restart last brought about.
    pub observed_restart_gen: i32,
    /// What was last seen.
    pub status: InstanceStatus,
    /// The sentence with it.
    pub status_reason: Option<String>,
    /// Seconds since it is so.
    pub status_age_s: f64,
    /// Whether a transitional status should have ended by now.
    pub is_overdue: bool,
    /// Automatic repairs in the trouble that is, or was last.
    pub repairs: i16,
    /// Seconds since the last of them began.
    pub repair_age_s: Option<f64>,
    /// Whether its agents are to rest while its homeserver runs.
    pub is_ai_paused: bool,
    /// Whether a person is asked to look, and nothing is repaired meanwhile.
    pub needs_attention: bool,
    /// The owner's Matrix id, once chosen.
    pub owner_matrix_id: Option<String>,
    /// The steps that the customer sees.
    pub progress: Vec<StepEntry>,
    /// The generation whose steps they are.
    pub progress_gen: i64,
}

/// One step as the customer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEntry {
    /// Stable name.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// `pending`, `running`, `done` or `failed`.
    pub state: String,
}

/// What was seen. Fields that are `None` stay as they are in the row.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Seen {
    /// The status, with its reason and its deadline.
    #[serde(flatten)]
    pub status: Option<SeenStatus>,
    /// The generation that was brought about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_gen: Option<i64>,
    /// The restart that was brought about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_restart_gen: Option<i32>,
    /// How gateway and probes reach it: `{web, matrix}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_urls: Option<Value>,
    /// The owner's Matrix id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_matrix_id: Option<String>,
    /// The version of MindRoom, or that there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mindroom_version: Option<Option<String>>,
    /// The version of Synapse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synapse_version: Option<String>,
    /// Something the customer should know, or nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Option<String>>,
    /// A person is asked to look, with the status and its reason.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub attention: bool,
}

/// A status with what belongs to it.
#[derive(Debug, Clone, Serialize)]
pub struct SeenStatus {
    status: InstanceStatus,
    reason: Option<String>,
    deadline_s: Option<f64>,
    /// Gives it its time anew although it is not a new one.
    is_held: bool,
}

impl SeenStatus {
    /// A status that may last.
    pub fn stable(status: InstanceStatus, reason: Option<&str>) -> Self {
        Self {
            status,
            reason: reason.map(str::to_owned),
            deadline_s: None,
            is_held: false,
        }
    }

    /// A status that must have ended after `deadline`.
    pub fn until(status: InstanceStatus, reason: Option<&str>, deadline: Duration) -> Self {
        Self {
            deadline_s: Some(deadline.as_secs_f64()),
            ..Self::stable(status, reason)
        }
    }

    /// The same, from now on: it waits for something outside, which is not its fault.
    #[must_use]
    pub fn held(self) -> Self {
        Self {
            is_held: true,
            ..self
        }
    }
}

/// Finds an instance of any account.
pub async fn find_any(db: &Db, id: Uuid) -> Result<Option<Instance>, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached(
            "select i.id, a.email, i.subdomain, i.name, i.tier, i.desired_state, i.desired_gen, i.restart_gen, \
               i.observed_gen, i.observed_restart_gen, i.status, i.status_reason, i.owner_matrix_id, \
               i.progress, i.progress_gen, \
               extract(epoch from now() - i.status_since)::float8 as status_age_s, \
               coalesce(i.status_deadline < now(), false) as is_overdue, i.repairs, \
               extract(epoch from now() - i.repaired_at)::float8 as repair_age_s, \
               i.attention_since is not null as needs_attention, i.ai_paused \
             from public.instances i join public.accounts a on a.id = i.account_id where i.id = $1",
        )
        .await?;
    let row = client.query_opt(&statement, &[&id]).await?;
    Ok(row.map(|row| Instance {
        id: row.get("id"),
        owner_email: row.get("email"),
        subdomain: row.get("subdomain"),
        name: row.get("name"),
        tier: row.get("tier"),
        wish: wish(row.get("desired_state")),
        desired_gen: row.get("desired_gen"),
        restart_gen: row.get("restart_gen"),
        observed_gen: row.get("observed_gen"),
        observed_restart_gen: row.get("observed_restart_gen"),
        status: status(row.get("status")),
        status_reason: row.get("status_reason"),
        status_age_s: row.get("status_age_s"),
        is_overdue: row.get("is_overdue"),
        repairs: row.get("repairs"),
        repair_age_s: row.get("repair_age_s"),
        is_ai_paused: row.get("ai_paused"),
        needs_attention: row.get("needs_attention"),
        owner_matrix_id: row.get("owner_matrix_id"),
        progress: row
            .get::<_, tokio_postgres::types::Json<Vec<StepEntry>>>("progress")
            .0,
        progress_gen: row.get("progress_gen"),
    }))
}

/// The column's CHECK allows no other word.
fn wish(word: &str) -> Wish {
    let known = Wish::ALL.iter().copied().find(|wish| wish.word() == word);
    known.unwrap_or(Wish::Stopped)
}

fn status(word: &str) -> InstanceStatus {
    let known = InstanceStatus::ALL
        .iter()
        .copied()
        .find(|status| status.word() == word);
    known.unwrap_or(InstanceStatus::Unknown)
}

/// Ids of the instances that should be up by now.
pub async fn list_wished_up(db: &Db) -> Result<Vec<Uuid>, Error> {
    let rows = db
        .get()
        .await?
        .query(
            "select id from public.instances where desired_state = 'running' order by created_at",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// An owner's first password that is still kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPassword {
    /// The instance, which runs.
    pub instance: Uuid,
    /// Whose password it is: a Matrix id.
    pub owner: String,
}

/// First passwords that are still kept, those of the newest instances first.
pub async fn newest_first_passwords(db: &Db, count: i64) -> Result<Vec<FirstPassword>, Error> {
    first_passwords(db, "true order by i.created_at desc limit $1", &[&count]).await
}

/// First passwords that are still kept, in the order of their instances' ids.
pub async fn first_passwords_after(
    db: &Db,
    instance: Uuid,
    count: i64,
) -> Result<Vec<FirstPassword>, Error> {
    first_passwords(db, "i.id > $2 order by i.id limit $1", &[&count, &instance]).await
}

async fn first_passwords(
    db: &Db,
    which: &str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<Vec<FirstPassword>, Error> {
    let query = format!(
        "select i.id, i.owner_matrix_id from public.instances i \
         join public.instance_secrets s on s.instance = i.id and s.name = 'owner_password' \
         where i.status = 'running' and i.owner_matrix_id is not null and {which}"
    );
    let rows = db.get().await?.query(&query, parameters).await?;
    let password = |row: &tokio_postgres::Row| FirstPassword {
        instance: row.get(0),
        owner: row.get(1),
    };
    Ok(rows.iter().map(password).collect())
}

/// Forgets the owner's first password, and tells whoever watches the instance that its owner has signed in.
pub async fn forget_first_password(db: &Db, instance: Uuid) -> Result<(), Error> {
    db.get()
        .await?
        .execute(
            "with forgotten as ( \
               delete from public.instance_secrets \
               where instance = $1 and name = 'owner_password' returning instance) \
             insert into public.instance_events (account_id, instance, kind, name, state) \
             select i.account_id, i.id, 'step', 'owner_signed_in', 'done' \
             from public.instances i join forgotten on forgotten.instance = i.id",
            &[&instance],
        )
        .await?;
    Ok(())
}

/// Writes what was seen.
pub async fn observe(db: &Db, claim: Claim, instance: Uuid, seen: &Seen) -> Result<Fenced, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.observe($1, $2, $3, $4)",
            &[
                &claim.job,
                &claim.fence,
                &instance,
                &tokio_postgres::types::Json(seen),
            ],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

/// Writes what was seen and ends the job, both or neither.
pub async fn finish_observed(
    db: &Db,
    claim: Claim,
    outcome: Outcome,
    error: Option<&Value>,
    instance: Uuid,
    seen: &Seen,
) -> Result<Fenced, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.finish_observed($1, $2, $3, $4, $5, $6)",
            &[
                &claim.job,
                &claim.fence,
                &outcome.word(),
                &error,
                &instance,
                &tokio_postgres::types::Json(seen),
            ],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

/// Lists the steps of a generation; answers them with what is done already, or `None` when the claim is lost.
pub async fn plan_steps(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    generation: i64,
    steps: &[(&str, &str)],
) -> Result<Option<Vec<StepEntry>>, Error> {
    let steps: Vec<Value> = steps
        .iter()
        .map(|(name, title)| serde_json::json!({"name": name, "title": title}))
        .collect();
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.plan_steps($1, $2, $3, $4, $5)",
            &[
                &claim.job,
                &claim.fence,
                &instance,
                &generation,
                &Value::Array(steps),
            ],
        )
        .await?;
    let listed: Option<tokio_postgres::types::Json<Vec<StepEntry>>> = row.get(0);
    Ok(listed.map(|listed| listed.0))
}

/// Records that a step is `running`, `done` or `failed`.
pub async fn record_step(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    name: &str,
    state: &str,
    detail: Option<&str>,
) -> Result<Fenced, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select prov.record_step($1, $2, $3, $4, $5, $6)")
        .await?;
    let row = client
        .query_one(
            &statement,
            &[&claim.job, &claim.fence, &instance, &name, &state, &detail],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

/// Counts an automatic repair that has begun; `detail` tells the customer which.
pub async fn record_repair(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    detail: &str,
) -> Result<Fenced, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.record_repair($1, $2, $3, $4)",
            &[&claim.job, &claim.fence, &instance, &detail],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

/// Keeps a secret that is made once; answers the one that was kept first, or `None` when the claim is lost.
pub async fn keep_secret(
    db: &Db,
    claim: Claim,
    instance: Uuid,
    name: &str,
    fresh: &str,
) -> Result<Option<String>, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.keep_secret($1, $2, $3, $4, $5)",
            &[&claim.job, &claim.fence, &instance, &name, &fresh],
        )
        .await?;
    Ok(row.get(0))
}
