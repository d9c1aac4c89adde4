//! From a request to its answer.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use wasmtime_wasi_http::{Error, WasiBody};

use super::headers::{self, Unclear, Unfit};
use super::neighbours::Components;
use super::target::{Failure, FixedAnswer, Served, Target, Turn};
use super::turns::Origin;
use crate::app::routes::Routes;
use crate::outbound::strip_hop_by_hop;

/// Paths that Spin keeps for itself; they come before every route.
const RESERVED: &str = "/.well-known/spin/";

/// The application in service.
pub(crate) struct Dispatcher {
    pub(crate) routes: Routes<Target>,
    /// What `/.well-known/spin/info` says.
    pub(crate) info: String,
    /// Also those that only other components reach.
    #[expect(dead_code, reason = "held while the application is in service")]
    pub(crate) components: Arc<Components>,
    /// Set when the host ends.
    pub(crate) stopping: Arc<AtomicBool>,
    /// How long a client may leave an answer unread.
    pub(crate) max_stall_time: Duration,
}

/// The body of an answer: of a component (with its turn), or ours.
pub(crate) enum AnswerBody {
    Component(WasiBody, Turn),
    Own(Full<Bytes>),
}

pub(crate) type Answer = Response<AnswerBody>;

impl Dispatcher {
    /// Answers one request, unless it does not say to whom it goes.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Result<Answer, Unclear> {
        if let Some(name) = request.uri().path().strip_prefix(RESERVED) {
            return Ok(self.reserved(name));
        }
        let path = request.uri().path().to_owned();
        let Some(matched) = self.routes.find(&path) else {
            return Ok(status(StatusCode::NOT_FOUND));
        };
        let mut request = request.map(|body| body.map_err(Error::from).boxed_unsync());
        headers::resolve(&mut request)?;
        Ok(match matched.target {
            Target::Static(answer) => fixed(answer),
            Target::Component(component) => {
                match headers::prepare(&mut request, &matched, client) {
                    Ok(()) => by_component(component, request, Origin::Client).await,
                    Err(error) => failed(&component.id, &error),
                }
            }
        })
    }

    fn reserved(&self, name: &str) -> Answer {
        match name {
            "health" => plain(StatusCode::OK, "OK"),
            "info" => {
                let mut answer = plain(StatusCode::OK, &self.info);
                let json = HeaderValue::from_static("application/json");
                answer.headers_mut().insert(CONTENT_TYPE, json);
                answer
            }
            _ => status(StatusCode::NOT_FOUND),
        }
    }
}

/// Lets a component answer a request that is prepared.
pub(crate) async fn by_component(
    component: &Served,
    request: Request<WasiBody>,
    origin: Origin,
) -> Answer {
    match component.answer(request, origin).await {
        Ok((mut response, turn)) => {
            strip_hop_by_hop(response.headers_mut());
            response.map(|body| AnswerBody::Component(body, turn))
        }
        Err(Failure::Busy) => status(StatusCode::SERVICE_UNAVAILABLE),
        Err(Failure::Failed) => status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// The answer to a request that the component cannot be given.
pub(crate) fn failed(component: &str, error: &Unfit) -> Answer {
    tracing::warn!(component, "refused a request: {error}");
    status(StatusCode::INTERNAL_SERVER_ERROR)
}

fn fixed(answer: &FixedAnswer) -> Answer {
    let mut response = own(answer.status, answer.body.clone());
    response.headers_mut().extend(answer.headers.clone());
    response
}

fn plain(status: StatusCode, text: &str) -> Answer {
    let mut response = own(status, Bytes::copy_from_slice(text.as_bytes()));
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

fn status(status: StatusCode) -> Answer {
    own(status, Bytes::new())
}

fn own(status: StatusCode, body: Bytes) -> Answer {
    let mut response = Response::new(AnswerBody::Own(Full::new(body)));
    *response.status_mut() = status;
    response
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.get_mut() {
            Self::Component(body, turn) => match ready!(Pin::new(body).poll_frame(cx)) {
                // wasmtime ends the body of an instance that trapped as if it were whole.
                None if turn.has_failed() => Poll::Ready(Some(Err(Error::HttpResponseIncomplete))),
                frame => Poll::Ready(frame),
            },
            Self::Own(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Component(body, _) => body.is_end_stream(),
            Self::Own(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Component(body, _) => body.size_hint(),
            Self::Own(body) => body.size_hint(),
        }
    }
}
