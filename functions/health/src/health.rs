//! `GET /health`: whether the platform can serve, asked of its parts and not of their configuration.

use contract::{Health, HealthPart};
use edge::{Anonymous, Answer, Context, Error, Request};

pub(crate) async fn handle(cx: &Context, _: Anonymous, _: Request) -> Result<Answer, Error> {
    let queue = match store::platform::health(&cx.database).await {
        Ok(answer) => Some(cx.settle(answer)?),
        Err(error) => {
            eprintln!("health: {error}");
            None
        }
    };
    let part = |well: bool| {
        if well {
            HealthPart::Ok
        } else {
            HealthPart::Unavailable
        }
    };
    let (database, auth) = (part(queue.is_some()), part(cx.knows_keys().await));
    let serves = database == HealthPart::Ok && auth == HealthPart::Ok;
    let health = Health {
        status: if serves { "ok" } else { "unavailable" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database,
        auth,
        oldest_job_seconds: queue.and_then(|queue| queue.oldest_job_seconds),
    };
    if serves {
        Answer::ok(&health)
    } else {
        Answer::unavailable(&health)
    }
}
