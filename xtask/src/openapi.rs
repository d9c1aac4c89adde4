//! `cargo xtask openapi`: the document from the contract's types, and the portal's client from the document.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::build::portal;
use crate::{step, workspace};

/// The portal's generated client, below the root; `portal/package.json`'s script `generate` writes it.
const CLIENT: &str = "portal/src/lib/api.generated.ts";

/// What `cargo xtask openapi` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Write nothing; fail when a committed file differs from what would be written.
    #[arg(long)]
    check: bool,
}

/// Writes the document and the client, or compares them.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.check { check() } else { write() }
}

fn document_path() -> PathBuf {
    workspace::root().join("openapi.json")
}

/// Ends with a line feed, as every text file here.
fn document() -> Result<String> {
    let mut text =
        serde_json::to_string_pretty(&contract::openapi()).context("write the document")?;
    text.push('\n');
    Ok(text)
}

fn write() -> Result<()> {
    let document = document()?;
    // Untouched when it is the same, so that nothing that depends on it is built again.
    if std::fs::read_to_string(document_path()).ok().as_ref() != Some(&document) {
        std::fs::write(document_path(), document).context("write openapi.json")?;
    }
    generate_client()
}

fn generate_client() -> Result<()> {
    portal::install()?;
    step::run(
        "portal-client",
        "generating the portal's client",
        &mut portal::npm(&["run", "generate"]),
    )
}

/// Whether the committed files are what the code gives.
pub(crate) fn check() -> Result<()> {
    let committed = std::fs::read_to_string(document_path()).context("read openapi.json")?;
    if committed != document()? {
        bail!("openapi.json is not what the code gives: run `cargo xtask openapi` and commit it");
    }
    let before =
        std::fs::read(workspace::root().join(CLIENT)).with_context(|| format!("read {CLIENT}"))?;
    generate_client()?;
    let after = std::fs::read(workspace::root().join(CLIENT))?;
    if before != after {
        bail!("{CLIENT} was not what openapi.json gives; it is now: commit it");
    }
    Ok(())
}
