//! The files of a component: what it may read, and where it finds it. Nothing may be written.

use std::path::{Component as Part, Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use glob::{MatchOptions, Pattern};
use tempfile::TempDir;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::app::manifest::{FileMount, Placement};

/// Folders of this machine and where the component sees them.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    folders: Vec<(PathBuf, String)>,
    /// Copies of single files live here as long as the mounts do.
    copies: Option<TempDir>,
}

impl Mounts {
    /// Prepares the mounts that a manifest in the folder `base` asks for. Folders are mounted
    /// where they are; single files, patterns and folders with exclusions are copied.
    pub(crate) fn prepare(base: &Path, mounts: &[FileMount], exclude: &[String]) -> Result<Self> {
        let exclude = patterns(exclude)?;
        let mut prepared = Self::default();
        for mount in mounts {
            match mount {
                FileMount::Placed(placement) => prepared.place(base, placement, &exclude)?,
                FileMount::Pattern(pattern) => prepared.copy_matching(base, pattern, &exclude)?,
            }
        }
        if let Some(copies) = &prepared.copies {
            prepared
                .folders
                .push((copies.path().to_owned(), "/".to_owned()));
        }
        Ok(prepared)
    }

    /// Opens the folders for one instance.
    pub(crate) fn open(&self, wasi: &mut WasiCtxBuilder) -> Result<()> {
        for (folder, inside) in &self.folders {
            wasi.preopened_dir(folder, inside, FsPerms::ReadOnly)
                .map_err(|error| anyhow::anyhow!("{error:#}"))
                .with_context(|| format!("open the folder {}", folder.display()))?;
        }
        Ok(())
    }

    fn place(&mut self, base: &Path, placement: &Placement, exclude: &[Pattern]) -> Result<()> {
        let Placement {
            source,
            destination,
        } = placement;
        ensure!(
            destination.starts_with('/'),
            "the destination `{destination}` is not absolute"
        );
        ensure!(
            is_inside(destination.trim_start_matches('/')),
            "the destination `{destination}` has `..`"
        );
        let from = base.join(source);
        let kind = std::fs::metadata(&from)
            .with_context(|| format!("the files `{source}` (looked for at {})", from.display()))?;
        if kind.is_dir() && exclude.is_empty() {
            self.folders.push((from, destination.clone()));
            return Ok(());
        }
        let inside = Path::new(destination.trim_start_matches('/'));
        if kind.is_file() {
            return self.copy(&from, inside);
        }
        let pattern = format!("{source}/**/*");
        for file in find(base, &pattern, exclude)? {
            let below = file
                .strip_prefix(&from)
                .context("a file outside its folder")?
                .to_owned();
            self.copy(&file, &inside.join(below))?;
        }
        Ok(())
    }

    fn copy_matching(&mut self, base: &Path, pattern: &str, exclude: &[Pattern]) -> Result<()> {
        ensure!(
            is_inside(pattern),
            "the pattern `{pattern}` leaves the application's folder"
        );
        for file in find(base, pattern, exclude)? {
            let inside = file
                .strip_prefix(base)
                .context("a file outside the folder")?
                .to_owned();
            self.copy(&file, &inside)?;
        }
        Ok(())
    }

    fn copy(&mut self, from: &Path, inside: &Path) -> Result<()> {
        let copies = match &mut self.copies {
            Some(copies) => copies,
            none => none.insert(TempDir::with_prefix("dev-host-files-")?),
        };
        let to = copies.path().join(inside);
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::copy(from, &to).with_context(|| format!("copy {}", from.display()))?;
        Ok(())
    }
}

/// The files (not folders) below `base` that match.
fn find(base: &Path, pattern: &str, exclude: &[Pattern]) -> Result<Vec<PathBuf>> {
    let base_text = base
        .to_str()
        .context("the application's folder is not UTF-8")?;
    let full = format!(
        "{}/{pattern}",
        Pattern::escape(base_text.trim_end_matches('/'))
    );
    let options = MatchOptions {
        require_literal_separator: true,
        ..MatchOptions::new()
    };
    let mut files = Vec::new();
    for entry in glob::glob_with(&full, options).with_context(|| format!("pattern `{pattern}`"))? {
        let path = entry?;
        let relative = path.strip_prefix(base).unwrap_or(&path);
        let excluded = exclude
            .iter()
            .any(|pattern| pattern.matches_path_with(relative, options));
        if path.is_file() && !excluded {
            files.push(path);
        }
    }
    Ok(files)
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>> {
    texts
        .iter()
        .map(|text| Pattern::new(text).with_context(|| format!("exclude_files `{text}`")))
        .collect()
}

/// Whether a relative path stays below where it begins.
fn is_inside(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, Part::Normal(_) | Part::CurDir))
}

/// The absolute folder of a manifest.
pub(crate) fn folder_of(manifest: &Path) -> Result<PathBuf> {
    let folder = match manifest.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => bail!("{} is not a file", manifest.display()),
    };
    folder
        .canonicalize()
        .with_context(|| format!("the folder {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("a/x.txt", "x"),
            ("a/y.bin", "y"),
            ("a/b/z.txt", "z"),
            ("top.txt", "t"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn copied(mounts: &Mounts) -> Vec<String> {
        let root = mounts.copies.as_ref().unwrap().path();
        let mut all: Vec<String> = find(root, "**/*", &[])
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(root).unwrap().display().to_string())
            .collect();
        all.sort();
        all
    }

    fn placed(source: &str, destination: &str) -> FileMount {
        FileMount::Placed(Placement {
            source: source.to_owned(),
            destination: destination.to_owned(),
        })
    }

    #[test]
    fn folders_are_mounted_where_they_are() {
        let app = application();
        let mounts = Mounts::prepare(app.path(), &[placed("a", "/portal")], &[]).unwrap();
        assert_eq!(
            mounts.folders,
            [(app.path().join("a"), "/portal".to_owned())]
        );
    }

    #[test]
    fn patterns_keep_their_paths() {
        let app = application();
        let pattern = |text: &str| FileMount::Pattern(text.to_owned());
        let one = Mounts::prepare(app.path(), &[pattern("a/*.txt")], &[]).unwrap();
        assert_eq!(copied(&one), ["a/x.txt"]);
        let exclude = ["**/*.bin".to_owned()];
        let all = Mounts::prepare(app.path(), &[pattern("**/*")], &exclude).unwrap();
        assert_eq!(copied(&all), ["a/b/z.txt", "a/x.txt", "top.txt"]);
        let folder = Mounts::prepare(app.path(), &[placed("a", "/in")], &exclude).unwrap();
        assert_eq!(copied(&folder), ["in/b/z.txt", "in/x.txt"]);
    }

    #[test]
    fn mistakes_are_refused() {
        let app = application();
        for wrong in [
            placed("nobody", "/x"),
            placed("a", "x"),
            placed("a", "/../x"),
        ] {
            assert!(Mounts::prepare(app.path(), &[wrong], &[]).is_err());
        }
        let outside = FileMount::Pattern("../*".to_owned());
        assert!(Mounts::prepare(app.path(), &[outside], &[]).is_err());
    }
}
