//! MindRoom: its first configuration, its start and whether it is ready.

use std::path::Path;

use serde_json::{Value, json};
use store::daemon::instances::Instance;

use super::super::{DriverError, Work};
use super::home::Home;
use super::ports::Ports;
use super::process::Command;
use super::{Model, files, synapse};

/// Any OpenAI-compatible provider takes a name; the real one would refuse an unknown key, which stops nothing.
const MODEL_ID: &str = "gpt-5-mini";
const NO_KEY: &str = "sk-none";

/// Writes the configuration once. Afterwards it is the customer's, who changes it in the dashboard.
pub(super) async fn write_config(
    home: &Home,
    instance: &Instance,
    model: Option<&Model>,
    work: &Work<'_>,
) -> Result<(), DriverError> {
    let secret = synapse::registration_secret(work).await?;
    let write = || -> std::io::Result<()> {
        files::private_dir(&home.dir.join("mindroom/data"))?;
        files::write_private(&secret_file(home), secret.as_bytes())?;
        if !home.mindroom_config().exists() {
            let config = serde_json::to_vec_pretty(&config(home, instance, model))?;
            files::write_private(&home.mindroom_config(), &config)?;
        }
        Ok(())
    };
    write()
        .map_err(|error| DriverError::transient("The configuration could not be written.", error))
}

fn secret_file(home: &Home) -> std::path::PathBuf {
    home.dir.join("mindroom/registration.secret")
}

fn config(home: &Home, instance: &Instance, model: Option<&Model>) -> Value {
    let mut default = json!({"provider": "openai", "id": MODEL_ID});
    if let Some(model) = model {
        default["api"] = json!("chat_completions");
        default["extra_kwargs"] = json!({"base_url": model.url});
    }
    json!({
        "models": {"default": default},
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
            "admins": [home.owner_matrix_id],
        }},
        "router": {"model": "default"},
        "authorization": {"global_users": [home.owner_matrix_id]},
    })
}

pub(super) fn command(home: &Home, program: &Path, ports: Ports, model: Option<&Model>) -> Command {
    let data = home.dir.join("mindroom/data");
    let key = model.map_or(NO_KEY, |model| model.key.as_str());
    Command::new(program)
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
        .env("MATRIX_REGISTRATION_SHARED_SECRET_FILE", secret_file(home))
        .env("MINDROOM_CONFIG_PATH", home.mindroom_config())
        .env("MINDROOM_STORAGE_PATH", &data)
        .env("MINDROOM_PUBLIC_URL", &home.web_url)
        // Empty: the dashboard asks for no key of its own. On loopback it answers
        // requests for its own host only.
        .env("MINDROOM_API_KEY", "")
        .env("OPENAI_API_KEY", key)
        .marker(home.mindroom_config())
}

/// Whether MindRoom's agents are in their rooms and its dashboard answers.
pub(super) async fn is_ready(http: &reqwest::Client, port: u16) -> bool {
    let url = format!("http://127.0.0.1:{port}/api/ready");
    http.get(url)
        .send()
        .await
        .is_ok_and(|answer| answer.status().is_success())
}
