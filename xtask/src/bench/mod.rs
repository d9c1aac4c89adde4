//! `cargo xtask bench`: the figures that the platform is to reach, each beside its aim. The method is in
//! docs/bench.md. A figure that is missed is printed as missed; only an error fails the command.

mod cluster;
mod events;
mod fleet;
mod load;
mod payment;
mod peer;
mod pricing;
mod program;
mod queue;
mod reads;
mod stage;
mod start;
mod table;
mod takeover;
mod tokens;

use anyhow::{Result, bail};
use clap::Args;

use self::table::Table;
use crate::tools;

/// What `cargo xtask bench` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Figures to measure; all when none is given.
    names: Vec<String>,
    /// Short and few rounds, for trying a change.
    #[arg(long)]
    quick: bool,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Samples of each figure.
    rounds: usize,
    /// Seconds of load behind one sample.
    seconds: u64,
    /// Seconds for which a snapshot is held open.
    snapshot_seconds: u64,
    /// Instances that are made at a time.
    instances: usize,
    /// Instances of a whole fleet.
    fleet: usize,
}

impl Effort {
    const FULL: Self = Self {
        rounds: 5,
        seconds: 5,
        snapshot_seconds: 60,
        instances: 200,
        fleet: 5000,
    };
    const QUICK: Self = Self {
        rounds: 1,
        seconds: 2,
        snapshot_seconds: 5,
        instances: 20,
        fleet: 200,
    };
}

/// One group of figures that are measured together.
struct Figure {
    name: &'static str,
    measure: fn(Effort, &mut Table) -> Result<()>,
}

/// All of them; a new one is one line here.
const FIGURES: &[Figure] = &[
    Figure {
        name: "reads",
        measure: reads::measure,
    },
    Figure {
        name: "pricing",
        measure: pricing::measure,
    },
    Figure {
        name: "events",
        measure: events::measure,
    },
    Figure {
        name: "queue",
        measure: queue::measure,
    },
    Figure {
        name: "takeover",
        measure: takeover::measure,
    },
    Figure {
        name: "cluster",
        measure: cluster::measure,
    },
    Figure {
        name: "fleet",
        measure: fleet::measure,
    },
    Figure {
        name: "payment",
        measure: payment::measure,
    },
    Figure {
        name: "start",
        measure: start::measure,
    },
];

/// Measures what was asked for and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let figures = chosen(&options.names)?;
    tools::require_all()?;
    // Only one TLS library is linked; clients still ask which to use.
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a TLS provider is set already"))?;
    let effort = if options.quick {
        Effort::QUICK
    } else {
        Effort::FULL
    };
    let mut table = Table::default();
    for figure in figures {
        eprintln!("--- {}", figure.name);
        (figure.measure)(effort, &mut table)?;
    }
    table.print();
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Figure>> {
    if names.is_empty() {
        return Ok(FIGURES.iter().collect());
    }
    names.iter().map(|name| find(name)).collect()
}

fn find(name: &str) -> Result<&'static Figure> {
    let Some(figure) = FIGURES.iter().find(|figure| figure.name == name) else {
        let known: Vec<_> = FIGURES.iter().map(|figure| figure.name).collect();
        bail!("there is no figure {name}; there are: {}", known.join(", "))
    };
    Ok(figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_choose_figures_and_an_unknown_one_is_refused() {
        assert_eq!(chosen(&[]).unwrap().len(), FIGURES.len());
        assert_eq!(chosen(&["queue".to_owned()]).unwrap().len(), 1);
        let refused = chosen(&["nonesuch".to_owned()])
            .err()
            .map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("queue")));
    }
}
