//! The steps to an instance that is up, and the look whether it is.

use serde_json::json;
use store::daemon::instances::Instance;

use super::home::Home;
use super::processes::Part;
use super::runtimes::{self, Installed};
use super::{ACCOUNT, DATABASE, HOMESERVER, LocalDriver, MINDROOM, SOON};
use super::{database, mindroom, owner, ports, synapse};
use crate::drivers::{DriverError, Observed, Progress, Step, Work};

impl LocalDriver {
    pub(super) async fn ensure_up(
        &self,
        step: Step,
        work: &Work<'_>,
    ) -> Result<Progress, DriverError> {
        let installed = match self.installed() {
            Ok(installed) => installed,
            Err(wait) => return Ok(wait),
        };
        let home = self.home(work.instance);
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
    async fn ensure_homeserver(
        &self,
        home: &Home,
        installed: &Installed,
        work: &Work<'_>,
    ) -> Result<Progress, DriverError> {
        let wanted = work.instance.restart_gen;
        for part in Part::ALL {
            if self.processes.is_of_older_generation(home.id, part, wanted)
                && !self.processes.stop(home.id, part)
            {
                return Ok(Progress::Waiting(SOON));
            }
        }
        let ports = self.ports(home)?;
        if !self.processes.is_up(home.id, Part::Synapse) {
            if let Some(wait) = self.processes.backoff(home.id, Part::Synapse) {
                return Ok(Progress::Waiting(wait));
            }
            synapse::write_config(home, ports.synapse, &self.config.databases, work).await?;
            let command = synapse::command(home, &installed.synapse_python);
            self.processes
                .start(home, Part::Synapse, wanted, &command)
                .map_err(|error| DriverError::transient("Synapse could not be started.", error))?;
        }
        if let Progress::Waiting(wait) = self.spawn_mindroom(home, installed, work).await? {
            tracing::debug!(
                wait_ms = wait.as_millis(),
                "MindRoom waits before it is started again"
            );
        }
        if synapse::is_ready(&self.http, ports.synapse).await {
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
        let ports = self.ports(home)?;
        mindroom::write_config(home, work.instance, self.config.model.as_ref(), work).await?;
        let command = mindroom::command(home, program, ports, self.config.model.as_ref());
        self.processes
            .start(home, Part::Mindroom, work.instance.restart_gen, &command)
            .map_err(|error| DriverError::transient("MindRoom could not be started.", error))?;
        Ok(Progress::Done)
    }

    async fn ensure_mindroom(
        &self,
        home: &Home,
        installed: &Installed,
        work: &Work<'_>,
    ) -> Result<Progress, DriverError> {
        if let wait @ Progress::Waiting(_) = self.spawn_mindroom(home, installed, work).await? {
            return Ok(wait);
        }
        let ports = self.ports(home)?;
        if installed.mindroom.is_none() || mindroom::is_ready(&self.http, ports.mindroom).await {
            Ok(Progress::Done)
        } else {
            Ok(Progress::Waiting(SOON))
        }
    }

    /// The instance's ports, new ones where another program has taken them meanwhile.
    fn ports(&self, home: &Home) -> Result<ports::Ports, DriverError> {
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
        let Ok(Some(ports)) = ports::read(home) else {
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
        let wants_web = installed.mindroom.is_some();
        observed.is_settled =
            is_current && has_synapse && matrix && (!wants_web || (has_mindroom && web));
        let matrix_url = format!("http://127.0.0.1:{}", ports.synapse);
        observed.internal_urls = if wants_web {
            json!({"matrix": matrix_url, "web": format!("http://127.0.0.1:{}", ports.mindroom)})
        } else {
            json!({"matrix": matrix_url})
        };
        observed
    }
}
