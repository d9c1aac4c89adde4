//! What holds instances apart on this machine, as far as it can. What it cannot is said once, at the start.

use std::io;
use std::path::Path;

use domain::Plan;
use domain::pricing_schema::Resources;
use store::daemon::instances::Instance;

use super::confinement::Confinement;
use super::groups::Groups;
use super::home::Home;
use super::users::{self, Users};
use super::{files, process};

/// The means that there are.
pub(super) struct Isolation {
    users: Option<Users>,
    groups: Option<Groups>,
}

impl Isolation {
    /// Looks for them. The processes of instances must reach both folders.
    pub(super) fn find(instances: &Path, runtimes: &Path, cgroup: Option<&Path>) -> Self {
        let users = Users::find(&[instances, runtimes]);
        let groups = Groups::find(cgroup);
        match &users {
            Ok(_) => tracing::info!("each instance runs as a user of its own"),
            Err(why) => tracing::warn!(why, "instances run as the daemon's own user"),
        }
        match &groups {
            Ok(groups) if groups.missing().is_empty() => {
                tracing::info!("plans bound memory, processors and processes");
            }
            Ok(groups) => tracing::warn!(
                missing = ?groups.missing(),
                "control groups do not bound all that plans bound; each process is bounded by itself, as far as it can be"
            ),
            Err(why) => tracing::warn!(
                why,
                "plans bound each process by itself only, and no processors"
            ),
        }
        Self {
            users: users.ok(),
            groups: groups.ok(),
        }
    }

    pub(super) const fn groups(&self) -> Option<&Groups> {
        self.groups.as_ref()
    }

    /// Makes the folders of an instance and its control group; answers what its processes are started in.
    pub(super) fn confine(&self, home: &Home, instance: &Instance) -> io::Result<Confinement> {
        let users = self.users.as_ref();
        let user = users
            .map(|users| users.of(&home.dir, home.id))
            .transpose()?;
        files::dir_towards(&home.dir, user)?;
        let own = home.own_dir();
        if !own.exists() {
            files::make_private_dir(&own.join("tmp"))?;
        }
        files::give(&own, user)?;
        let bounds = resources(instance);
        let group = self.groups.as_ref().map(|groups| groups.of(home.id));
        if let Some(group) = &group {
            group.ensure(bounds)?;
        }
        Ok(Confinement::of(bounds, user, group))
    }

    /// Whether an instance is bounded as its plan says.
    pub(super) fn is_bounded(&self, instance: &Instance) -> bool {
        let groups = self.groups.as_ref();
        groups.is_none_or(|groups| groups.of(instance.id).has(resources(instance)))
    }

    /// Ends whatever of an instance has got away from its parts; true once there is nothing.
    pub(super) fn end_rest(&self, home: &Home) -> bool {
        let groups = self.groups.as_ref();
        let is_group_empty = groups.is_none_or(|groups| groups.of(home.id).end());
        let is_user_gone = users::noted(&home.dir).is_none_or(process::end_all_of);
        is_group_empty && is_user_gone
    }

    /// Removes the control group and all files of an instance.
    pub(super) fn remove(&self, home: &Home) -> io::Result<()> {
        if let Some(groups) = &self.groups {
            groups.of(home.id).remove()?;
        }
        files::remove_dir(&home.dir)
    }
}

/// By the plan; the smallest for a word that is none.
fn resources(instance: &Instance) -> Resources {
    instance.tier.parse().unwrap_or(Plan::Free).resources()
}
