//! Lists by cursor: `limit`, `starting_after`, `ending_before`, newest first.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::store::Filter;
use crate::store::Range;
use crate::work::Work;

const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 100;

/// Takes the cursor, refuses what is left of the parameters, and answers one page.
pub(crate) async fn answer(
    work: &Work<'_>,
    mut params: Params,
    url: &str,
    filter: Filter,
) -> ApiResult<Value> {
    let limit = limit(&mut params)?;
    let range = range(work, &mut params, filter.kind).await?;
    params.finish()?;
    // One more than asked for tells whether there are more.
    let mut data = work.list(&filter, range, limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = data.len() > wanted;
    data.truncate(wanted);
    if matches!(range, Range::NewerThan(_)) {
        data.reverse();
    }
    Ok(json!({ "object": "list", "url": url, "has_more": has_more, "data": data }))
}

fn limit(params: &mut Params) -> ApiResult<i64> {
    let limit = params.integer("limit")?.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    let message = "This value must be between 1 and 100.";
    Err(ApiError::parameter(
        "parameter_invalid_integer",
        "limit",
        message,
    ))
}

async fn range(work: &Work<'_>, params: &mut Params, kind: &'static str) -> ApiResult<Range> {
    let after = params.text("starting_after");
    let before = params.text("ending_before");
    let (name, id) = match (&after, &before) {
        (None, None) => return Ok(Range::Newest),
        (Some(id), None) => ("starting_after", id),
        (None, Some(id)) => ("ending_before", id),
        (Some(_), Some(_)) => {
            let message = "You cannot use both starting_after and ending_before.";
            return Err(ApiError::parameter(None, "ending_before", message));
        }
    };
    let sequence = work.sequence(kind, id).await?;
    let sequence = sequence.ok_or_else(|| ApiError::missing_parameter(kind, id, name))?;
    Ok(if after.is_some() {
        Range::OlderThan(sequence)
    } else {
        Range::NewerThan(sequence)
    })
}
