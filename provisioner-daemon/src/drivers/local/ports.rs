//! Ports: chosen once, kept in a file, chosen anew only when another program took one meanwhile.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::files;
use super::home::Home;

/// The ports of one instance, on loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ports {
    pub(super) synapse: u16,
    pub(super) mindroom: u16,
}

fn path(home: &Home) -> PathBuf {
    home.dir.join("ports.json")
}

/// The chosen ports, if there are any yet.
pub(super) fn read(home: &Home) -> io::Result<Option<Ports>> {
    match std::fs::read(path(home)) {
        // A broken file is as good as none.
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ports for this instance. One that its own process holds stays; MindRoom's stays with Synapse's, since
/// it was told that one at its start.
pub(super) fn ensure(home: &Home, has_synapse: bool, has_mindroom: bool) -> io::Result<Ports> {
    let kept = read(home)?;
    let ports = match kept {
        Some(ports) => Ports {
            synapse: keep_or_choose(ports.synapse, has_synapse || has_mindroom)?,
            mindroom: keep_or_choose(ports.mindroom, has_mindroom)?,
        },
        None => Ports {
            synapse: free()?,
            mindroom: free()?,
        },
    };
    if kept != Some(ports) {
        files::write_private(&path(home), &serde_json::to_vec(&ports)?)?;
    }
    Ok(ports)
}

fn keep_or_choose(port: u16, is_ours: bool) -> io::Result<u16> {
    if is_ours || TcpListener::bind(("127.0.0.1", port)).is_ok() {
        Ok(port)
    } else {
        free()
    }
}

fn free() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
