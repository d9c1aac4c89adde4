//! From a path and what a client has already to an answer, without the runtime.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, LOCATION, VARY,
};
use http::{HeaderName, StatusCode};

use crate::cache::CachedSite;
use crate::encoding::Encoding;
use crate::location::{Location, locate};
use crate::policy::FOR_ASSETS;
use crate::site::{File, SiteError};

/// Files below it have their content's hash in their name.
const HASHED: &str = "_next/static/";

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// May be kept, but is asked for again each time: the entity tag makes that cheap.
const ASK_AGAIN: &str = "no-cache";

const HTML: &str = "text/html; charset=utf-8";

/// The page for what is not there; as a page of its own it is not there either.
const NOT_FOUND: &str = "404.html";
const NOT_FOUND_TOO: &str = "_not-found.html";

/// What a page may use of the browser beyond scripts: nothing of this, and no window of another site beside it.
const PAGE_HEADERS: &[(&str, &str)] = &[
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
];

/// What a client asks for.
pub(crate) struct Question<'a> {
    /// Below the prefix, as it was sent.
    pub(crate) path: &'a str,
    /// Without the question mark, as it was sent.
    pub(crate) query: Option<&'a str>,
    /// The header `If-None-Match`.
    pub(crate) if_none_match: Option<&'a str>,
    /// The header `Accept-Encoding`; empty where there is none.
    pub(crate) accept_encoding: &'a str,
    /// Bases that pages talk to.
    pub(crate) talks_to: &'a [&'a str],
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// None for an answer without a body.
    pub(crate) content: Option<(&'static str, Bytes)>,
    pub(crate) headers: Vec<(HeaderName, String)>,
}

/// Answers; the error is the operator's to mend.
pub(crate) fn answer(site: &mut CachedSite, question: &Question<'_>) -> Result<Reply, SiteError> {
    match locate(question.path) {
        Location::Asset(name, content_type) => match read(site, &name, question)? {
            Some(found) => Ok(asset(&name, content_type, &found, question)),
            None => not_found(site, question),
        },
        Location::Page(name) if name == NOT_FOUND || name == NOT_FOUND_TOO => {
            not_found(site, question)
        }
        Location::Page(name) => match read(site, &name, question)? {
            Some(found) => page(site, StatusCode::OK, &name, &found, question),
            None => not_found(site, question),
        },
        Location::Moved(path) => Ok(moved(&path, question.query)),
        Location::Nothing => not_found(site, question),
    }
}

/// A file as the client gets it.
struct Found {
    file: File,
    /// How it is packed.
    encoding: Option<Encoding>,
}

/// The best of what the build has made of a file and the client takes.
fn read(
    site: &mut CachedSite,
    name: &str,
    question: &Question<'_>,
) -> Result<Option<Found>, SiteError> {
    for encoding in Encoding::accepted(question.accept_encoding) {
        if let Some(file) = site.read(&encoding.file_of(name))? {
            let encoding = Some(encoding);
            return Ok(Some(Found { file, encoding }));
        }
    }
    let plain = |file| Found {
        file,
        encoding: None,
    };
    Ok(site.read(name)?.map(plain))
}

fn asset(name: &str, content_type: &'static str, found: &Found, question: &Question<'_>) -> Reply {
    let cache = if name.starts_with(HASHED) {
        IMMUTABLE
    } else {
        ASK_AGAIN
    };
    let headers = vec![
        (CACHE_CONTROL, cache.to_owned()),
        (CONTENT_SECURITY_POLICY, FOR_ASSETS.to_owned()),
    ];
    content(StatusCode::OK, content_type, found, headers, question)
}

fn page(
    site: &mut CachedSite,
    status: StatusCode,
    name: &str,
    found: &Found,
    question: &Question<'_>,
) -> Result<Reply, SiteError> {
    let policy = site.inline_scripts()?.policy(name, question.talks_to);
    let mut headers = vec![
        (CACHE_CONTROL, ASK_AGAIN.to_owned()),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    for (header, value) in PAGE_HEADERS {
        headers.push((HeaderName::from_static(header), (*value).to_owned()));
    }
    Ok(content(status, HTML, found, headers, question))
}

/// The content, or 304 for a client that has it.
fn content(
    status: StatusCode,
    content_type: &'static str,
    Found { file, encoding }: &Found,
    mut headers: Vec<(HeaderName, String)>,
    question: &Question<'_>,
) -> Reply {
    headers.push((VARY, "accept-encoding".to_owned()));
    if let Some(encoding) = encoding {
        headers.push((CONTENT_ENCODING, encoding.name().to_owned()));
    }
    let has_it = status == StatusCode::OK
        && question
            .if_none_match
            .is_some_and(|tags| matches_tag(tags, &file.etag));
    if status == StatusCode::OK {
        headers.push((ETAG, file.etag.clone()));
    }
    Reply {
        status: if has_it {
            StatusCode::NOT_MODIFIED
        } else {
            status
        },
        content: (!has_it).then(|| (content_type, file.body.clone())),
        headers,
    }
}

fn not_found(site: &mut CachedSite, question: &Question<'_>) -> Result<Reply, SiteError> {
    match read(site, NOT_FOUND, question)? {
        Some(found) => page(site, StatusCode::NOT_FOUND, NOT_FOUND, &found, question),
        None => Err(SiteError::Unreadable(
            NOT_FOUND.to_owned(),
            std::io::ErrorKind::NotFound.into(),
        )),
    }
}

/// The browser sees the host `app.`, where the prefix is not part of the path.
fn moved(path: &str, query: Option<&str>) -> Reply {
    let location = match query {
        Some(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    };
    Reply {
        status: StatusCode::PERMANENT_REDIRECT,
        content: None,
        headers: vec![(LOCATION, location), (CACHE_CONTROL, ASK_AGAIN.to_owned())],
    }
}

/// Whether a list of entity tags names this one. The comparison is the weak one, as RFC 9110 wants it here.
fn matches_tag(list: &str, etag: &str) -> bool {
    list.split(',')
        .map(str::trim)
        .any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == etag)
}

#[cfg(test)]
mod tests;
