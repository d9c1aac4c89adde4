//! What several of our processes may be about to make at once is made by one of them.

use std::fs::File;

use anyhow::{Context, Result};

use crate::workspace;

/// Waits for whoever else makes this, in this work tree; held until it is dropped.
pub(crate) fn hold(what: &str) -> Result<File> {
    let folder = workspace::target().join("locks");
    std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let path = folder.join(what);
    let file = File::create(&path).with_context(|| format!("open {}", path.display()))?;
    file.lock()
        .with_context(|| format!("lock {}", path.display()))?;
    Ok(file)
}
