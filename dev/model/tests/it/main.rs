//! The stand-in as a program, and what clients of a real provider make of it.

mod api;
mod conformance;
mod process;
mod stand_in;
