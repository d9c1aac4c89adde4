//! One request from the runtime to its answer.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use http::header::ORIGIN;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::json;
use spin_sdk::http::{FromRequest, IntoResponse, Request as SpinRequest};
use spin_sdk::wasip3::http::types;
use store::RequestFacts;
use uuid::Uuid;

use crate::context::Noted;
use crate::database::SpinDatabase;
use crate::finish::{Known, finish};
use crate::request::Body;
use crate::route::{Found, Route, find};
use crate::settings::{Settings, host_url};
use crate::{Answer, Context, Error, Request, client, problem};

/// Lengths of a request id of a client's that is kept.
const REQUEST_ID_LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

/// Answers one request by a function's table. Never fails: every error is an answer.
pub async fn serve(
    routes: &'static [Route],
    request: types::Request,
) -> Result<types::Response, types::ErrorCode> {
    let started = Instant::now();
    let (parts, body) = SpinRequest::from_request(request)?.into_parts();
    let origin = parts.headers.get(ORIGIN).cloned();
    let method = parts.method.clone();
    let path = parts.uri.path().to_owned();
    let request = Request {
        method: parts.method,
        headers: parts.headers,
        uri: parts.uri,
        values: Vec::new(),
        body: RefCell::new(Body::Coming(body)),
    };
    let request_id = request_id(&request);
    let noted = Rc::new(Noted::default());
    let (answer, cause) = match run(routes, request, &request_id, &noted).await {
        Ok(answer) => (answer, None),
        Err(error) => (
            problem::answer(&error, &request_id),
            Some(error.to_string()),
        ),
    };
    let known = Known {
        origin: origin.as_ref(),
        rate: noted.rate.get(),
        replayed: noted.replayed.get(),
        request_id: &request_id,
    };
    let answer = finish(answer, &known).await;
    log(&json!({
        "request_id": request_id, "method": method.as_str(), "path": path,
        "status": answer.status.as_u16(), "account": noted.account.get(), "cause": cause,
        "token_known": noted.token_known.get(),
        "duration_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }));
    respond(answer, &method)
}

async fn run(
    routes: &'static [Route],
    mut request: Request,
    request_id: &str,
    noted: &Rc<Noted>,
) -> Result<Answer, Error> {
    check_host(&request).await?;
    if request.method == Method::OPTIONS {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    let (route, values) = match find(routes, request.method.as_str(), request.path()) {
        Found::Route(route, values) => (route, values),
        Found::OtherMethods(methods) => return Err(Error::MethodNotAllowed(methods)),
        Found::Nothing => return Err(Error::NotFound),
    };
    request.values = values;
    let context = Context {
        database: SpinDatabase,
        settings: Settings,
        facts: facts(route, &request, request_id).await?,
        noted: Rc::clone(noted),
        attempt: Uuid::new_v4(),
    };
    (route.run)(context, request).await
}

async fn facts(route: &Route, request: &Request, request_id: &str) -> Result<RequestFacts, Error> {
    let limits = Settings.limits().await?;
    let address = client::address(request, Settings.trusted_hops().await?);
    Ok(RequestFacts {
        operation: format!("{} {}", route.method, route.path),
        group: route.group,
        limit: limits.of(route.group),
        address: address.map(|ip| ip.to_string()),
        network: client::network(address),
        stranger_limit: limits.anonymous,
        idempotency: None,
        request_id: request_id.to_owned(),
        public_url: Settings.public_url().await?,
    })
}

/// The client's own, so that it finds its request in our log; a new one when it gave none or something odd.
fn request_id(request: &Request) -> String {
    let is_sane = |id: &&str| {
        REQUEST_ID_LENGTHS.contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    request
        .header("x-request-id")
        .filter(|_| request.header_count("x-request-id") == 1)
        .filter(is_sane)
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// Only our own names are answered, so that nobody can make us write another one into a link or a cache.
async fn check_host(request: &Request) -> Result<(), Error> {
    let given = request
        .header("host")
        .or_else(|| request.uri.authority().map(http::uri::Authority::as_str));
    let given = given.unwrap_or_default().to_ascii_lowercase();
    let public_url = Settings.public_url().await?;
    for label in ["api", "app"] {
        if host_url(&public_url, label)
            .split_once("://")
            .is_some_and(|(_, ours)| ours == given)
        {
            return Ok(());
        }
    }
    let name = given.split(':').next().unwrap_or_default();
    if Settings.is_local().await? && ["localhost", "127.0.0.1"].contains(&name) {
        return Ok(());
    }
    Err(Error::Malformed("This host is not served here.".to_owned()))
}

fn respond(answer: Answer, method: &Method) -> Result<types::Response, types::ErrorCode> {
    let body = if method == Method::HEAD {
        bytes::Bytes::new()
    } else {
        answer.body
    };
    let mut response = http::Response::new(Full::new(body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response.into_response()
}

/// One line per request, for whoever collects the component's standard error.
fn log(line: &serde_json::Value) {
    eprintln!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &[&str]) -> String {
        let mut request = Request::for_tests("/");
        for value in given {
            request
                .headers
                .append("x-request-id", value.parse().unwrap());
        }
        request_id(&request)
    }

    #[test]
    fn a_sane_request_id_is_kept_and_another_replaced() {
        assert_eq!(id_for(&["trace-4711.a_b"]), "trace-4711.a_b");
        for odd in [vec![], vec!["short"], vec!["with space"], vec!["a;drop--"]] {
            assert!(Uuid::parse_str(&id_for(&odd)).is_ok(), "{odd:?}");
        }
        assert!(Uuid::parse_str(&id_for(&["long-enough-1", "long-enough-2"])).is_ok());
        assert!(Uuid::parse_str(&id_for(&["x".repeat(65).as_str()])).is_ok());
    }
}
