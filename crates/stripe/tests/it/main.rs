//! What the crate sends, checked by others.

mod mock;
mod requests;
