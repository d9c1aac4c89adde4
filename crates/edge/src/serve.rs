//! One request from the runtime to its answer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_LENGTH, ORIGIN,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::Full;
use serde_json::json;
use spin_sdk::http::{FromRequest, IntoResponse, Request as SpinRequest};
use spin_sdk::wasip3::http::types;
use store::{Rate, RequestFacts, RouteGroup};
use uuid::Uuid;

use crate::database::SpinDatabase;
use crate::route::{Found, Route, find};
use crate::settings::{Settings, host_url};
use crate::{Answer, Context, Error, Request, problem};

/// What a browser may send from the portal.
const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key";
const ALLOWED_METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const EXPOSED_HEADERS: &str = "x-request-id, x-total-count, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset";

/// Answers one request by a function's table. Never fails: every error is an answer.
pub async fn serve(
    routes: &'static [Route],
    request: types::Request,
) -> Result<types::Response, types::ErrorCode> {
    let started = Instant::now();
    let (parts, body) = SpinRequest::from_request(request)?.into_parts();
    let request_id = Uuid::new_v4().to_string();
    let rate = Rc::new(Cell::new(None));
    let account = Rc::new(Cell::new(None));
    let origin = parts.headers.get(ORIGIN).cloned();
    let method = parts.method.clone();
    let path = parts.uri.path().to_owned();

    let incoming = Incoming {
        routes,
        method: &method,
        request_id: &request_id,
        rate: &rate,
        account: &account,
    };
    let request = Request {
        headers: parts.headers,
        uri: parts.uri,
        values: Vec::new(),
        body: RefCell::new(Some(body)),
    };
    let (answer, cause) = match incoming.run(request).await {
        Ok(answer) => (answer, None),
        Err(error) => (
            problem::answer(&error, &request_id),
            Some(error.to_string()),
        ),
    };
    let answer = finish(answer, origin.as_ref(), rate.get(), &request_id).await;
    log(&json!({
        "request_id": request_id, "method": method.as_str(), "path": path,
        "status": answer.status.as_u16(), "account": account.get(), "cause": cause,
        "duration_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }));
    respond(answer, &method)
}

struct Incoming<'a> {
    routes: &'static [Route],
    method: &'a Method,
    request_id: &'a str,
    rate: &'a Rc<Cell<Option<Rate>>>,
    account: &'a Rc<Cell<Option<Uuid>>>,
}

impl Incoming<'_> {
    async fn run(&self, mut request: Request) -> Result<Answer, Error> {
        check_host(&request).await?;
        if self.method == Method::OPTIONS {
            return Ok(Answer::empty(StatusCode::NO_CONTENT));
        }
        let (route, values) = match find(self.routes, self.method.as_str(), request.path()) {
            Found::Route(route, values) => (route, values),
            Found::OtherMethods(methods) => return Err(Error::MethodNotAllowed(methods)),
            Found::Nothing => return Err(Error::NotFound),
        };
        request.values = values;
        let context = self.context(route, &request).await?;
        (route.run)(context, request).await
    }

    async fn context(&self, route: &Route, request: &Request) -> Result<Context, Error> {
        let group: RouteGroup = route.group;
        Ok(Context {
            database: SpinDatabase,
            settings: Settings,
            facts: RequestFacts {
                operation: format!("{} {}", route.method, route.path),
                group,
                limit: Settings.limits().await?.of(group),
                address: client_address(request, Settings.trusted_hops().await?),
                request_id: self.request_id.to_owned(),
                public_url: Settings.public_url().await?,
            },
            rate: Rc::clone(self.rate),
            account: Rc::clone(self.account),
        })
    }
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

/// The address that the outermost of our own proxies saw: so many hops from the right of `x-forwarded-for`.
fn client_address(request: &Request, trusted_hops: usize) -> Option<String> {
    let forwarded = request
        .header("x-forwarded-for")
        .filter(|_| trusted_hops > 0);
    let address = match forwarded {
        Some(list) => list.rsplit(',').nth(trusted_hops - 1).map(str::trim),
        None => request
            .header("spin-client-addr")
            .and_then(|a| a.rsplit_once(':'))
            .map(|(ip, _)| ip),
    };
    let address: std::net::IpAddr = address?.trim_matches(['[', ']']).parse().ok()?;
    Some(address.to_string())
}

/// Adds what every answer has.
async fn finish(
    mut answer: Answer,
    origin: Option<&HeaderValue>,
    rate: Option<Rate>,
    request_id: &str,
) -> Answer {
    let headers = &mut answer.headers;
    set(headers, HeaderName::from_static("x-request-id"), request_id);
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_default(headers, REFERRER_POLICY, "no-referrer");
    set_default(headers, CACHE_CONTROL, "no-store");
    if let Some(rate) = rate {
        set(
            headers,
            HeaderName::from_static("ratelimit-limit"),
            &rate.limit.to_string(),
        );
        set(
            headers,
            HeaderName::from_static("ratelimit-remaining"),
            &rate.remaining.to_string(),
        );
        set(
            headers,
            HeaderName::from_static("ratelimit-reset"),
            &rate.reset.to_string(),
        );
    }
    if !Settings.is_local().await.unwrap_or(false) {
        set(
            headers,
            STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
    let app = Settings.app_url().await.unwrap_or_default();
    if origin.is_some_and(|origin| !app.is_empty() && origin.as_bytes() == app.as_bytes()) {
        set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, &app);
        set(headers, ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        set(headers, ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
        set(headers, ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        set(headers, ACCESS_CONTROL_MAX_AGE, "600");
    }
    set(headers, VARY, "origin");
    // Without it Spin sends head and body apart, and a client that keeps its connection waits 40 ms.
    let length = answer.body.len().to_string();
    if answer.status != StatusCode::NO_CONTENT && answer.status != StatusCode::NOT_MODIFIED {
        set(&mut answer.headers, CONTENT_LENGTH, &length);
    }
    answer
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
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
