//! The WASM functions: every package under `functions/`, to where `spin.toml` expects them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::wasm::{self, Compiler};
use crate::{exclusive, step, workspace};

/// Builds all functions and copies those that changed.
pub(crate) fn build() -> Result<()> {
    let packages = packages(&workspace::root().join("functions"))?;
    compile(&packages)?;
    remove_strays(&workspace::functions_output(), &packages)
}

/// Builds the functions of these names, and leaves the others as they are.
pub(crate) fn build_only(names: &[&str]) -> Result<()> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    compile(&names)
}

fn compile(packages: &[String]) -> Result<()> {
    let _made_once = exclusive::hold("functions")?;
    let compiler = Compiler::find()?;
    let mut command = compiler.command()?;
    command
        .args(["build", "--profile", "function", "--target", wasm::TARGET])
        .arg("--target-dir")
        .arg(target());
    for package in packages {
        command.args(["--package", package]);
    }
    let title = format!("building {} functions with {compiler}", packages.len());
    step::run("functions", &title, &mut command)?;
    install(packages)
}

/// Own target folder: the native build has other flags, and sharing one lock would make them wait for each other.
fn target() -> PathBuf {
    workspace::target().join("wasm")
}

/// Names of the packages under a folder, sorted.
fn packages(dir: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))? {
        let manifest = entry?.path().join("Cargo.toml");
        if manifest.is_file() {
            names.push(package_name(&manifest)?);
        }
    }
    names.sort();
    Ok(names)
}

fn package_name(manifest: &Path) -> Result<String> {
    let text = std::fs::read_to_string(manifest)
        .with_context(|| format!("read {}", manifest.display()))?;
    let table: toml::Table =
        toml::from_str(&text).with_context(|| format!("parse {}", manifest.display()))?;
    let name = table
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(toml::Value::as_str);
    name.map(str::to_owned)
        .with_context(|| format!("{} names no package", manifest.display()))
}

/// Copies what changed, so that the host's cache of compiled modules holds.
fn install(packages: &[String]) -> Result<()> {
    let output = workspace::functions_output();
    std::fs::create_dir_all(&output).with_context(|| format!("make {}", output.display()))?;
    let built = target().join(wasm::TARGET).join("function");
    for package in packages {
        let source = built.join(format!("{}.wasm", package.replace('-', "_")));
        copy_if_changed(&source, &output.join(format!("{package}.wasm")))?;
    }
    Ok(())
}

fn copy_if_changed(source: &Path, destination: &Path) -> Result<()> {
    let content = std::fs::read(source)
        .with_context(|| format!("read {}: is its crate-type cdylib?", source.display()))?;
    if std::fs::read(destination).is_ok_and(|present| present == content) {
        return Ok(());
    }
    // Written beside and renamed: a host that starts meanwhile never sees half a module.
    let partial = destination.with_extension("wasm.partial");
    std::fs::write(&partial, content).with_context(|| format!("write {}", partial.display()))?;
    std::fs::rename(&partial, destination)
        .with_context(|| format!("write {}", destination.display()))
}

/// Removes what has no package any more.
fn remove_strays(output: &Path, packages: &[String]) -> Result<()> {
    for entry in std::fs::read_dir(output)? {
        let path = entry?.path();
        let known = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .is_some_and(|stem| packages.iter().any(|p| p == stem));
        if !known {
            std::fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_module_keeps_its_time_of_change() {
        let dir = tempfile::tempdir().unwrap();
        let (source, destination) = (dir.path().join("a.wasm"), dir.path().join("b.wasm"));
        std::fs::write(&source, "one").unwrap();
        copy_if_changed(&source, &destination).unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        std::fs::File::options()
            .write(true)
            .open(&destination)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        let modified = || std::fs::metadata(&destination).unwrap().modified().unwrap();
        copy_if_changed(&source, &destination).unwrap();
        assert_eq!(modified(), long_ago);
        std::fs::write(&source, "two").unwrap();
        copy_if_changed(&source, &destination).unwrap();
        assert_ne!(modified(), long_ago);
        assert_eq!(std::fs::read(&destination).unwrap(), b"two");
    }

    #[test]
    fn modules_without_a_package_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("kept.wasm"), "").unwrap();
        std::fs::write(dir.path().join("gone.wasm"), "").unwrap();
        remove_strays(dir.path(), &["kept".to_owned()]).unwrap();
        assert!(dir.path().join("kept.wasm").exists());
        assert!(!dir.path().join("gone.wasm").exists());
    }
}
