//! What holds an instance's processes in: their user, their control group, and bounds of each process.

use std::io::{self, Write};

use domain::pricing_schema::Resources;
use nix::sys::resource::{Resource, setrlimit};

use super::groups::Group;
use super::users::User;

/// What one of an instance's processes is started in. By default it is held by nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Confinement {
    /// Whom it runs as, when not as we do.
    pub(super) user: Option<User>,
    /// The control group that it is in.
    pub(super) group: Option<Group>,
    /// What it may not exceed by itself.
    pub(super) bounds: Vec<(Resource, u64)>,
}

impl Confinement {
    /// As well as it can be done here: what no control group bounds is bounded for each process, where the kernel
    /// can do that.
    pub(super) fn of(plan: Resources, user: Option<User>, group: Option<Group>) -> Self {
        // Memory in a core file would be secrets on the disk.
        let mut bounds = vec![(Resource::RLIMIT_CORE, 0)];
        if user.is_some() {
            // Counted for all processes of the user, so only where it is the instance's own.
            bounds.push((Resource::RLIMIT_NPROC, plan.tasks.into()));
        }
        if group.as_ref().is_none_or(|group| !group.bounds_memory()) {
            bounds.push((Resource::RLIMIT_DATA, u64::from(plan.memory_mib) << 20));
        }
        Self {
            user,
            group,
            bounds,
        }
    }

    /// Lets a command start in it.
    #[expect(
        unsafe_code,
        reason = "a group is entered and bounds are set between fork and exec"
    )]
    pub(super) fn apply(&self, command: &mut tokio::process::Command) -> io::Result<()> {
        if let Some(User(number)) = self.user {
            // Without the groups that we are in, too.
            command.uid(number).gid(number);
        }
        let door = self.group.as_ref().map(Group::door).transpose()?;
        let bounds = self.bounds.clone();
        let enter = move || {
            if let Some(mut door) = door.as_ref() {
                door.write_all(b"0")?;
            }
            for (resource, most) in &bounds {
                setrlimit(*resource, *most, *most)?;
            }
            Ok(())
        };
        // SAFETY: it makes system calls only, and allocates nothing.
        unsafe { command.pre_exec(enter) };
        Ok(())
    }
}
