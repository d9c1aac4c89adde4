//! Points at which tests make the daemon fail: die, err, panic, or leave something out. Release builds have none.
//!
//! Not the crate `fail`: its actions hold a thread up, its points are one set per process (tests run several
//! runners in one), and points with computed names would need its registry besides.

use std::fmt::Arguments;
use std::sync::Arc;

use super::JobError;

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The process dies at once, as by `kill -9`.
    Kill,
    /// The job meets an error that may go away.
    Error,
    /// The job panics.
    Panic,
    /// What comes next is left out, where that is possible.
    Skip,
}

type Decide = dyn Fn(&str) -> Fault + Send + Sync;

/// Decides what happens at each point, by its name.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Decide>>);

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Faults({})", self.0.is_some())
    }
}

impl Faults {
    /// Asks `decide` at each point.
    pub fn new(decide: impl Fn(&str) -> Fault + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(decide)))
    }

    /// Reads `point=kill;point=error;…`. Words: kill, error, panic, skip.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut listed = Vec::new();
        for entry in text.split(';').filter(|entry| !entry.is_empty()) {
            let (point, word) = entry
                .rsplit_once('=')
                .ok_or_else(|| anyhow::anyhow!("{entry}: not point=fault"))?;
            let fault = match word {
                "kill" => Fault::Kill,
                "error" => Fault::Error,
                "panic" => Fault::Panic,
                "skip" => Fault::Skip,
                _ => anyhow::bail!("{word}: no such fault"),
            };
            listed.push((point.to_owned(), fault));
        }
        Ok(Self::new(move |point| {
            let found = listed.iter().find(|(name, _)| name == point);
            found.map_or(Fault::None, |(_, fault)| *fault)
        }))
    }

    fn decide(&self, point: Arguments<'_>) -> Fault {
        match &self.0 {
            Some(decide) if cfg!(debug_assertions) => decide(&point.to_string()),
            _ => Fault::None,
        }
    }

    /// Does what is to happen here.
    pub(crate) fn at(&self, point: Arguments<'_>) -> Result<(), JobError> {
        match self.decide(point) {
            Fault::None | Fault::Skip => Ok(()),
            Fault::Kill => {
                // Cannot fail for the own process; if it did, this is as sudden.
                let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
                std::process::abort()
            }
            Fault::Error => Err(JobError::transient(anyhow::anyhow!("a fault at {point}"))),
            Fault::Panic => panic!("a fault at {point}"),
        }
    }

    /// Whether what comes next is to be left out.
    pub(super) fn skips(&self, point: Arguments<'_>) -> bool {
        self.decide(point) == Fault::Skip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_listed_by_point() {
        let faults = Faults::parse("before:running:a=error;heartbeat=skip").unwrap();
        assert!(faults.at(format_args!("before:running:{}", "a")).is_err());
        assert!(faults.at(format_args!("before:running:b")).is_ok());
        assert!(faults.skips(format_args!("heartbeat")));
        assert!(Faults::parse("a").is_err());
        assert!(Faults::parse("a=explode").is_err());
        assert!(Faults::default().at(format_args!("a")).is_ok());
    }
}
