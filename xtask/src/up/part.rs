//! One program of the system, as data: what to start, how to know that it serves, how to end it.

use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use url::Url;

use super::postgres::RunAs;

/// What to start and how to treat it.
#[derive(Clone)]
pub(crate) struct Part {
    /// Names its log, its record and itself to a person.
    pub(crate) name: &'static str,
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments; no secrets, since everybody on the machine may see them.
    pub(crate) arguments: Vec<String>,
    /// Its own variables, secrets among them.
    pub(crate) environment: Vec<(String, String)>,
    /// Another user to run as.
    pub(crate) run_as: Option<RunAs>,
    /// Where it runs; the root of the work tree when not given.
    pub(crate) folder: Option<PathBuf>,
    /// How to know that it serves.
    pub(crate) ready: Ready,
    /// How long it may take until it serves.
    pub(crate) start_limit: Duration,
    /// What asks it to end.
    pub(crate) stop_signal: Signal,
    /// How long it may take to end before it is killed.
    pub(crate) stop_limit: Duration,
    /// Arguments of one more run of the program after it was stopped, to end what may outlive it.
    pub(crate) after_stop: Option<Vec<String>>,
}

/// How to know that a part serves.
#[derive(Clone)]
pub(crate) enum Ready {
    /// It has printed a line that begins with `Serving `.
    Line,
    /// PostgreSQL takes a connection at this URL.
    Postgres(Url),
    /// This URL of the machine itself answers well; whoever signed its certificate.
    Answers(Url),
}
