//! What this instance of the function has read already. Files are the same for every request.

use std::collections::HashMap;
use std::rc::Rc;

use crate::policy::InlineScripts;
use crate::site::{File, Site, SiteError};

/// Most that is kept, in bytes of content; the whole portal is a fifth of it.
const MOST: usize = 8 * 1024 * 1024;

/// A site with a bounded memory.
pub(crate) struct CachedSite {
    site: Site,
    files: HashMap<String, File>,
    size: usize,
    scripts: Option<Rc<InlineScripts>>,
}

impl CachedSite {
    /// Remembers nothing yet.
    pub(crate) fn new(site: Site) -> Self {
        Self {
            site,
            files: HashMap::new(),
            size: 0,
            scripts: None,
        }
    }

    /// As [`Site::read`]. What is not there is not remembered: clients choose such names.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<File>, SiteError> {
        if let Some(file) = self.files.get(name) {
            return Ok(Some(file.clone()));
        }
        let Some(file) = self.site.read(name)? else {
            return Ok(None);
        };
        if self.size + file.body.len() <= MOST {
            self.size += file.body.len();
            self.files.insert(name.to_owned(), file.clone());
        }
        Ok(Some(file))
    }

    /// As [`Site::inline_scripts`].
    pub(crate) fn inline_scripts(&mut self) -> Result<Rc<InlineScripts>, SiteError> {
        if let Some(scripts) = &self.scripts {
            return Ok(Rc::clone(scripts));
        }
        let scripts = Rc::new(self.site.inline_scripts()?);
        self.scripts = Some(Rc::clone(&scripts));
        Ok(scripts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_absence_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let large = vec![b'x'; MOST - 10];
        std::fs::write(folder.path().join("large.js"), &large).unwrap();
        std::fs::write(folder.path().join("small.js"), [b'y'; 20]).unwrap();
        let mut site = CachedSite::new(Site::new(folder.path()));
        for name in ["large.js", "small.js", "absent.js", "large.js"] {
            site.read(name).unwrap();
        }
        assert_eq!(site.files.keys().collect::<Vec<_>>(), ["large.js"]);
        assert_eq!(site.size, large.len());
        // a remembered file needs the disk no more
        std::fs::remove_file(folder.path().join("large.js")).unwrap();
        assert!(site.read("large.js").unwrap().is_some());
    }
}
