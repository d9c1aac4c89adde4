//! MindRoom: its first configuration, its start and whether it is ready.

use serde_json::{Value, json};
use store::daemon::instances::Instance;

use super::super::{DriverError, Work};
use super::home::Home;
use super::ports::Ports;
use super::process::Command;
use super::runtimes::Program;
use super::users::User;
use super::{Model, files, synapse};

/// The model that a new instance asks when its owner has not chosen another.
pub const MODEL_ID: &str = "gpt-5-mini";
/// MindRoom starts only with some key; the real provider refuses this one, which stops nothing.
const NO_KEY: &str = "sk-none";

/// Writes the configuration once. Afterwards it is the customer's, who changes it in the dashboard.
pub(super) async fn write_config(
    home: &Home,
    user: Option<User>,
    instance: &Instance,
    model: Option<&Model>,
    work: &Work<'_>,
) -> Result<(), DriverError> {
    let secret = synapse::registration_secret(work).await?;
    let write = || -> std::io::Result<()> {
        files::dir_towards(&home.synapse_dir(), user)?;
        files::write_for(&home.registration_secret(), secret.as_bytes(), user)?;
        files::make_private_dir(&home.mindroom_dir())?;
        if !home.mindroom_config().exists() {
            let config = serde_json::to_vec_pretty(&config(home, instance, model))?;
            files::write_given(&home.mindroom_config(), &config, user)?;
        }
        files::give(&home.mindroom_dir(), user)
    };
    write()
        .map_err(|error| DriverError::transient("The configuration could not be written.", error))
}

/// One assistant in one room, which the owner is invited to and finds on the first sign-in. Where the model's
/// provider is stays out of it: that may change while the file is the customer's.
fn config(home: &Home, instance: &Instance, model: Option<&Model>) -> Value {
    let model_id = model.map_or(MODEL_ID, |model| model.id.as_str());
    json!({
        "models": {"default": {"provider": "openai", "id": model_id}},
        "agents": {"assistant": {
            "display_name": "Assistant",
            "role": format!("Help the team of {} with whatever it asks.", instance.name),
            "model": "default",
            "rooms": ["lobby"],
        }},
        // With a description, or MindRoom asks the model for one before it makes the room.
        "rooms": {"lobby": {
            "display_name": "Lobby",
            "description": "Where everybody meets the assistant",
        }},
        "router": {"model": "default"},
        "administrators": [home.owner_matrix_id],
        "room_defaults": {
            "invite_users": [home.owner_matrix_id],
            "admins": [home.owner_matrix_id],
        },
        // In files: the other kind asks OpenAI itself to place each text, whoever the provider is.
        "memory": {"backend": "file"},
    })
}

pub(super) fn command(
    home: &Home,
    program: &Program,
    ports: Ports,
    model: Option<&Model>,
) -> Command {
    let data = home.mindroom_dir().join("data");
    let key = model.map_or(NO_KEY, |model| model.key.as_str());
    let command = program
        .command()
        .args(["run", "--no-service", "-c"])
        .arg(home.mindroom_config())
        .arg("-s")
        .arg(&data)
        .args(["--api-host", "127.0.0.1", "--api-port"])
        .arg(ports.mindroom.to_string())
        .env(
            "MATRIX_HOMESERVER",
            format!("http://127.0.0.1:{}", ports.synapse),
        )
        .env("MATRIX_SERVER_NAME", &home.server_name)
        .env(
            "MATRIX_REGISTRATION_SHARED_SECRET_FILE",
            home.registration_secret(),
        )
        .env("MINDROOM_CONFIG_PATH", home.mindroom_config())
        .env("MINDROOM_STORAGE_PATH", &data)
        .env("MINDROOM_PUBLIC_URL", &home.web_url)
        // Empty: the dashboard asks for no key of its own. On loopback it answers
        // requests for its own host only.
        .env("MINDROOM_API_KEY", "")
        .env("OPENAI_API_KEY", key)
        .marker(home.mindroom_config());
    match model {
        Some(model) => command.env("OPENAI_BASE_URL", &model.url),
        None => command,
    }
}

/// Answers as long as MindRoom's process does, also before it is ready.
pub(super) fn health_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/api/health")
}

/// Whether MindRoom's agents are in their rooms and its dashboard answers.
pub(super) async fn is_ready(http: &reqwest::Client, port: u16) -> bool {
    let url = format!("http://127.0.0.1:{port}/api/ready");
    http.get(url)
        .send()
        .await
        .is_ok_and(|answer| answer.status().is_success())
}
