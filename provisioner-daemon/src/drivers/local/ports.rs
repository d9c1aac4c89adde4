//! Ports: chosen once, kept in a file, chosen anew only when another program took one meanwhile.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files;
use super::home::Home;

/// What customers read when an instance gets other ports.
pub(super) const MOVING: &str = "Another program has taken its port; it moves to another one.";

/// The ports of one instance, on loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ports {
    pub(super) synapse: u16,
    pub(super) mindroom: u16,
}

fn path(dir: &Path) -> PathBuf {
    dir.join("ports.json")
}

/// The ports chosen for an instance, by its folder, if there are any yet.
pub(super) fn read(dir: &Path) -> io::Result<Option<Ports>> {
    match std::fs::read(path(dir)) {
        // A broken file is as good as none.
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ports for this instance, and whether another program had taken one of those that it had.
pub(super) struct Chosen {
    pub(super) ports: Ports,
    pub(super) has_moved: bool,
}

/// Ports for this instance. One that its own process holds stays.
pub(super) fn ensure(home: &Home, has_synapse: bool, has_mindroom: bool) -> io::Result<Chosen> {
    let kept = read(&home.dir)?;
    // Both held until both are chosen, or they could be the same.
    let fresh = [free()?, free()?];
    let [synapse, mindroom] = [fresh[0].local_addr()?.port(), fresh[1].local_addr()?.port()];
    let keep = |port: u16, is_ours: bool| (is_ours || !is_taken(port)).then_some(port);
    let ports = Ports {
        synapse: kept
            .and_then(|kept| keep(kept.synapse, has_synapse))
            .unwrap_or(synapse),
        mindroom: kept
            .and_then(|kept| keep(kept.mindroom, has_mindroom))
            .unwrap_or(mindroom),
    };
    if kept != Some(ports) {
        files::write_private(&path(&home.dir), &serde_json::to_vec(&ports)?)?;
    }
    Ok(Chosen {
        ports,
        has_moved: kept.is_some_and(|kept| kept != ports),
    })
}

/// Whether another program listens there.
pub(super) fn is_taken(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_err()
}

fn free() -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0))
}
