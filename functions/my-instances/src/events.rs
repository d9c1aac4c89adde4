//! `GET /my/instances/{id}/events`: what happened since `after`; with `wait`, as soon as something does.

use std::time::{Duration, Instant};

use auth::AccountCaller;
use contract::Events;
use domain::InstanceId;
use edge::{Answer, Context, Error, Request};
use store::instances;

/// Longest wait, in seconds: shorter than what proxies give up after.
const LONGEST_WAIT: u64 = 25;

/// Between two looks. Each counts against the caller's reads, which caps the waits of an account.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id: InstanceId = request.value("id")?;
    let after = request.query_number("after", 0..=i64::MAX)?.unwrap_or(0);
    let wait = request.query_number("wait", 0..=LONGEST_WAIT)?.unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(wait);
    loop {
        let events = look(cx, &caller, id, after).await?;
        if !events.events.is_empty() || Instant::now() + BETWEEN_LOOKS > until {
            return Answer::ok(&events);
        }
        edge::sleep(BETWEEN_LOOKS).await;
    }
}

async fn look(
    cx: &Context,
    caller: &AccountCaller,
    id: InstanceId,
    after: i64,
) -> Result<Events, Error> {
    cx.settle(instances::events(&cx.database, cx.by(caller), id, after).await?)
}
