//! A way to the API server that can be cut, frozen, or answer in its place. It counts who comes.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use kube::config::AuthInfo;
use kube::{Client, Config};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What connections meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A way as any.
    Open,
    /// None: those that are there end, new ones end at once.
    Cut,
}

/// What is answered in the API server's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
    /// A status, with `Retry-After` when that is not 0.
    Status(u16, u64),
    /// What it answers, and the connection ends in the middle of that.
    Torn,
    /// Nothing, for ever.
    Hang,
}

/// Requests that meet it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trouble {
    /// What happens to them.
    pub(super) instead: Instead,
    /// Which they are.
    pub(super) of: fn(&Request<Incoming>) -> bool,
    /// How many of them do.
    pub(super) count: usize,
}

/// What changes something.
pub(super) fn is_write(request: &Request<Incoming>) -> bool {
    // a question is asked by a POST, too
    request.method() != Method::GET && !request.uri().path().contains("selfsubject")
}

/// What watches.
pub(super) fn is_watch(request: &Request<Incoming>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query.contains("watch=true") || query.contains("watch=1")
}

struct Shared {
    state: watch::Sender<State>,
    /// Raised to freeze the connections that are there.
    freezes: watch::Sender<usize>,
    trouble: Mutex<Option<Trouble>>,
    connections: AtomicUsize,
    api_server: Client,
}

/// The way.
#[derive(Clone)]
pub(super) struct Way {
    port: u16,
    shared: Arc<Shared>,
}

impl Way {
    /// To the API server of that configuration; who comes has to bring a token.
    pub(super) async fn to(mut config: Config) -> Self {
        config.auth_info = AuthInfo::default();
        config.default_retry = false;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            state: watch::Sender::new(State::Open),
            freezes: watch::Sender::new(0),
            trouble: Mutex::default(),
            connections: AtomicUsize::new(0),
            api_server: Client::try_from(config).unwrap(),
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(carry(connection, Arc::clone(&accepting)));
            }
        });
        Self { port, shared }
    }

    /// A configuration that goes this way.
    pub(super) fn lead(&self, config: &mut Config) {
        config.cluster_url = format!("http://127.0.0.1:{}", self.port).parse().unwrap();
    }

    pub(super) fn set(&self, state: State) {
        self.shared.state.send_replace(state);
    }

    /// Those who are connected hear nothing any more, and do not learn of it.
    pub(super) fn freeze(&self) {
        self.shared.freezes.send_modify(|freezes| *freezes += 1);
    }

    pub(super) fn trouble(&self, trouble: Trouble) {
        *self.shared.trouble.lock().unwrap() = Some(trouble);
    }

    /// How much trouble is left.
    pub(super) fn left(&self) -> usize {
        let trouble = self.shared.trouble.lock().unwrap();
        trouble.map_or(0, |trouble| trouble.count)
    }

    pub(super) fn end_trouble(&self) {
        *self.shared.trouble.lock().unwrap() = None;
    }

    /// Connections so far.
    pub(super) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

async fn carry(connection: TcpStream, shared: Arc<Shared>) {
    let (mut state, mut freezes) = (shared.state.subscribe(), shared.freezes.subscribe());
    freezes.mark_unchanged();
    let service = service_fn(|request| answer(request, Arc::clone(&shared)));
    let serving = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service);
    tokio::pin!(serving);
    let is_frozen = tokio::select! {
        // who goes away is no trouble
        _ = &mut serving => false,
        _ = state.wait_for(|state| *state == State::Cut) => false,
        _ = freezes.changed() => true,
    };
    if is_frozen {
        std::future::pending::<()>().await;
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Body>, std::io::Error> {
    let trouble = met(&request, &shared);
    if let Some(Instead::Status(code, retry_after)) = trouble {
        return Ok(said(code, retry_after));
    }
    if trouble == Some(Instead::Hang) {
        std::future::pending::<Infallible>().await;
    }
    let (parts, body) = request.into_parts();
    let body = http_body_util::BodyExt::collect(body).await;
    let body = body.map_err(std::io::Error::other)?.to_bytes();
    let request = Request::from_parts(parts, Body::from(body.to_vec()));
    let answered = shared.api_server.send(request).await;
    let answered = answered.map_err(std::io::Error::other)?;
    if trouble == Some(Instead::Torn) {
        return Err(std::io::Error::other("torn"));
    }
    Ok(answered)
}

fn met(request: &Request<Incoming>, shared: &Shared) -> Option<Instead> {
    let mut trouble = shared.trouble.lock().unwrap();
    let trouble = trouble.as_mut()?;
    if trouble.count == 0 || !(trouble.of)(request) {
        return None;
    }
    trouble.count -= 1;
    Some(trouble.instead)
}

fn said(code: u16, retry_after: u64) -> Response<Body> {
    let status = StatusCode::from_u16(code).unwrap();
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
        "message": "said on the way", "reason": status.canonical_reason()});
    let mut response = Response::builder().status(status);
    if retry_after > 0 {
        response = response.header("retry-after", retry_after);
    }
    response
        .body(Body::from(body.to_string().into_bytes()))
        .unwrap()
}
