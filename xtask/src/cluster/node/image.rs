//! Container images without a registry: a folder as the only layer of an archive that containerd takes in.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::cluster::programs;
use crate::fingerprint::Stamp;
use crate::workspace;

/// Holds a pod's namespaces; it also runs as the tests' own pods.
pub(super) const PAUSE: &str = "mindroom.test/pod:1";
/// Containers of one image share its files.
pub(super) const SNAPSHOTTER: &str = "overlayfs";

/// What an image is made of.
pub(super) struct Image<'a> {
    /// With its version.
    pub(super) name: &'a str,
    /// Its files.
    pub(super) root: &'a Path,
    /// What it runs when nobody says otherwise.
    pub(super) command: &'a [&'a str],
    /// `NAME=value`.
    pub(super) environment: &'a [String],
}

impl Image<'_> {
    /// Writes the archive.
    pub(super) fn pack(&self, archive: &Path) -> Result<()> {
        let work = tempfile::tempdir_in(archive.parent().context("an archive needs a folder")?)?;
        let layer = work.path().join("layer.tar");
        let mut tar = Command::new("tar");
        tar.args([
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--sort=name",
            "-C",
        ])
        .arg(self.root)
        .arg("-cf")
        .arg(&layer)
        .arg(".");
        run(&mut tar)?;
        let digest = sha256(&layer)?;
        let config = json!({
            "architecture": architecture()?, "os": "linux",
            "config": {"Entrypoint": self.command, "Env": self.environment},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
        });
        let manifest = json!([{
            "Config": "config.json", "RepoTags": [self.name], "Layers": ["layer.tar"],
        }]);
        std::fs::write(work.path().join("config.json"), config.to_string())?;
        std::fs::write(work.path().join("manifest.json"), manifest.to_string())?;
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(work.path()).arg("-cf").arg(archive);
        run(tar.args(["manifest.json", "config.json", "layer.tar"]))
    }
}

/// The archive of the pause image.
pub(super) fn pause() -> Result<PathBuf> {
    let program = programs::POD.program()?;
    let archive = program.with_extension("tar");
    let stamp = Stamp::at(archive.with_extension("txt"));
    let digest = sha256(&program)?;
    if stamp.matches(&digest) && archive.exists() {
        return Ok(archive);
    }
    let root = tempfile::tempdir_in(workspace::target())?;
    std::fs::copy(&program, root.path().join("pod"))?;
    let image = Image {
        name: PAUSE,
        root: root.path(),
        command: &["/pod"],
        environment: &[],
    };
    image.pack(&archive)?;
    stamp.record(&digest)?;
    Ok(archive)
}

/// The Go and container world's name of this processor.
fn architecture() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("amd64"),
        "aarch64" => Ok("arm64"),
        other => bail!("no images for {other}"),
    }
}

fn sha256(file: &Path) -> Result<String> {
    let output = Command::new("sha256sum")
        .arg(file)
        .output()
        .context("run sha256sum")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let digest = text
        .split_whitespace()
        .next()
        .filter(|_| output.status.success());
    digest
        .map(str::to_owned)
        .with_context(|| format!("digest of {}", file.display()))
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("run {name}"))?;
    if !output.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
