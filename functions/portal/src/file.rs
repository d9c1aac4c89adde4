//! `GET /portal/...`: one of the portal's files.

use std::cell::RefCell;

use edge::{Anonymous, Answer, Context, Error, Request};

use crate::answer::{Question, Reply, answer};
use crate::cache::CachedSite;
use crate::config::Config;
use crate::site::Site;

/// Where `spin.toml` mounts the build's output.
const ROOT: &str = "/site";

/// Where the function lies; the browser does not see it.
const PREFIX: &str = "/portal";

thread_local! {
    /// Nothing of a request: the same files for everybody.
    static SITE: RefCell<CachedSite> = RefCell::new(CachedSite::new(Site::new(ROOT)));
}

/// Answers with the file, the page for what is not there, or the way to the clean address.
pub(crate) async fn handle(
    context: &Context,
    _: Anonymous,
    request: Request,
) -> Result<Answer, Error> {
    let config = Config::read(context).await?;
    let question = Question {
        path: request.path().strip_prefix(PREFIX).unwrap_or_default(),
        query: request
            .header("spin-full-url")
            .and_then(|url| url.split_once('?'))
            .map(|(_, query)| query),
        if_none_match: request.header("if-none-match"),
        accept_encoding: request.header("accept-encoding").unwrap_or_default(),
        talks_to: &[&config.api_url, &config.auth_url],
    };
    let reply = SITE.with_borrow_mut(|site| answer(site, &question));
    reply
        .map(into_answer)
        .map_err(|error| Error::Internal(error.to_string()))
}

fn into_answer(reply: Reply) -> Answer {
    let answer = match reply.content {
        Some((content_type, body)) => Answer::new(reply.status, content_type, body),
        None => Answer::empty(reply.status),
    };
    reply
        .headers
        .into_iter()
        .fold(answer, |answer, (name, value)| {
            answer.with_header(name, &value)
        })
}
