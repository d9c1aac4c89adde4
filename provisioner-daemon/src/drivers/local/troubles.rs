//! What may stand in the way of an instance that is to be up, besides its own steps.

use super::home::Home;
use super::processes::Part;
use super::runtimes::Installed;
use super::{LocalDriver, SOON, anchor, ports, room};
use crate::drivers::{DriverError, Progress, Work};

impl LocalDriver {
    /// Whether something is to be started and the disk has no room for it.
    pub(super) fn lacks_room(&self, home: &Home, installed: &Installed, work: &Work<'_>) -> bool {
        let is_up = |part| self.processes.is_up(home.id, part);
        let is_whole =
            is_up(Part::Synapse) && (installed.mindroom.is_none() || is_up(Part::Mindroom));
        let anchored = || anchor::raise(&home.dir, work.claim.fence);
        !is_whole
            && (room::is_used_up(&self.config.state_dir)
                || anchored().is_err_and(|error| room::is_missing(&error)))
    }

    /// A part that ended again and again is started with growing pauses. Until it is up, its instance stays in
    /// trouble, whichever step is to be seen to.
    pub(super) async fn try_once_more(
        &self,
        home: &Home,
        installed: &Installed,
        work: &Work<'_>,
    ) -> Result<Option<Progress>, DriverError> {
        let Some(hopeless) = self.processes.hopeless(home.id) else {
            return Ok(None);
        };
        let is_up = match hopeless.wait {
            Some(_) => false,
            None => {
                self.ensure_homeserver(home, installed, work).await? == Progress::Done
                    && self.ensure_mindroom(home, installed, work).await? == Progress::Done
            }
        };
        let part = hopeless.part.title();
        let reason = if hopeless.needs_memory {
            format!(
                "{part} needs more memory than the plan gives, and ends. It is started again with growing pauses."
            )
        } else {
            format!("{part} ends again and again. It is started again with growing pauses.")
        };
        let look = hopeless.wait.unwrap_or(SOON);
        Ok((!is_up).then_some(Progress::Trouble(look, reason)))
    }

    /// Whether Synapse is down and its port taken, while MindRoom looks for it there.
    pub(super) fn must_move(&self, home: &Home) -> bool {
        let is_up = |part| self.processes.is_up(home.id, part);
        let kept = ports::read(&home.dir).ok().flatten();
        is_up(Part::Mindroom)
            && !is_up(Part::Synapse)
            && kept.is_some_and(|kept| ports::is_taken(kept.synapse))
    }
}
