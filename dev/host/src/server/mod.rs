//! The HTTP side: connections, routes, and requests on their way to components.

pub(crate) mod dispatch;
pub(crate) mod headers;
pub(crate) mod listen;
pub(crate) mod neighbours;
pub(crate) mod stall;
pub(crate) mod target;
pub(crate) mod turns;
