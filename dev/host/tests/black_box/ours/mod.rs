//! What this host adds to Spin. Left out when another program is under test.

mod additions;
mod cache;
mod refusals;
mod secrets;
mod stop;
