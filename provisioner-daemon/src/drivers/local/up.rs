//! The steps to an instance that is up, and the look whether it is.

use std::time::Duration;

use serde_json::json;
use store::daemon::instances::Instance;

use super::confinement::Confinement;
use super::home::Home;
use super::processes::Part;
use super::runtimes::{self, Installed};
use super::{ACCOUNT, DATABASE, HOMESERVER, LocalDriver, MINDROOM, SOON};
use super::{database, mindroom, owner, ports, room, synapse};
use crate::drivers::{DriverError, Observed, Progress, Step, Work};

/// How often an instance that waits for others is looked at, and what its owner reads.
const QUEUE_LOOK: Duration = Duration::from_secs(1);
const QUEUED: &str = "Other instances are being started first.";

impl LocalDriver {
    pub(super) async fn ensure_up(
        &self,
        step: Step,
        work: &Work<'_>,
    ) -> Result<Progress, DriverError> {
        let installed = match self.installed() {
            Ok(installed) => installed.for_instance(work.instance),
            Err(wait) => return Ok(wait),
        };
        let home = self.home(work.instance);
        if self.lacks_room(&home, &installed, work) {
            return Ok(Progress::Trouble(room::LOOK, room::NONE.to_owned()));
        }
        self.processes.forgive(home.id, work.instance.restart_gen);
        if let Some(trouble) = self.try_once_more(&home, &installed, work).await? {
            return Ok(trouble);
        }
        match step.name {
            DATABASE => database::ensure(&self.config.databases, work).await,
            HOMESERVER => self.ensure_homeserver(&home, &installed, work).await,
            ACCOUNT => owner::ensure(&self.http, &self.config.databases, &home, work).await,
            MINDROOM => self.ensure_mindroom(&home, &installed, work).await,
            _ => Ok(
                match self.observe_up(work.instance, &home, &installed).await {
                    observed if observed.is_settled => Progress::Done,
                    _ => Progress::Waiting(SOON),
                },
            ),
        }
    }

    /// Starts Synapse and, without waiting for it, MindRoom, which takes longer to load.
    pub(super) async fn ensure_homeserver(
        &self,
        home: &Home,
        installed: &Installed,
        work: &Work<'_>,
    ) -> Result<Progress, DriverError> {
        let wanted = work.instance.restart_gen;
        for part in Part::ALL {
            let is_to_go = self.processes.is_ending(home.id, part)
                || self.processes.is_of_older_generation(home.id, part, wanted);
            if is_to_go && !self.processes.stop(home.id, part) {
                return Ok(Progress::Waiting(SOON));
            }
        }
        let within = self.confine(home, work)?;
        if self.must_move(home) {
            // MindRoom was told the port when it was started, so it ends first.
            self.processes.stop(home.id, Part::Mindroom);
            return Ok(Progress::Held(SOON, ports::MOVING.to_owned()));
        }
        let chosen = self.ports(home)?;
        if chosen.has_moved {
            tracing::warn!(instance.id = %home.id, ports = ?chosen.ports, "another program has taken a port");
            return Ok(Progress::Held(SOON, ports::MOVING.to_owned()));
        }
        let ports = chosen.ports;
        if !self.processes.is_up(home.id, Part::Synapse) {
            if let Some(wait) = self.processes.backoff(home.id, Part::Synapse) {
                return Ok(Progress::Waiting(wait));
            }
            if !self.processes.may_start(home.id) {
                return Ok(Progress::Held(QUEUE_LOOK, QUEUED.to_owned()));
            }
            let databases = &self.config.databases;
            database::clear(databases, work).await?;
            synapse::write_config(home, within.user, ports.synapse, databases, work).await?;
            let command = synapse::command(home, &installed.synapse_python);
            self.processes
                .start(home, Part::Synapse, wanted, &command, &within)
                .map_err(|error| DriverError::transient("Synapse could not be started.", error))?;
        }
        if let Progress::Waiting(wait) = self.spawn_mindroom(home, installed, work, &within).await?
        {
            tracing::debug!(
                wait_ms = wait.as_millis(),
                "MindRoom waits before it is started again"
            );
        }
        if synapse::is_ready(&self.http, ports.synapse).await {
            self.processes.note_ready(home.id, Part::Synapse);
            Ok(Progress::Done)
        } else {
            Ok(Progress::Waiting(SOON))
        }
    }

