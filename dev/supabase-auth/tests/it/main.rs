//! The service as a program: each test starts it against a database of its own in a private PostgreSQL.

mod admin;
mod admin_changes;
mod bootstrap;
mod conformance;
mod disabled;
mod gateway;
mod hostile;
mod limits;
mod links;
mod mails;
mod outage;
mod password_change;
mod pkce;
mod process;
mod refresh;
mod signin;
mod signup;
mod support;
mod tokens;
mod user;
