//! The images of an instance: Synapse and MindRoom as the daemon installs them, each with its Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::image::Image;
use crate::fingerprint::{Fingerprint, Stamp};
use crate::{step, workspace};

const ROOT: &str = include_str!("root.sh");

/// An image and the archive that holds it.
pub(super) struct Packed {
    /// With its version.
    pub(super) name: String,
    /// What containerd takes in.
    pub(super) archive: PathBuf,
}

/// Installs what is missing, and packs what changed.
pub(super) fn pack() -> Result<(Packed, Packed)> {
    let runtimes = workspace::target().join("runtimes");
    install(&runtimes)?;
    let synapse = image(&runtimes, "matrix-synapse", "synapse")?;
    let mindroom = image(&runtimes, "mindroom", "mindroom")?;
    Ok((synapse, mindroom))
}

fn install(runtimes: &Path) -> Result<()> {
    let mut build = crate::tools::cargo();
    build.args([
        "build",
        "--package",
        "provisioner-daemon",
        "--bin",
        "provisioner-daemon",
    ]);
    step::run("build-daemon", "building the daemon", &mut build)?;
    let mut install = Command::new(workspace::program("provisioner-daemon"));
    install
        .args(["install-runtimes", "--state-dir"])
        .arg(runtimes)
        .env("MINDROOM_RUNTIMES_DIR", runtimes)
        .env("MINDROOM_REQUIRED", "1");
    step::run("runtimes", "installing what instances run", &mut install)
}

/// One of the environments, by its marker: the daemon keeps one of each package.
fn image(runtimes: &Path, package: &str, name: &str) -> Result<Packed> {
    let start = format!("{package}-");
    let markers = std::fs::read_dir(runtimes)?
        .flatten()
        .map(|entry| entry.path());
    let is_of_package = |path: &PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        stem.is_some_and(|stem| stem.starts_with(&start))
            && path.extension().is_some_and(|end| end == "ready")
    };
    let mut markers: Vec<PathBuf> = markers.filter(is_of_package).collect();
    markers.sort_by_key(|marker| marker.metadata().and_then(|meta| meta.modified()).ok());
    let marker = markers
        .pop()
        .with_context(|| format!("{package} is not installed"))?;
    let version = marker
        .file_stem()
        .and_then(|stem| stem.to_str())
        .and_then(|stem| stem.strip_prefix(&start));
    let version = version
        .context("an environment without a version")?
        .to_owned();
    let environment = runtimes.join(std::fs::read_to_string(&marker)?.trim());
    let image = format!("mindroom.test/{name}:{version}");
    let archive = workspace::target()
        .join("images")
        .join(format!("{name}.tar"));
    let stamp = Stamp::at(archive.with_extension("txt"));
    let digest = Fingerprint::new().file(&marker)?.digest() + ROOT;
    if !stamp.matches(&digest) || !archive.exists() {
        make(&environment, &image, &archive)?;
        stamp.record(&digest)?;
    }
    Ok(Packed {
        name: image,
        archive,
    })
}

fn make(environment: &Path, name: &str, archive: &Path) -> Result<()> {
    let folder = archive.parent().context("an archive needs a folder")?;
    std::fs::create_dir_all(folder)?;
    let root = tempfile::tempdir_in(folder)?;
    let mut fill = Command::new("sh");
    fill.args(["-c", ROOT, "root"])
        .arg(environment)
        .arg(root.path());
    step::run("image-root", &format!("making the image {name}"), &mut fill)?;
    ensure!(
        root.path().join("bin/sh").exists(),
        "the image has no shell"
    );
    let environment = [
        "PATH=/opt/instance/bin:/bin".to_owned(),
        "LD_LIBRARY_PATH=/opt/python/lib".to_owned(),
        "LANG=C.UTF-8".to_owned(),
    ];
    let image = Image {
        name,
        root: root.path(),
        command: &[],
        environment: &environment,
    };
    image.pack(archive)
}