    /// Starts MindRoom's process if it is to be there and is not.
    async fn spawn_mindroom(
        &self,
        home: &Home,
        installed: &Installed,
        work: &Work<'_>,
        within: &Confinement,
    ) -> Result<Progress, DriverError> {
        let Some(program) = &installed.mindroom else {
            return Ok(Progress::Done);
        };
        if self.processes.is_up(home.id, Part::Mindroom) {
            return Ok(Progress::Done);
        }
        if let Some(wait) = self.processes.backoff(home.id, Part::Mindroom) {
            return Ok(Progress::Waiting(wait));
        }
        let ports = self.ports(home)?.ports;
        let model = self.config.model.as_ref();
        mindroom::write_config(home, within.user, work.instance, model, work).await?;
        let command = mindroom::command(home, program, ports, model);
        let generation = work.instance.restart_gen;
        self.processes
            .start(home, Part::Mindroom, generation, &command, within)
            .map_err(|error| DriverError::transient("MindRoom could not be started.", error))?;
        Ok(Progress::Done)
    }

    pub(super) async fn ensure_mindroom(
        &self,
        home: &Home,
        installed: &Installed,
        work: &Work<'_>,
    ) -> Result<Progress, DriverError> {
        if work.instance.is_ai_paused && !self.processes.stop(home.id, Part::Mindroom) {
            return Ok(Progress::Waiting(SOON));
        }
        let within = self.confine(home, work)?;
        if let wait @ Progress::Waiting(_) =
            self.spawn_mindroom(home, installed, work, &within).await?
        {
            return Ok(wait);
        }
        let ports = self.ports(home)?.ports;
        if installed.mindroom.is_none() || mindroom::is_ready(&self.http, ports.mindroom).await {
            self.processes.note_ready(home.id, Part::Mindroom);
            Ok(Progress::Done)
        } else {
            Ok(Progress::Waiting(SOON))
        }
    }

    fn confine(&self, home: &Home, work: &Work<'_>) -> Result<Confinement, DriverError> {
        let within = self.isolation.confine(home, work.instance);
        within.map_err(|error| {
            DriverError::transient("Its place on the machine could not be made.", error)
        })
    }

    /// The instance's ports, new ones where another program has taken them meanwhile.
    fn ports(&self, home: &Home) -> Result<ports::Chosen, DriverError> {
        ports::ensure(
            home,
            self.processes.is_up(home.id, Part::Synapse),
            self.processes.is_up(home.id, Part::Mindroom),
        )
        .map_err(|error| DriverError::transient("No free port could be had.", error))
    }

    pub(super) async fn observe_up(
        &self,
        instance: &Instance,
        home: &Home,
        installed: &Installed,
    ) -> Observed {
        let has_synapse = self.processes.is_up(home.id, Part::Synapse);
        let has_mindroom = self.processes.is_up(home.id, Part::Mindroom);
        let mut observed = Observed {
            is_partly_up: has_synapse || has_mindroom,
            owner_matrix_id: Some(home.owner_matrix_id.clone()),
            mindroom_version: installed
                .mindroom
                .as_ref()
                .map(|_| runtimes::MINDROOM.version.to_owned()),
            synapse_version: Some(runtimes::SYNAPSE.version.to_owned()),
            notice: installed.notice.clone(),
            ..Observed::default()
        };
        let Ok(Some(ports)) = ports::read(&home.dir) else {
            return observed;
        };
        let is_current = Part::ALL.iter().all(|part| {
            !self
                .processes
                .is_of_older_generation(home.id, *part, instance.restart_gen)
        });
        let (matrix, web) = futures::join!(
            synapse::is_ready(&self.http, ports.synapse),
            mindroom::is_ready(&self.http, ports.mindroom)
        );
        for (part, is_ready) in [(Part::Synapse, matrix), (Part::Mindroom, web)] {
            if !is_ready && self.processes.is_silent(home.id, part) {
                observed.silent.push(part.title());
            }
        }
        let wants_web = installed.mindroom.is_some();
        observed.is_settled = is_current
            && self.isolation.is_bounded(instance)
            && has_synapse
            && matrix
            && (!wants_web || (has_mindroom && web))
            && !(instance.is_ai_paused && has_mindroom);
        let matrix_url = format!("http://127.0.0.1:{}", ports.synapse);
        observed.internal_urls = if wants_web {
            json!({"matrix": matrix_url, "web": format!("http://127.0.0.1:{}", ports.mindroom)})
        } else {
            json!({"matrix": matrix_url})
        };
        observed
    }
}
