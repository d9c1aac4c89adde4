//! `GET /pricing/config`: a function that asks nobody.

use anyhow::Result;

use super::Effort;
use super::load::{self, Request};
use super::stage::{Host, Stage};
use super::table::{Aim, Table};
use crate::up::REUSE;

const FUNCTIONS: [&str; 1] = ["pricing"];
pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    let stage = Stage::set(&FUNCTIONS)?;
    let file = stage.file("pricing");
    let request = Request {
        method: "GET",
        path: "/pricing/config",
        header: None,
        body: "",
    };
    load::write(&file, [request])?;
    let host = Host::start(&stage, &FUNCTIONS, &REUSE)?;
    load::run(&host.url, &file, 1)?;
    let mut rates = Vec::new();
    for _ in 0..effort.rounds {
        rates.push(load::run(&host.url, &file, effort.seconds)?.rate);
    }
    table.add(
        "`GET /pricing/config`",
        "req/s",
        Aim::AtLeast(10_000.0),
        rates,
    );
    Ok(())
}
