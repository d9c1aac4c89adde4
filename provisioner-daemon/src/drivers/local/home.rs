//! Where an instance's files are and what it is called. Everything here follows from row and configuration.

use std::path::PathBuf;

use store::daemon::instances::Instance;
use uuid::Uuid;

use super::Config;
use super::owner::localpart;

/// The folder with all of an instance's files.
pub(super) fn dir(config: &Config, instance: Uuid) -> PathBuf {
    let instances = config.state_dir.join("instances");
    instances.join(instance.to_string())
}

/// One instance's place on this machine.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) id: Uuid,
    pub(super) dir: PathBuf,
    /// Matrix server name: `acme.mindroom.localhost`. Never changes, since every Matrix id ends in it.
    pub(super) server_name: String,
    /// Where people open MindRoom.
    pub(super) web_url: String,
    /// Where Matrix clients connect.
    pub(super) matrix_url: String,
    pub(super) owner_matrix_id: String,
}

impl Home {
    pub(super) fn new(config: &Config, instance: &Instance) -> Self {
        let url = &config.public_url;
        let domain = url.host_str().unwrap_or("localhost");
        let port = url
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let (scheme, name) = (url.scheme(), &instance.subdomain);
        let server_name = format!("{name}.{domain}");
        let owner_matrix_id = instance
            .owner_matrix_id
            .clone()
            .unwrap_or_else(|| format!("@{}:{server_name}", localpart(&instance.owner_email)));
        Self {
            id: instance.id,
            dir: dir(config, instance.id),
            web_url: format!("{scheme}://{server_name}{port}"),
            matrix_url: format!("{scheme}://{name}.matrix.{domain}{port}/"),
            server_name,
            owner_matrix_id,
        }
    }

    /// The owner's name without server.
    pub(super) fn owner_localpart(&self) -> &str {
        let name = self.owner_matrix_id.trim_start_matches('@');
        name.split_once(':')
            .map_or(name, |(localpart, _)| localpart)
    }

    /// Where its processes start, and what they call home.
    pub(super) fn own_dir(&self) -> PathBuf {
        self.dir.join("home")
    }

    pub(super) fn synapse_dir(&self) -> PathBuf {
        self.dir.join("synapse")
    }

    pub(super) fn mindroom_dir(&self) -> PathBuf {
        self.dir.join("mindroom")
    }

    /// Where Synapse keeps what people upload.
    pub(super) fn media_dir(&self) -> PathBuf {
        self.synapse_dir().join("media")
    }

    /// What registers accounts at its Synapse.
    pub(super) fn registration_secret(&self) -> PathBuf {
        self.synapse_dir().join("registration.secret")
    }

    pub(super) fn synapse_config(&self) -> PathBuf {
        self.dir.join("synapse/homeserver.yaml")
    }

    pub(super) fn mindroom_config(&self) -> PathBuf {
        self.dir.join("mindroom/config.yaml")
    }
}
