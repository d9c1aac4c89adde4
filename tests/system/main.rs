//! The whole platform from outside, by its API.

mod daemon;
mod rules;
mod tenancy;
mod tokens;
mod webhooks;
mod whole_path;
