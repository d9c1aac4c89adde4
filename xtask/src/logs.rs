//! `cargo xtask logs`: what the processes of one instance print.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::workspace;

/// How often a followed log is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What `cargo xtask logs` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The name in the instance's host.
    subdomain: String,
    /// One of its parts; both when none is named.
    #[arg(long)]
    part: Option<Part>,
    /// Go on with what comes, until Ctrl-C.
    #[arg(long)]
    follow: bool,
    /// How many lines of the past, of each part.
    #[arg(long, default_value_t = 100)]
    lines: usize,
    /// The folder that `up` keeps everything in.
    #[arg(long, default_value = ".mindroom")]
    state_dir: PathBuf,
}

/// A process of an instance.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The Matrix homeserver.
    Synapse,
    /// The agents and their dashboard.
    Mindroom,
}

impl Part {
    const ALL: [Self; 2] = [Self::Synapse, Self::Mindroom];

    const fn name(self) -> &'static str {
        match self {
            Self::Synapse => "synapse",
            Self::Mindroom => "mindroom",
        }
    }
}

/// Prints the last lines, and those that come if they are asked for.
pub(crate) fn run(options: &Options) -> Result<()> {
    let instances = workspace::root()
        .join(&options.state_dir)
        .join("provisioner/instances");
    let folder = find(&instances, &options.subdomain)?;
    let parts = Part::ALL
        .into_iter()
        .filter(|part| options.part.is_none_or(|wanted| wanted == *part));
    let mut logs: Vec<Log> = parts.map(|part| Log::new(&folder, part)).collect();
    for log in &mut logs {
        let text = log.past()?;
        let lines: Vec<&str> = text.lines().collect();
        print(
            log.part,
            &lines[lines.len().saturating_sub(options.lines)..],
        )?;
    }
    if options.follow {
        follow(&mut logs)?;
    }
    Ok(())
}

/// Prints what comes, until it cannot be read or printed any more.
fn follow(logs: &mut [Log]) -> Result<()> {
    loop {
        std::thread::sleep(LOOK);
        for log in &mut *logs {
            print(log.part, &log.news()?.lines().collect::<Vec<_>>())?;
        }
    }
}

fn print(part: Part, lines: &[&str]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{:>8} | {line}", part.name())?;
    }
    Ok(())
}

/// What Synapse is told, as far as the instance's name is in it.
#[derive(Deserialize)]
struct Homeserver {
    server_name: String,
}

/// The folder of the instance of that name: the last that was made, when an earlier one's data is still kept.
fn find(instances: &Path, subdomain: &str) -> Result<PathBuf> {
    let entries = std::fs::read_dir(instances)
        .with_context(|| format!("no instances in {}", instances.display()))?;
    let mut named = Vec::new();
    for entry in entries.flatten() {
        let config = entry.path().join("synapse/homeserver.yaml");
        let Ok(text) = std::fs::read(&config) else {
            continue;
        };
        let Homeserver { server_name } =
            serde_json::from_slice(&text).with_context(|| format!("parse {}", config.display()))?;
        let name = server_name.split('.').next().unwrap_or_default().to_owned();
        let made = std::fs::metadata(&config)?.modified()?;
        named.push((made, name, entry.path()));
    }
    named.sort();
    let found = named.iter().rev().find(|(_, name, _)| name == subdomain);
    if let Some((_, _, folder)) = found {
        return Ok(folder.clone());
    }
    let mut known: Vec<&str> = named.iter().map(|(_, name, _)| name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    bail!(
        "there is no instance {subdomain}; there are: {}",
        known.join(", ")
    )
}

/// One part's log, read up to some place.
struct Log {
    part: Part,
    path: PathBuf,
    read: u64,
    /// The beginning of a line whose end has not come yet.
    open: Vec<u8>,
}

impl Log {
    fn new(folder: &Path, part: Part) -> Self {
        Self {
            part,
            path: folder.join(format!("logs/{}.log", part.name())),
            read: 0,
            open: Vec::new(),
        }
    }

    /// All that is kept, with the part that was moved aside.
    fn past(&mut self) -> Result<String> {
        let mut text = read(&self.path.with_extension("log.1"), 0)?;
        let now = read(&self.path, 0)?;
        self.read = u64::try_from(now.len())?;
        text.extend(now);
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Whole lines that came since. A log that has become shorter was moved aside.
    fn news(&mut self) -> Result<String> {
        let length = std::fs::metadata(&self.path).map_or(0, |log| log.len());
        if length < self.read {
            self.open
                .extend(read(&self.path.with_extension("log.1"), self.read)?);
            self.read = 0;
        }
        let news = read(&self.path, self.read)?;
        self.read += u64::try_from(news.len())?;
        self.open.extend(news);
        let end = self.open.iter().rposition(|byte| *byte == b'\n');
        let whole: Vec<u8> = self.open.drain(..end.map_or(0, |end| end + 1)).collect();
        Ok(String::from_utf8_lossy(&whole).into_owned())
    }
}

/// A file from some place on; nothing when there is none.
fn read(path: &Path, from: u64) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    match File::open(path) {
        Ok(mut file) => {
            file.seek(SeekFrom::Start(from))?;
            file.read_to_end(&mut content)?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(instances: &Path, id: &str, server_name: &str) -> PathBuf {
        let folder = instances.join(id);
        std::fs::create_dir_all(folder.join("synapse")).unwrap();
        std::fs::create_dir_all(folder.join("logs")).unwrap();
        let config = format!(r#"{{"server_name": "{server_name}"}}"#);
        std::fs::write(folder.join("synapse/homeserver.yaml"), config).unwrap();
        folder
    }

    #[test]
    fn an_instance_is_found_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        instance(dir.path(), "1", "acme.mindroom.localhost");
        let other = instance(dir.path(), "2", "acme-2.mindroom.localhost");
        assert_eq!(find(dir.path(), "acme-2").unwrap(), other);
        let refused = find(dir.path(), "acme-3").unwrap_err().to_string();
        assert!(refused.contains("acme, acme-2"), "{refused}");
        assert!(find(&dir.path().join("nowhere"), "acme").is_err());
    }

    #[test]
    fn a_log_is_followed_over_its_move_aside() {
        let dir = tempfile::tempdir().unwrap();
        let folder = instance(dir.path(), "1", "acme.mindroom.localhost");
        let mut log = Log::new(&folder, Part::Synapse);
        assert_eq!(log.past().unwrap(), "");
        std::fs::write(&log.path, "one\ntwo\nth").unwrap();
        assert_eq!(log.news().unwrap(), "one\ntwo\n");
        std::fs::write(&log.path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(log.news().unwrap(), "three\n");
        assert_eq!(log.news().unwrap(), "");
        let moved = log.path.with_extension("log.1");
        std::fs::write(moved, "one\ntwo\nthree\nfour\n").unwrap();
        std::fs::write(&log.path, "five\n").unwrap();
        assert_eq!(log.news().unwrap(), "four\nfive\n");
        let mut later = Log::new(&folder, Part::Synapse);
        assert_eq!(later.past().unwrap(), "one\ntwo\nthree\nfour\nfive\n");
    }
}
