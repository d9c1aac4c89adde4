//! How the daemon reaches Stripe: reqwest in production, a function in tests.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use stripe::TransportError;

/// Connecting, sending and reading the answer together.
const TIMEOUT: Duration = Duration::from_secs(10);
/// No object of Stripe's is near this.
const MAX_ANSWER_BYTES: u64 = 8 * 1024 * 1024;

type Answer = Result<Response<Bytes>, TransportError>;
type Send = dyn Fn(Request<Bytes>) -> BoxFuture<'static, Answer> + std::marker::Send + Sync;

/// Sends requests to Stripe. One concrete type, so that its futures can be spawned.
#[derive(Clone)]
pub struct StripeTransport(Arc<Send>);

impl StripeTransport {
    /// Sends by `send`.
    pub fn new(
        send: impl Fn(Request<Bytes>) -> BoxFuture<'static, Answer> + std::marker::Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(send))
    }

    /// Sends over the network; follows no redirects, since the key would go with it.
    pub fn over_http() -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self::new(move |request| {
            let http = http.clone();
            async move { send(&http, request).await.map_err(TransportError::new) }.boxed()
        }))
    }
}

async fn send(
    http: &reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Box<dyn std::error::Error + std::marker::Send + Sync>> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.clone_from(answer.headers());
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() as u64 + chunk.len() as u64 > MAX_ANSWER_BYTES {
            return Err("the answer is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(response.body(body.into())?)
}

impl stripe::Transport for StripeTransport {
    fn send(&self, request: Request<Bytes>) -> impl Future<Output = Answer> {
        (self.0)(request)
    }
}
