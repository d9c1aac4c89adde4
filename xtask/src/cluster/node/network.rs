//! The addresses of a cluster with a node: a block of its own, on the link between this machine and the node.

use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Context, Result, bail};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use crate::up::state::State;

/// Where it is kept.
pub(super) const FILE: &str = "network.json";

/// Second numbers of `10.x.0.0/16` from which one is taken.
const BLOCKS: std::ops::Range<u8> = 64..128;
const TRIES: usize = 1000;

/// A cluster's addresses.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(in crate::cluster) struct Network {
    block: u8,
}

impl Network {
    /// The one that was chosen, if the cluster has a node.
    pub(in crate::cluster) fn of(state: &State) -> Result<Option<Self>> {
        state.read_json(FILE)
    }

    /// Chooses addresses to which no route leads yet, and keeps them.
    pub(super) fn choose(state: &State) -> Result<Self> {
        let routes = Command::new("ip")
            .args(["-4", "route", "show", "table", "all"])
            .output();
        let routes = routes.context("list this machine's routes")?;
        let routes = String::from_utf8_lossy(&routes.stdout).into_owned();
        for _ in 0..TRIES {
            let block = rand::rng().random_range(BLOCKS);
            if is_free(&routes, block) {
                let network = Self { block };
                state.write_json(FILE, &network)?;
                return Ok(network);
            }
        }
        bail!("no free addresses in 10.{}.0.0/10", BLOCKS.start)
    }

    /// This machine's address on the link: what pods reach of it.
    pub(in crate::cluster) fn host(self) -> Ipv4Addr {
        Ipv4Addr::new(10, self.block, 128, 1)
    }

    /// The node's, where pods ask for names.
    pub(in crate::cluster) fn node(self) -> Ipv4Addr {
        Ipv4Addr::new(10, self.block, 128, 2)
    }

    /// Pods' addresses.
    pub(super) fn pods(self) -> String {
        format!("10.{}.0.0/18", self.block)
    }

    /// Services'.
    pub(in crate::cluster) fn services(self) -> String {
        format!("10.{}.64.0/18", self.block)
    }

    /// Pods' and Services'.
    pub(super) fn inside(self) -> String {
        format!("10.{}.0.0/17", self.block)
    }

    /// Names this machine's end of the link and the node's control groups.
    pub(super) fn name(self) -> String {
        format!("mindroom-{}", self.block)
    }
}

fn is_free(routes: &str, block: u8) -> bool {
    let taken = [
        format!("10.{block}."),
        "10.0.0.0/8".to_owned(),
        "10.64.0.0/10".to_owned(),
    ];
    !routes
        .split_whitespace()
        .any(|word| taken.iter().any(|taken| word.starts_with(taken.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_and_taken_ones_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        assert_eq!(Network::of(&state).unwrap(), None);
        let chosen = Network::choose(&state).unwrap();
        assert_eq!(Network::of(&state).unwrap(), Some(chosen));
        let routes = "default via 192.0.2.1 dev eth0\n10.70.0.0/17 via 10.70.128.2 dev mindroom-70";
        assert!(!is_free(routes, 70));
        assert!(is_free(routes, 71));
        assert!(!is_free("10.0.0.0/8 dev eth1", 71));
    }
}
