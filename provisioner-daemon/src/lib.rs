//! The provisioner daemon: makes true what the database wishes.
//!
//! [`runner`] claims and runs jobs and knows none by name, [`jobs`] are their bodies, [`drivers`] make
//! instances, [`measures`] name what is counted. The program in `main.rs` puts them together; tests do so too.

pub mod drivers;
pub mod jobs;
pub mod measures;
pub mod probes;
pub mod runner;
