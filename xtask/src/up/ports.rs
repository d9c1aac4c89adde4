//! Ports of the parts: chosen free, then kept, so that addresses hold from one run to the next.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};
use rand::RngExt as _;

use super::state::State;

const FILE: &str = "ports.json";
/// Below the range from which the kernel takes ports for outgoing connections (32768 on Linux, 49152 on
/// macOS): a port from there could be taken between choosing it and the part's start.
const RANGE: std::ops::Range<u16> = 20_000..30_000;
const TRIES: usize = 1000;

/// One port per name.
pub(crate) struct Ports {
    by_name: BTreeMap<String, u16>,
}

impl Ports {
    /// Keeps the port that each name had, if it is free, else finds one.
    pub(crate) fn load(state: &State, names: &[&str]) -> Result<Self> {
        let mut by_name: BTreeMap<String, u16> = state.read_json(FILE)?.unwrap_or_default();
        by_name.retain(|name, port| names.contains(&name.as_str()) && is_free(*port));
        for name in names {
            if !by_name.contains_key(*name) {
                let port = find_free_but(&by_name)?;
                by_name.insert((*name).to_owned(), port);
            }
        }
        state.write_json(FILE, &by_name)?;
        Ok(Self { by_name })
    }

    /// The port of a name that [`Ports::load`] was given.
    pub(crate) fn of(&self, name: &str) -> Result<u16> {
        self.by_name
            .get(name)
            .copied()
            .ok_or_else(|| anyhow::anyhow!("no port was chosen for {name}"))
    }
}

/// Whether a server could listen there now.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A port of 127.0.0.1 on which nobody listens.
pub(crate) fn find_free() -> Result<u16> {
    find_free_but(&BTreeMap::new())
}

fn find_free_but(taken: &BTreeMap<String, u16>) -> Result<u16> {
    for _ in 0..TRIES {
        let port = rand::rng().random_range(RANGE);
        if !taken.values().any(|other| *other == port) && is_free(port) {
            return Ok(port);
        }
    }
    bail!("no free port between {} and {}", RANGE.start, RANGE.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_kept_while_it_is_free_and_replaced_when_taken() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        let first = Ports::load(&state, &["one", "two"]).unwrap();
        assert_ne!(first.of("one").unwrap(), first.of("two").unwrap());
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first.of("one").unwrap())).unwrap();
        let second = Ports::load(&state, &["one", "two"]).unwrap();
        assert_ne!(
            second.of("one").unwrap(),
            taken.local_addr().unwrap().port()
        );
        assert!(second.of("three").is_err());
    }
}
