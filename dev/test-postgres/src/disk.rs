//! Filling a server's disk up, and emptying it again.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use crate::server::Server;

/// A file that takes what is left of a server's disk; removed with the value.
#[derive(Debug)]
pub struct Filler {
    path: PathBuf,
}

impl Filler {
    /// Writes until nothing more goes in.
    pub fn fill(server: &Server) -> Self {
        assert!(server.has_own_disk(), "this would fill the machine's disk");
        let path = server.folder().join("filler");
        let mut file = File::create(&path).expect("make the filler");
        for size in [1 << 20, 1 << 12, 1] {
            let chunk = vec![b'x'; size];
            loop {
                match file.write(&chunk) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("write the filler: {error}"),
                }
            }
        }
        Self { path }
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        // Gone already when the whole disk is.
        let _ = std::fs::remove_file(&self.path);
    }
}
