//! Instances, what happens to them, and the commands on them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// One customer deployment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Instance {
    /// Unique everywhere.
    pub id: Uuid,
    /// The number that routes take as `{id}`.
    pub instance_id: i32,
    /// Whose.
    pub account_id: Uuid,
    /// Which subscription pays for it.
    pub subscription_id: Uuid,
    /// First label of its host name.
    pub subdomain: String,
    /// Display name.
    pub name: String,
    /// byok, hobby, pro or enterprise.
    pub tier: String,
    /// What was asked for: running, stopped or deleted.
    pub desired_state: String,
    /// What was last seen: provisioning, running, stopping, stopped, restarting, updating, degraded, error,
    /// unknown, deprovisioning or deprovisioned.
    pub status: String,
    /// Why, when there is something to say.
    pub status_reason: Option<String>,
    /// What to expect or to do next.
    pub status_hint: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub status_since: String,
    /// The steps of the work under way or last done, in order.
    pub progress: Vec<Step>,
    /// The dashboard.
    pub frontend_url: String,
    /// The dashboard's API; the same host.
    pub backend_url: String,
    /// The Matrix homeserver, for any Matrix client.
    pub matrix_server_url: String,
    /// The owner's Matrix id, once it was made.
    pub owner_matrix_id: Option<String>,
    /// The owner's first password; only in the detail, and only until it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_password: Option<String>,
    /// unknown, healthy or unhealthy.
    pub health: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub health_checked_at: Option<String>,
    /// The last 24 hours, the one under way last; only in the detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_history: Option<Vec<HealthHour>>,
    /// Automatic repairs in the trouble that is, or was last.
    pub repairs: u32,
    /// Since when a person is asked to look, because repairs did not help: RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub attention_since: Option<String>,
    /// Version that runs.
    pub mindroom_version: Option<String>,
    /// Version that runs.
    pub synapse_version: Option<String>,
    /// Something to know, such as a part that is left out.
    pub notice: Option<String>,
    /// How long the work under way takes; only in the detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// The job at work on it, if any.
    pub job: Option<Job>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// What checks from outside found within an hour.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HealthHour {
    /// When it began: RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub hour: String,
    /// How many checks there were; none while it was not to run.
    pub checks: u32,
    /// How many of them were not answered.
    pub misses: u32,
}

/// One step of the work on an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// Stable name.
    pub name: String,
    /// In words.
    pub title: String,
    /// How far it is.
    pub state: StepState,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    #[serde(default)]
    pub started_at: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    #[serde(default)]
    pub finished_at: Option<String>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Did not work; the reason is the instance's.
    Failed,
}

/// How long the work on an instance takes, by our own history.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Estimate {
    /// Of the steps that are to come and the one under way.
    pub remaining_seconds: i32,
    /// Each step, in order.
    pub steps: Vec<StepEstimate>,
}

/// How long a step takes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StepEstimate {
    /// The step's.
    pub name: String,
    /// The median of the last times; none for a step that is done and was never timed.
    pub typical_seconds: Option<f64>,
}

/// Whether a name may be an instance's.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NameCheck {
    /// As it was asked for.
    pub name: String,
    /// It can be had now.
    pub available: bool,
    /// Why not: length, characters, hyphen, reserved or taken.
    pub reason: Option<String>,
    /// The same in words.
    pub message: Option<String>,
}

/// One row of work of the platform.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What kind of work.
    pub kind: String,
    /// queued, running or dead.
    pub state: String,
}

/// An account's instances.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstanceList {
    /// Newest first.
    pub instances: Vec<Instance>,
}

/// Asks for an instance.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Provision {
    /// 3 to 40 of `a-z`, `0-9`, `-`; made from the account when left out.
    #[serde(default)]
    #[schema(
        min_length = 3,
        max_length = 40,
        pattern = "^[a-z0-9][a-z0-9-]*[a-z0-9]$"
    )]
    pub subdomain: Option<String>,
    /// Display name; the subdomain when left out.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 80)]
    pub name: Option<String>,
}

/// Asks for an instance for somebody.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisionFor {
    /// Whose subscription it is for.
    pub account_id: Uuid,
    /// 3 to 40 of `a-z`, `0-9`, `-`; made from the account's id when left out.
    #[serde(default)]
    #[schema(
        min_length = 3,
        max_length = 40,
        pattern = "^[a-z0-9][a-z0-9-]*[a-z0-9]$"
    )]
    pub subdomain: Option<String>,
    /// Display name; the subdomain when left out.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 80)]
    pub name: Option<String>,
}

/// Answer to a wish for an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Provisioned {
    /// Always true.
    pub success: bool,
    /// What happens now.
    pub message: String,
    /// The instance's number.
    pub customer_id: i32,
    /// The dashboard.
    pub frontend_url: String,
    /// The dashboard's API.
    pub api_url: String,
    /// The Matrix homeserver.
    pub matrix_url: String,
    /// The instance.
    pub instance: Instance,
    /// The work that makes it; none when there is nothing to do.
    pub job: Option<Job>,
}

impl From<ActionResult> for Provisioned {
    fn from(result: ActionResult) -> Self {
        Self {
            success: true,
            message: result.message,
            customer_id: result.instance.instance_id,
            frontend_url: result.instance.frontend_url.clone(),
            api_url: result.instance.backend_url.clone(),
            matrix_url: result.instance.matrix_server_url.clone(),
            job: result.job,
            instance: result.instance,
        }
    }
}

/// Answer to a command on an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ActionResult {
    /// Always true.
    pub success: bool,
    /// What happens now.
    pub message: String,
    /// The instance.
    pub instance: Instance,
    /// The work that makes it true; none when there is nothing to do.
    pub job: Option<Job>,
}

/// Confirms the deletion of an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteInstance {
    /// The instance's subdomain, typed by a person.
    pub confirm: String,
}

/// Something that happened to an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Grows; pass the last one as `after`.
    pub id: i64,
    /// wish, step, status or health.
    pub kind: String,
    /// The wish, the step, the new status; of health: healthy, unhealthy, repair or attention.
    pub name: String,
    /// Of a step: started, done or failed.
    pub state: Option<String>,
    /// More about it.
    pub detail: Option<String>,
    /// Who did it: account (the owner), support, or system (the platform by itself).
    pub actor: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// Events in order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Events {
    /// Oldest first.
    pub events: Vec<Event>,
    /// Pass it as `after` to go on from here.
    pub next: i64,
    /// The instance as it is now.
    pub instance: Instance,
}
