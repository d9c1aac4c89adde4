//! Events on their way to the endpoints.

pub(crate) mod courier;
pub(crate) mod modes;
