//! Starts the parts in order, starts those again that end by themselves, and ends all in reverse order.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::launch::{Folders, Launched};
use super::part::Part;
use super::state::State;

/// First pause before a part is started again; it doubles up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A part that served this long is as good as new.
const HEALTHY_AFTER: Duration = Duration::from_mins(1);

/// The parts that run.
pub(crate) struct Supervisor {
    folders: Arc<Folders>,
    kept: Vec<Kept>,
}

struct Kept {
    name: &'static str,
    stop: watch::Sender<bool>,
    keeper: JoinHandle<()>,
}

impl Supervisor {
    /// Runs nothing yet.
    pub(crate) fn new(state: &State) -> Result<Self> {
        let folders = Folders {
            logs: state.dir("logs")?,
            records: state.dir("run")?,
        };
        Ok(Self {
            folders: Arc::new(folders),
            kept: Vec::new(),
        })
    }

    /// Starts a part and waits until it serves. One that does not is an error, with the end of its log.
    pub(crate) async fn start(&mut self, part: Part) -> Result<()> {
        self.folders.rotate_log(part.name)?;
        let (first, served) = oneshot::channel();
        let (stop, stopped) = watch::channel(false);
        let name = part.name;
        let keeper = Keeper {
            part,
            folders: Arc::clone(&self.folders),
            stopped,
            first: Some(first),
        };
        // Kept before it serves, so that Ctrl-C in between ends it too.
        self.kept.push(Kept {
            name,
            stop,
            keeper: tokio::spawn(keeper.run()),
        });
        served
            .await
            .with_context(|| format!("{name} was stopped before it served"))?
    }

    /// Ends all parts, the last started first.
    pub(crate) async fn stop(&mut self) {
        while let Some(kept) = self.kept.pop() {
            // A keeper whose part never served has gone already.
            let _ = kept.stop.send(true);
            if let Err(error) = kept.keeper.await {
                eprintln!("{}: {error}", kept.name);
            }
        }
    }

    /// Kills whatever the records name, without waiting for anything.
    pub(crate) fn kill(&self) {
        for (_, record) in self.folders.records() {
            record.kill_group();
        }
    }

    /// Where each part's output goes.
    pub(crate) fn logs(&self) -> PathBuf {
        self.folders.logs.clone()
    }
}

/// Keeps one part running until it is told to stop.
struct Keeper {
    part: Part,
    folders: Arc<Folders>,
    stopped: watch::Receiver<bool>,
    /// Who waits for the first time it serves.
    first: Option<oneshot::Sender<Result<()>>>,
}

/// Why a keeper no longer waits.
enum End {
    /// It was told to stop.
    Stopped,
    /// The part ended or never served; how, and for how long it had served.
    Ended(anyhow::Error, Duration),
}

impl Keeper {
    async fn run(mut self) {
        let mut pause = SHORTEST_PAUSE;
        loop {
            let (error, served) = match self.once().await {
                End::Stopped => return,
                End::Ended(error, served) => (error, served),
            };
            if let Some(first) = self.first.take() {
                // Nobody waits when `up` itself is being stopped.
                let _ = first.send(Err(error));
                return;
            }
            if served >= HEALTHY_AFTER {
                pause = SHORTEST_PAUSE;
            }
            eprintln!(
                "{}: {error:#}; starting it again in {} ms",
                self.part.name,
                pause.as_millis()
            );
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = told_to_stop(&mut self.stopped) => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One life of the part.
    async fn once(&mut self) -> End {
        let mut launched = match Launched::start(&self.part, &self.folders) {
            Ok(launched) => launched,
            Err(error) => return End::Ended(error, Duration::ZERO),
        };
        let ready = tokio::select! {
            ready = launched.await_ready(&self.part) => Some(ready),
            () = told_to_stop(&mut self.stopped) => None,
        };
        match ready {
            None => return self.end(launched).await,
            Some(Err(error)) => {
                launched.kill().await;
                return End::Ended(error, Duration::ZERO);
            }
            Some(Ok(())) => self.announce(),
        }
        let serving_since = Instant::now();
        let status = tokio::select! {
            status = launched.wait() => status,
            () = told_to_stop(&mut self.stopped) => return self.end(launched).await,
        };
        End::Ended(
            anyhow::anyhow!("ended by itself ({status})"),
            serving_since.elapsed(),
        )
    }

    fn announce(&mut self) {
        match self.first.take() {
            // Nobody waits when `up` itself is being stopped.
            Some(first) => drop(first.send(Ok(()))),
            None => eprintln!("{}: serves again", self.part.name),
        }
    }

    async fn end(&self, mut launched: Launched) -> End {
        launched.end(&self.part).await;
        if let Some(arguments) = &self.part.after_stop {
            super::launch::run_after_stop(&self.part, arguments, &self.folders).await;
        }
        End::Stopped
    }
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the supervisor is gone, which is a stop too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use nix::sys::signal::Signal;

    use super::super::part::Ready;
    use super::super::process::Record;
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    fn part(name: &'static str, script: &str) -> Part {
        Part {
            name,
            program: PathBuf::from("/bin/sh"),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            environment: Vec::new(),
            run_as: None,
            folder: None,
            ready: Ready::Line,
            start_limit: LIMIT,
            stop_signal: Signal::SIGTERM,
            stop_limit: LIMIT,
            after_stop: None,
        }
    }

    fn record(supervisor: &Supervisor, name: &str) -> Option<Record> {
        let records = supervisor.folders.records();
        records
            .into_iter()
            .find(|(found, _)| found == name)
            .map(|(_, record)| record)
    }

    #[tokio::test]
    async fn a_part_that_dies_is_started_again_and_a_stopped_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        let mut supervisor = Supervisor::new(&state).unwrap();
        let serving = part("serving", "echo Serving it; exec sleep 600");
        supervisor.start(serving).await.unwrap();
        let first = record(&supervisor, "serving").unwrap();
        first.signal(Signal::SIGKILL);
        let second = tokio::time::timeout(LIMIT, async {
            loop {
                match record(&supervisor, "serving") {
                    Some(next) if next != first && next.is_running() => return next,
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        });
        let second = second.await.expect("a second life in time");
        supervisor.stop().await;
        assert!(!second.is_running());
        assert_eq!(record(&supervisor, "serving"), None);
    }

    #[tokio::test]
    async fn a_part_that_never_serves_is_an_error_with_the_end_of_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        let mut supervisor = Supervisor::new(&state).unwrap();
        let broken = part("broken", "echo no such key >&2; exit 7");
        let error = supervisor.start(broken).await.unwrap_err().to_string();
        assert!(error.contains("no such key"), "{error}");
        assert!(error.contains("exit status: 7"), "{error}");
        supervisor.stop().await;
    }

    #[tokio::test]
    async fn what_a_killed_run_left_behind_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        let folders = Folders {
            logs: state.dir("logs").unwrap(),
            records: state.dir("run").unwrap(),
        };
        let left = part("left", "echo Serving it; exec sleep 600");
        let mut launched = Launched::start(&left, &folders).unwrap();
        launched.await_ready(&left).await.unwrap();
        // The process is this test's child, which has to be waited for while it is being ended.
        let waiting = tokio::spawn(async move { launched.wait().await });
        let ended = tokio::task::spawn_blocking(move || {
            super::super::launch::end_leftovers(&folders);
            folders.records().len()
        });
        assert_eq!(ended.await.unwrap(), 0);
        let status = waiting.await.unwrap();
        assert!(status.contains("SIGTERM"), "{status}");
    }
}
