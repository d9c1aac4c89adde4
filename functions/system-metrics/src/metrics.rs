//! `GET /system/metrics`: what the daemon's own metrics cannot say, for a scraper.

use auth::SystemCaller;
use edge::{Answer, Context, Error, Request, StatusCode};

/// The text form's own name and version.
const TEXT: &str = prometheus::TEXT_FORMAT;

pub(crate) async fn handle(
    cx: &Context,
    caller: SystemCaller,
    _: Request,
) -> Result<Answer, Error> {
    let answer = store::platform::metrics(&cx.database, cx.by_system(&caller)).await?;
    let figures = cx.settle(answer)?;
    let text =
        crate::families::text(&figures).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Answer::new(StatusCode::OK, TEXT, text))
}
