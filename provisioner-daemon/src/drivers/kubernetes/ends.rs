//! The end of an instance: first nothing runs and nobody gets in, then its data is gone, then everything else.

use std::time::Duration;

use domain::{InstanceStatus, Wish};
use store::daemon::cluster_objects;
use store::daemon::instances::Instance;

use super::cluster::CallError;
use super::manifest::Kind;
use super::space::Space;
use super::{KubernetesDriver, LATER, MINDROOM_SET, SYNAPSE_SET, objects, soon};
use crate::drivers::{DriverError, Progress, Work};

/// A namespace that takes longer to be gone is held by something, and looked at less often.
const SLOW_END: Duration = Duration::from_mins(10);
const SLOW_LOOK: Duration = Duration::from_mins(1);
const STUCK: &str = "Something in the cluster holds a part of it. We were told and look into it.";

impl KubernetesDriver {
    /// Without pods; a stopped instance keeps everything else.
    pub(super) async fn ensure_stopped(&self, work: &Work<'_>) -> Result<Progress, DriverError> {
        let instance = work.instance;
        if self.space(instance.id).await? == Space::There {
            if instance.wish == Wish::Deleted {
                self.remove_workloads(work).await?;
            } else {
                self.ensure_objects(work).await?;
            }
        }
        let parts = [SYNAPSE_SET, MINDROOM_SET];
        let mut parts = parts
            .iter()
            .filter_map(|part| self.part(instance.id, *part));
        let is_still = parts.all(|live| live.is_ready && !live.is_up);
        Ok(if is_still {
            Progress::Done
        } else {
            soon(instance)
        })
    }

    /// Nobody gets in any more, and nothing runs.
    async fn remove_workloads(&self, work: &Work<'_>) -> Result<(), DriverError> {
        let (db, claim, id) = (work.db, work.claim, work.instance.id);
        let mut listed = cluster_objects::list(db, id).await.map_err(objects::away)?;
        listed.retain(|one| Kind::find(&one.kind).is_some_and(Kind::is_workload));
        if listed.is_empty() {
            return Ok(());
        }
        self.hold(work).await?;
        // the way in first
        listed.sort_by_key(|one| std::cmp::Reverse(Kind::find(&one.kind).map(|kind| kind.stage)));
        for one in &listed {
            self.remove(work, one).await?;
        }
        // What is left is no longer what a render was applied to.
        objects::held(cluster_objects::forget_render(db, claim, id).await)?;
        let listed = cluster_objects::list(db, id).await.map_err(objects::away)?;
        self.index.expect(id, &listed);
        Ok(())
    }

    pub(super) async fn ensure_data_gone(&self, work: &Work<'_>) -> Result<Progress, DriverError> {
        let instance = work.instance;
        let kept_for = Duration::from_secs_f64(instance.status_age_s.max(0.0));
        let left = self.config.retention.saturating_sub(kept_for);
        if instance.status == InstanceStatus::Deprovisioning && !left.is_zero() {
            let reason = "Its data is kept for a while before it is removed.".to_owned();
            return Ok(Progress::Held(left.min(Duration::from_hours(1)), reason));
        }
        self.has_database.lock().await.remove(&instance.id);
        let removed = self.config.databases.remove(instance.id).await;
        removed.map_err(|error| {
            DriverError::transient("The database could not be removed yet.", error)
        })?;
        Ok(Progress::Done)
    }

    /// The namespace with its volumes; what was listed there is gone with it.
    pub(super) async fn ensure_gone(&self, work: &Work<'_>) -> Result<Progress, DriverError> {
        let (db, claim, id) = (work.db, work.claim, work.instance.id);
        match self.space(id).await? {
            Space::There => {
                self.hold(work).await?;
                self.remove_space(id).await?;
                return Ok(Progress::Waiting(LATER));
            }
            Space::Ending => return Ok(self.ending(work.instance).await?),
            Space::None => {}
        }
        self.entered.lock().await.remove(&id);
        let listed = cluster_objects::list(db, id).await.map_err(objects::away)?;
        objects::held(cluster_objects::forget(db, claim, id, &listed).await)?;
        objects::held(cluster_objects::forget_render(db, claim, id).await)?;
        self.index.expect(id, &[]);
        Ok(Progress::Done)
    }

    /// What a namespace on its way out waits for.
    async fn ending(&self, instance: &Instance) -> Result<Progress, CallError> {
        let namespaces = self.cluster.namespaces();
        let name = super::namespace(instance.id);
        let found = self.cluster.ask(namespaces.get_opt(&name)).await?;
        let conditions = found.and_then(|space| space.status?.conditions);
        let what: Vec<String> = conditions
            .into_iter()
            .flatten()
            .filter(|condition| condition.status == "True")
            .filter_map(|condition| condition.message)
            .collect();
        let is_slow = instance.status_age_s > SLOW_END.as_secs_f64();
        if !is_slow || what.is_empty() {
            return Ok(Progress::Waiting(LATER));
        }
        tracing::warn!(instance.id = %instance.id, what = what.join("; "), "does not end");
        Ok(Progress::Hindered(SLOW_LOOK, STUCK.to_owned()))
    }
}
