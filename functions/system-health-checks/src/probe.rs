//! One instance's probe: its dashboard's and its homeserver's own health routes.

use std::time::Instant;

use edge::{Context, Error};
use futures::join;
use store::instances::{CheckResult, DueCheck};

/// Seconds of silence after which a part counts as missed.
const PATIENCE_SECONDS: u64 = 5;

/// Which addresses are probed, by the variable `probe_address`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// As the world reaches them.
    Public,
    /// As the gateway does: on one machine programs do not resolve the public names.
    Internal,
}

impl Addresses {
    pub(crate) fn parse(word: &str) -> Result<Self, Error> {
        match word {
            "public" => Ok(Self::Public),
            "internal" => Ok(Self::Internal),
            _ => Err(Error::Misconfigured(
                "probe_address",
                "must be public or internal".to_owned(),
            )),
        }
    }
}

pub(crate) async fn probe(cx: &Context, addresses: Addresses, due: &DueCheck) -> CheckResult {
    let (web, matrix) = match addresses {
        Addresses::Public => (Some(&due.web_url), Some(&due.matrix_url)),
        // without MindRoom there is no dashboard to probe
        Addresses::Internal => (
            due.internal_urls.web.as_ref(),
            due.internal_urls.matrix.as_ref(),
        ),
    };
    let started = Instant::now();
    let (web, matrix) = join!(
        part(cx, "MindRoom", web, "/api/health"),
        part(cx, "Matrix", matrix, "/_matrix/client/versions"),
    );
    let missing_all = addresses == Addresses::Internal && due.internal_urls.matrix.is_none();
    let detail = if missing_all {
        Some("no address".to_owned())
    } else {
        let missed: Vec<String> = [web, matrix].into_iter().flatten().collect();
        (!missed.is_empty()).then(|| missed.join("; "))
    };
    CheckResult {
        id: due.id,
        healthy: detail.is_none(),
        latency_ms: i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX),
        detail,
    }
}

/// What is wrong with one part, if anything.
async fn part(cx: &Context, name: &str, base: Option<&String>, path: &str) -> Option<String> {
    let url = format!("{}{path}", base?);
    match cx
        .outbound()
        .with_patience(PATIENCE_SECONDS)
        .get(&url)
        .await
    {
        Ok(reply) if reply.status == 200 => None,
        Ok(reply) => Some(format!("{name} answered {}", reply.status)),
        Err(cause) => Some(format!("{name} did not answer: {cause}")),
    }
}
