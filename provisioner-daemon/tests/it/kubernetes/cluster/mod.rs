//! Against a real API server, scheduler and controller manager. There is no node: pods are made and wait, or are said
//! to run by [`kubelet`].

mod chart;
mod drift;
mod driver;
mod kubelet;
mod outages;
mod refusals;
mod rights;
mod scene;
mod space;
mod troubles;
mod way;
