//! What this host adds to Spin. Left out when another program is under test.

mod additions;
mod cache;
mod limits;
mod pool;
mod refusals;
mod secrets;
mod stop;
mod turns;
