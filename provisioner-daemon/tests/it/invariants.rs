//! What must be true after every fault, whatever it was (design: jobs, 3.3).

use store::daemon::instances;
use uuid::Uuid;

use crate::outside::Outside;
use crate::world::World;

/// Queries that must find nothing, with the invariant that they are of.
const NOTHING: [(&str, &str); 9] = [
    (
        "I1: two jobs of a lane run",
        "select lane from prov.jobs where state = 'running' group by lane having count(*) > 1",
    ),
    (
        "I2: a command neither done nor ended with a reason",
        "select i.id::text from instances i where i.observed_gen < i.desired_gen \
         and not (i.status = 'error' and i.status_reason is not null) \
         and not exists (select 1 from prov.jobs j where j.lane = 'instance:' || i.id and j.state <> 'dead')",
    ),
    (
        "I2: an error without a reason",
        "select id::text from instances where status = 'error' and coalesce(status_reason, '') = ''",
    ),
    (
        "I4: a write under an older fence than the last end",
        "select i.id::text from instances i join prov.job_history h on h.lane = 'instance:' || i.id \
         where h.outcome = 'done' and h.fence > i.fence",
    ),
    (
        "I6: a job ended twice",
        "select id::text from prov.job_history group by id having count(*) > 1",
    ),
    (
        "I6: a job both ended and there",
        "select j.id::text from prov.jobs j join prov.job_history h on h.id = j.id",
    ),
    (
        "I7: too many attempts or crashes",
        "select id::text from prov.jobs where attempt > max_attempts or crashes > 3 \
         union all select id::text from prov.job_history where attempt > 12 or crashes > 3",
    ),
    (
        "I8: an idle transaction",
        "select query from pg_stat_activity where state like 'idle in transaction%' \
         and datname = current_database() and state_change < now() - interval '1 second'",
    ),
    (
        "a row past its deadline",
        "select id::text || status from instances where status_deadline < now()",
    ),
];

/// Checks all of them. Instances are compared with what there is outside.
pub(crate) async fn check(world: &World, outside: &Outside) {
    check_queue(world).await;
    let rows = world.sql.query("select id from instances", &[]).await;
    for row in rows.unwrap() {
        check_instance(world, outside, row.get(0)).await;
    }
}

/// Those of the queue alone.
pub(crate) async fn check_queue(world: &World) {
    for (name, query) in NOTHING {
        let found = world.sql.query(query, &[]).await.unwrap();
        let found: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        assert!(
            found.is_empty(),
            "{name}: {found:?}\n{}",
            world.story().await
        );
    }
}

async fn check_instance(world: &World, outside: &Outside, id: Uuid) {
    let instance = instances::find_any(&world.db, id).await.unwrap().unwrap();
    let place = outside.place(id);
    let is_told = !matches!(instance.status, domain::InstanceStatus::Error);
    if is_told && instance.observed_gen >= instance.desired_gen {
        assert!(
            place.is_as_wished(&instance),
            "I3: {instance:?} is not {place:?}"
        );
    }
    assert_eq!(place.strays, 0, "I4: {id} was changed under a stale fence");
    assert_eq!(place.secrets_replaced, 0, "I5: the secret of {id}");
    let kept = "select value from instance_secrets where instance = $1 and name = 'key'";
    let kept = world.sql.query_opt(kept, &[&id]).await.unwrap();
    let kept: Option<String> = kept.map(|row| row.get(0));
    if let Some(used) = &place.secret {
        assert_eq!(Some(used), kept.as_ref(), "I5: the secret of {id}");
    }
}

/// An instance of another account that runs before a fault (I9): nothing of it may change.
pub(crate) struct Bystander {
    id: Uuid,
    before: (String, crate::outside::Place),
}

const BYSTANDER: &str = "select concat_ws(' ', to_jsonb(i) - 'updated_at', \
    (select count(*) from instance_events e where e.instance = i.id)) from instances i where id = $1";

impl Bystander {
    /// Takes note of an instance as it is.
    pub(crate) async fn of(world: &World, outside: &Outside, id: Uuid) -> Self {
        let before = Self::look(world, outside, id).await;
        Self { id, before }
    }

    async fn look(world: &World, outside: &Outside, id: Uuid) -> (String, crate::outside::Place) {
        let row = world.sql.query_one(BYSTANDER, &[&id]).await.unwrap();
        (row.get(0), outside.place(id))
    }

    pub(crate) async fn check(&self, world: &World, outside: &Outside) {
        let now = Self::look(world, outside, self.id).await;
        assert_eq!(now, self.before, "I9: another account's instance");
    }
}
