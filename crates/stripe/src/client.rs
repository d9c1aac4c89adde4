//! Sending a call and reading its answer. The calls themselves stand beside their objects.

use std::future::Future;

use bytes::Bytes;
use http::Request;
use http::Response;
use http::Uri;
use http::header;
use serde::de::DeserializeOwned;

use crate::API_VERSION;
use crate::Error;
use crate::Operation;
use crate::SecretKey;
use crate::TransportError;
use crate::form::Form;

/// Stripe's limit for an idempotency key.
const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;

/// Sends one request and reads the whole answer.
///
/// The future is not asked to be `Send`, because none is under WASM. A concrete transport whose future is
/// `Send` makes the futures of [`Client`] `Send` too, so that the daemon may spawn them.
/// Timeouts, a limit on the answer's size and not following redirects are the transport's part.
pub trait Transport {
    /// Sends `request`. An answer of any status is `Ok`.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>>;
}

/// Stripe's API, as far as this platform uses it. Clone it freely when the transport can be.
#[derive(Clone)]
pub struct Client<T> {
    transport: T,
    api_url: String,
    secret_key: SecretKey,
}

impl<T: Transport> Client<T> {
    /// `api_url` is `https://api.stripe.com`, or where the stand-in listens.
    pub fn new(transport: T, api_url: &str, secret_key: SecretKey) -> Result<Self, Error> {
        let api_url = api_url.trim_end_matches('/');
        let uri: Uri = api_url
            .parse()
            .map_err(|_| Error::InvalidRequest("the API's URL is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.query().is_some() {
            return Err(Error::InvalidRequest("the API's URL is not an HTTP origin"));
        }
        Ok(Self {
            transport,
            api_url: api_url.to_owned(),
            secret_key,
        })
    }

    /// The transport, for whoever shares it.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Whether this client moves real money.
    pub fn is_live(&self) -> bool {
        self.secret_key.is_live()
    }

    /// Reads. `id` is that of the one object whose path it is.
    pub(crate) async fn get<A: DeserializeOwned>(
        &self,
        operation: Operation,
        id: Option<&str>,
        query: Form,
    ) -> Result<A, Error> {
        let mut path = operation.path(id)?;
        if !query.is_empty() {
            path = format!("{path}?{}", query.encode()?);
        }
        self.call(self.request(operation, &path).body(Bytes::new()))
            .await
    }

    /// Changes. `id` is that of the one object whose path it is.
    pub(crate) async fn post<A: DeserializeOwned>(
        &self,
        operation: Operation,
        id: Option<&str>,
        form: Form,
        idempotency_key: &str,
    ) -> Result<A, Error> {
        if idempotency_key.is_empty() || idempotency_key.len() > MAX_IDEMPOTENCY_KEY_CHARS {
            return Err(Error::InvalidRequest(
                "an idempotency key has 1 to 255 characters",
            ));
        }
        let request = self
            .request(operation, &operation.path(id)?)
            .header("idempotency-key", idempotency_key)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form.encode()?));
        self.call(request).await
    }

    /// Ends the one object whose path it is. Stripe takes it once by itself, hence no key.
    pub(crate) async fn delete<A: DeserializeOwned>(
        &self,
        operation: Operation,
        id: &str,
    ) -> Result<A, Error> {
        let path = operation.path(Some(id))?;
        self.call(self.request(operation, &path).body(Bytes::new()))
            .await
    }

    /// The transport learns by an extension which call it sends.
    fn request(&self, operation: Operation, path: &str) -> http::request::Builder {
        let (method, _) = operation.target();
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.api_url))
            .header(header::AUTHORIZATION, self.secret_key.authorization())
            .header("stripe-version", API_VERSION)
            .extension(operation)
    }

    async fn call<A: DeserializeOwned>(
        &self,
        request: http::Result<Request<Bytes>>,
    ) -> Result<A, Error> {
        let request =
            request.map_err(|_| Error::InvalidRequest("a header or the path cannot be sent"))?;
        let answer = self
            .transport
            .send(request)
            .await
            .map_err(Error::Transport)?;
        read(&answer)
    }
}

/// Reads an answer: the object, or what Stripe says is wrong.
fn read<A: DeserializeOwned>(answer: &Response<Bytes>) -> Result<A, Error> {
    if !answer.status().is_success() {
        return Err(Error::of_answer(answer));
    }
    serde_json::from_slice(answer.body()).map_err(|error| Error::Unexpected(error.to_string()))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;

    /// Answers in order, and keeps what it was asked.
    #[derive(Default)]
    pub(crate) struct Script {
        answers: Mutex<VecDeque<(u16, String)>>,
        pub(crate) requests: Mutex<Vec<Request<Bytes>>>,
    }

    impl Script {
        pub(crate) fn client(answers: &[(u16, &str)]) -> Client<Self> {
            let answers = answers
                .iter()
                .map(|(status, body)| (*status, (*body).to_owned()));
            let script = Self {
                answers: Mutex::new(answers.collect()),
                ..Self::default()
            };
            let key = SecretKey::new("sk_test_1").unwrap();
            Client::new(script, "http://127.0.0.1:1/", key).unwrap()
        }

        pub(crate) fn body(&self, index: usize) -> String {
            let requests = self.requests.lock().unwrap();
            String::from_utf8(requests[index].body().to_vec()).unwrap()
        }

        pub(crate) fn target(&self, index: usize) -> String {
            let requests = self.requests.lock().unwrap();
            let request = &requests[index];
            format!(
                "{} {}",
                request.method(),
                request.uri().path_and_query().unwrap()
            )
        }
    }

    impl Transport for Script {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
            self.requests.lock().unwrap().push(request);
            let answer = self.answers.lock().unwrap().pop_front();
            let (status, body) = answer.ok_or_else(|| TransportError::new("no more answers"))?;
            Ok(Response::builder()
                .status(status)
                .body(Bytes::from(body))
                .unwrap())
        }
    }

    /// Runs a future that never waits for anything outside.
    pub(crate) fn now<F: Future>(future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => output,
            std::task::Poll::Pending => panic!("the script never waits"),
        }
    }

    #[test]
    fn every_request_names_the_version_and_carries_the_key() {
        let client = Script::client(&[(200, r#"{"id":"sub_1","status":"active"}"#)]);
        let answer = now(client.retrieve_subscription("sub_1"));
        assert!(
            matches!(answer, Err(Error::Unexpected(_))),
            "the customer is missing"
        );
        let requests = client.transport().requests.lock().unwrap();
        assert_eq!(requests[0].headers()["stripe-version"], API_VERSION);
        assert_eq!(requests[0].headers()["authorization"], "Bearer sk_test_1");
        assert_eq!(
            requests[0].uri(),
            "http://127.0.0.1:1/v1/subscriptions/sub_1"
        );
    }

    #[test]
    fn the_futures_can_be_spawned_when_the_transport_allows() {
        fn assert_send<F: Future + Send>(_: &F) {}
        let client = Script::client(&[]);
        assert_send(&client.retrieve_subscription("sub_1"));
        assert_send(&client.list_subscriptions("cus_1"));
        let answer = now(client.retrieve_subscription("sub_1"));
        assert!(answer.is_err_and(|error| error.is_transient()));
    }

    #[test]
    fn addresses_that_are_no_origin_are_refused() {
        for url in ["", "api.stripe.com", "ftp://x", "http://x?y", "/v1"] {
            let key = SecretKey::new("sk_test_1").unwrap();
            assert!(Client::new(Script::default(), url, key).is_err(), "{url:?}");
        }
    }
}
