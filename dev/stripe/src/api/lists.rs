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
    mut filter: Filter,
) -> ApiResult<Value> {
    filter.created = created(&mut params)?;
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

/// When the objects were made: `created`, or `created[gte]` and the like.
fn created(params: &mut Params) -> ApiResult<(i64, i64)> {
    if let Some(at) = params.integer("created")? {
        return Ok((at, at));
    }
    let after = params
        .integer("created[gt]")?
        .map(|at| at.saturating_add(1));
    let before = params
        .integer("created[lt]")?
        .map(|at| at.saturating_sub(1));
    let first = params.integer("created[gte]")?.max(after);
    let lasts = [params.integer("created[lte]")?, before];
    Ok((
        first.unwrap_or(i64::MIN),
        lasts.into_iter().flatten().min().unwrap_or(i64::MAX),
    ))
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
