//! A Python that instances' users can run. The one that was found is often in the home of root, where they cannot
//! go (pyenv and uv install there); then it is copied beside the environments.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::kept::Kept;
use super::runtimes::Installation;
use super::{python, users};

/// Where a Python's own files are.
struct Place {
    program: PathBuf,
    prefix: PathBuf,
    version: String,
}

/// Copies a folder without what goes by some names.
const COPY: &str = "import shutil, sys; \
    shutil.copytree(*sys.argv[1:3], symlinks=True, ignore=shutil.ignore_patterns(*sys.argv[3:]))";

/// What environments do not take from the Python that they were made by: its packages, its own tests, what programs
/// are linked with. That is five sixths of one by pyenv.
const NEEDLESS: [&str; 3] = ["site-packages", "test", "config-*"];

/// This Python, or a copy of it that everybody can run.
pub(super) async fn reachable(
    installation: &Installation<'_>,
    found: &Path,
) -> anyhow::Result<PathBuf> {
    let place = place(found).await.context("ask Python where it is")?;
    if users::is_open(&place.program) && users::is_open(&place.prefix) {
        return Ok(found.to_owned());
    }
    let kept = Kept::new(installation.folder, format!("python-{}", place.version));
    if let Some(copy) = kept.find()
        && runs(&copy).await
    {
        return Ok(program(&copy));
    }
    let copy = kept.begin()?;
    (installation.progress)(&format!("Copying Python {} for instances", place.version));
    let mut command = tokio::process::Command::new(found);
    command
        .args(["-c", COPY])
        .args([&place.prefix, &copy])
        .args(NEEDLESS);
    installation.run(&mut command).await?;
    installation.open_up(&copy).await?;
    anyhow::ensure!(runs(&copy).await, "the copy of Python does not run");
    kept.seal(&copy)?;
    Ok(program(&copy))
}

fn program(copy: &Path) -> PathBuf {
    copy.join("bin/python3")
}

async fn runs(copy: &Path) -> bool {
    python::ask(program(copy), &["-c", "import ssl"])
        .await
        .is_some()
}

async fn place(found: &Path) -> Option<Place> {
    let question = "import os, platform, sys; \
                    print(os.path.realpath(sys.executable), sys.base_prefix, platform.python_version(), sep='\\n')";
    let answer = python::ask(found, &["-c", question]).await?;
    let mut lines = answer.lines();
    Some(Place {
        program: lines.next()?.into(),
        prefix: lines.next()?.into(),
        version: lines.next()?.to_owned(),
    })
}

/// Where a copy's libraries are, for an environment that was made by it: its programs only know the original's.
pub(super) fn libraries(environment: &Path) -> Option<PathBuf> {
    let python = environment.join("bin/python").canonicalize().ok()?;
    let copy = python.parent()?.parent()?;
    // The marker beside it.
    copy.with_extension("ready")
        .exists()
        .then(|| copy.join("lib"))
}
