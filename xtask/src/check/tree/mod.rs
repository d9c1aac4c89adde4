//! What the rules judge, read once: packages, sources, `spin.toml` and the functions' tables of routes.

pub(super) mod manifest;
pub(super) mod packages;
pub(super) mod routes;
pub(super) mod sources;
pub(super) mod tokens;

use std::path::Path;

use anyhow::{Context, Result};

use self::manifest::Manifest;
use self::packages::Packages;
use self::routes::Route;
use self::sources::SourceFile;

/// Folder of the functions' packages.
pub(super) const FUNCTIONS: &str = "functions";

/// The whole work tree, as the rules see it.
pub(super) struct Tree {
    pub(super) packages: Packages,
    pub(super) crates: Vec<Crate>,
    pub(super) manifest: Manifest,
}

/// A package of this workspace with its sources, without tests.
pub(super) struct Crate {
    pub(super) name: String,
    /// Below the root, such as `crates/edge`.
    pub(super) folder: String,
    /// Packages that it names as dependencies of its own (not those of tests or build scripts).
    pub(super) depends_on: Vec<String>,
    pub(super) sources: Vec<SourceFile>,
    /// Lines of its table of routes; functions have one.
    pub(super) routes: Vec<Route>,
}

impl Tree {
    /// Reads the tree below `root`.
    pub(super) fn load(root: &Path) -> Result<Self> {
        let packages = Packages::load(root)?;
        let crates = packages
            .ours()
            .map(|(_, package)| {
                let sources = package.roots.iter().map(|file| sources::load(file, root));
                let sources: Vec<SourceFile> = sources
                    .collect::<Result<Vec<_>>>()
                    .with_context(|| format!("read the sources of {}", package.name))?
                    .into_iter()
                    .flatten()
                    .collect();
                Crate::new(
                    &package.name,
                    &package.folder,
                    packages.named_by(package),
                    sources,
                )
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            packages,
            crates,
            manifest: Manifest::load(&root.join(manifest::FILE))?,
        })
    }

    /// The packages that are functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = &Crate> {
        self.crates.iter().filter(|one| one.is_function())
    }
}

impl Crate {
    /// A package of these sources; fails when a table of routes cannot be read.
    pub(super) fn new(
        name: &str,
        folder: &str,
        depends_on: Vec<String>,
        sources: Vec<SourceFile>,
    ) -> Result<Self> {
        let mut routes = Vec::new();
        for file in &sources {
            routes.extend(routes::of(file)?);
        }
        Ok(Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            depends_on,
            sources,
            routes,
        })
    }

    /// Whether it is one of the functions.
    pub(super) fn is_function(&self) -> bool {
        Path::new(&self.folder).parent() == Some(Path::new(FUNCTIONS))
    }

    /// Its `Cargo.toml`, below the root.
    pub(super) fn cargo_toml(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    /// A function made of one file, for tests.
    #[cfg(test)]
    pub(super) fn for_tests(name: &str, depends_on: &[&str], text: &str) -> Self {
        Self::at(&format!("{FUNCTIONS}/{name}"), depends_on, text)
    }

    /// A package of a folder made of one file, for tests.
    #[cfg(test)]
    pub(super) fn at(folder: &str, depends_on: &[&str], text: &str) -> Self {
        let file = SourceFile::parse(&format!("{folder}/src/lib.rs"), text).unwrap();
        let name = folder.rsplit('/').next().unwrap();
        let depends_on = depends_on.iter().map(|&name| name.to_owned()).collect();
        Self::new(name, folder, depends_on, vec![file]).unwrap()
    }
}
