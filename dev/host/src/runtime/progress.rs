//! Says how far the compilation is: a bar in a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Components that are there faster than this came from the cache and are not worth a line.
const WORTH_A_LINE: Duration = Duration::from_millis(500);

/// Progress over a known number of components. Shared between threads.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: std::sync::atomic::AtomicUsize,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("compiling {pos}/{len} {wide_bar} {msg}");
            let bar = ProgressBar::new(total as u64);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self {
            bar,
            total,
            done: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// One component is ready; `since` is when its turn began.
    pub(crate) fn done(&self, component: &str, since: Instant) {
        let done = 1 + self.done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let took = since.elapsed();
        match &self.bar {
            Some(bar) => {
                bar.set_message(component.to_owned());
                bar.inc(1);
            }
            None if took > WORTH_A_LINE => {
                eprintln!(
                    "compiled {done}/{} {component} in {:.1} s",
                    self.total,
                    took.as_secs_f64()
                );
            }
            None => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
