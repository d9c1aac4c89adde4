//! What instances' processes print: bounded, with the part before beside it, and its last lines when one dies.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// A log that is longer is moved aside; the one before goes.
const BOUND_BYTES: u64 = 8 * 1024 * 1024;
/// How much of a dead process's log is told.
const TAIL_BYTES: u64 = 4096;
const TAIL_LINES: usize = 20;

/// Moves a long log aside. Its process appends, so that cutting the file under it loses nothing but the lines of
/// that moment.
pub(super) fn bound(log: &Path) -> io::Result<()> {
    if std::fs::metadata(log).is_ok_and(|log| log.len() > BOUND_BYTES) {
        std::fs::copy(log, log.with_extension("log.1"))?;
        OpenOptions::new().write(true).open(log)?.set_len(0)?;
    }
    Ok(())
}

/// The last lines; nothing of a log that cannot be read.
pub(super) fn tail(log: &Path) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_long_log_is_moved_aside_under_its_writer() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("part.log");
        let mut output = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        output.write_all(b"short\n").unwrap();
        bound(&log).unwrap();
        assert_eq!(std::fs::read(&log).unwrap(), b"short\n");
        let filling = vec![b'x'; usize::try_from(BOUND_BYTES).unwrap()];
        output.write_all(&filling).unwrap();
        bound(&log).unwrap();
        output.write_all(b"after\n").unwrap();
        assert_eq!(std::fs::read(&log).unwrap(), b"after\n");
        let before = std::fs::metadata(dir.path().join("part.log.1")).unwrap();
        assert_eq!(before.len(), BOUND_BYTES + 6);
    }

    #[test]
    fn the_last_lines_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("part.log");
        assert_eq!(tail(&log), "");
        let lines: Vec<String> = (0..2000).map(|number| format!("line {number}")).collect();
        std::fs::write(&log, lines.join("\n")).unwrap();
        assert_eq!(tail(&log), lines[1980..].join("\n"));
    }
}
