//! `GET /admin/audit-logs`: who did what, page by page; as CSV for a client that asks for it.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request, StatusCode};

use crate::table;

const CSV: &str = "text/csv";

/// Rows of a CSV at most: what a spreadsheet opens at once, and an answer that is still small.
const CSV_ROWS: i32 = 5000;

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let mut page = request.page("created_at", contract::AUDIT_LOGS)?;
    let as_csv = request.prefers(CSV);
    if as_csv {
        page.limit = CSV_ROWS;
    }
    let answer = store::audit::list_all(&cx.database, cx.by_admin(&caller), &page).await?;
    let list = cx.settle(answer)?;
    let answer = if as_csv {
        let text = table::write(&list.data).map_err(|error| Error::Internal(error.to_string()))?;
        Answer::new(
            StatusCode::OK,
            "text/csv; charset=utf-8; header=present",
            text,
        )
    } else {
        Answer::ok(&list)?
    };
    Ok(answer.with_total(list.total))
}
