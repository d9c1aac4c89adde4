//! The service as a program: each test starts it against a database of its own in a private PostgreSQL.

mod admin;
mod bootstrap;
mod conformance;
mod gateway;
mod mails;
mod outage;
mod process;
mod refresh;
mod signin;
mod signup;
mod support;
mod tokens;
mod user;
