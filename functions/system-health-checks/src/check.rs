//! `POST /system/health-checks`: probes the instances that are due and writes what was seen. Safe to run several
//! at once: each instance is taken by one.

use auth::SystemCaller;
use contract::HealthChecks;
use edge::{Answer, Begun, Context, Error, Request};
use futures::StreamExt;
use store::instances::{self, CheckResult};

use crate::probe::{Addresses, probe};

/// Instances of one call.
const AT_MOST: i32 = 200;
/// Probes under way at once.
const AT_ONCE: usize = 32;

pub(crate) async fn handle(
    cx: &Context,
    caller: SystemCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let addresses = Addresses::parse(&cx.settings.required("probe_address").await?)?;
    let due = instances::claim_checks(&cx.database, cx.by_system(&caller), AT_MOST).await?;
    let due = match cx.settle(due)? {
        Begun::Before(counts) => return Answer::ok(&counts),
        Begun::Now(due) => due,
    };
    let results: Vec<CheckResult> = futures::stream::iter(due)
        .map(|instance| async move { probe(cx, addresses, &instance).await })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let saved = instances::save_checks(&cx.database, cx.by_system(&caller), &results).await?;
    let handed_over = cx.settle(saved)?.handed_over;
    if handed_over > 0 {
        cx.ring().await;
    }
    let count = |wanted| {
        let number = results
            .iter()
            .filter(|result| result.healthy == wanted)
            .count();
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    let (healthy, unhealthy) = (count(true), count(false));
    let counts = HealthChecks {
        checked: healthy + unhealthy,
        healthy,
        unhealthy,
        handed_over,
    };
    cx.finish(&counts).await;
    Answer::ok(&counts)
}
