//! Stripe's stand-in as a test drives it: calls with the secret key, its pages, and what nobody can do to Stripe.

use std::time::Duration;

use platform_tests::Answer;
use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::{Value, json};

pub(crate) const GOOD_CARD: &str = "4242424242424242";
/// It can be kept, and every charge fails.
pub(crate) const FAILING_CARD: &str = "4000000000000341";
pub(crate) const DECLINED_CARD: &str = "4000000000000002";

pub(crate) const DAY: i64 = 86_400;

/// The stand-in.
#[derive(Clone)]
pub(crate) struct Stripe {
    http: Client,
    url: String,
    key: String,
}

impl Stripe {
    pub(crate) fn new(url: &str, key: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_mins(2))
            .build();
        Self {
            http: http.unwrap(),
            url: url.to_owned(),
            key: key.to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.key)
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer {
            status,
            headers,
            text: answer.text().await.unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send(self.request(Method::GET, path)).await.expect(200)
    }

    /// The objects of a list.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let list = self.get(path).await;
        assert_eq!(list["has_more"], false, "{path}: more than one page");
        list["data"].as_array().unwrap().clone()
    }

    /// A call that Stripe may refuse.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(form)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Posts the form of a page, whose address people know by another host.
    pub(crate) async fn submit(&self, page: &str, form: &[(&str, &str)]) -> Answer {
        let (_, rest) = page.split_once("://").unwrap();
        let path = &rest[rest.find('/').unwrap()..];
        let request = self.http.post(format!("{}{path}", self.url)).form(form);
        self.send(request).await
    }

    /// What a test does to the stand-in.
    pub(crate) async fn control(&self, what: &str, wish: &Value) -> Value {
        let request = self.request(Method::POST, &format!("/_control/{what}"));
        self.send(request.json(wish)).await.expect(200)
    }

    /// A clock of a customer's own, which stands until it is moved.
    pub(crate) async fn clock_of(&self, customer: &str, now: i64) -> String {
        let now = now.to_string();
        let form = [("frozen_time", &*now), ("customer", customer)];
        let clock = self.post("/v1/test_helpers/test_clocks", &form).await;
        clock.expect(200)["id"].as_str().unwrap().to_owned()
    }

    /// Moves a clock; all that became due by it has then been done.
    pub(crate) async fn move_clock(&self, clock: &str, to: i64) {
        let advance = format!("/v1/test_helpers/test_clocks/{clock}/advance");
        let form = [("frozen_time", &*to.to_string())];
        self.post(&advance, &form).await.expect(200);
        self.control("clock", &json!({"seconds": 0})).await;
    }

    pub(crate) async fn subscription(&self, id: &str) -> Value {
        self.get(&format!("/v1/subscriptions/{id}")).await
    }
}
