//! Every request that can be built is one that Stripe knows, with parameters that it knows.

use std::sync::Mutex;

use bytes::Bytes;
use http::Request;
use http::Response;
use http::StatusCode;
use stripe::Client;
use stripe::Interval;
use stripe::NewCheckoutSession;
use stripe::NewCustomer;
use stripe::NewPortalSession;
use stripe::Operation;
use stripe::PriceChange;
use stripe::SecretKey;
use stripe::Transport;
use stripe::TransportError;
use stripe::WantedPrice;
use stripe::WantedProduct;

use crate::mock::Mock;

const KEY: &str = "sk_test_123";

/// Sends, and keeps what was sent and how stripe-mock took it.
struct Recorder {
    http: reqwest::Client,
    seen: Mutex<Vec<(Operation, StatusCode, String)>>,
}

impl Recorder {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
            seen: Mutex::default(),
        }
    }
}

impl Transport for Recorder {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let operation = *request
            .extensions()
            .get::<Operation>()
            .expect("an operation");
        let request = reqwest::Request::try_from(request).map_err(TransportError::new)?;
        let answer = self
            .http
            .execute(request)
            .await
            .map_err(TransportError::new)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(TransportError::new)?;
        let text = String::from_utf8_lossy(&body).into_owned();
        self.seen
            .lock()
            .expect("the list")
            .push((operation, status, text));
        // stripe-mock has every product; ours is to be created.
        let (status, body) = if operation == Operation::RetrieveProduct {
            (
                StatusCode::NOT_FOUND,
                Bytes::from_static(br#"{"error":{}}"#),
            )
        } else {
            (status, body)
        };
        Response::builder()
            .status(status)
            .body(body)
            .map_err(TransportError::new)
    }
}

/// Makes a call with everything that it can carry. A new operation does not compile without a line here.
async fn call(client: &Client<Recorder>, operation: Operation) -> Result<(), stripe::Error> {
    match operation {
        Operation::CreateCheckoutSession => client
            .create_checkout_session(&session(), "a")
            .await
            .map(drop),
        Operation::RetrieveCheckoutSession => {
            client.retrieve_checkout_session("cs_1").await.map(drop)
        }
        Operation::ListCheckoutSessions => {
            client.list_open_checkout_sessions("cus_1").await.map(drop)
        }
        Operation::ExpireCheckoutSession => {
            client.expire_checkout_session("cs_1", "b").await.map(drop)
        }
        Operation::CancelSubscription => client.cancel_subscription("sub_1").await.map(drop),
        Operation::CreateCustomer => client.create_customer(&customer(), "c").await.map(drop),
        Operation::RetrieveCustomer => client.retrieve_customer("cus_1").await.map(drop),
        Operation::RetrieveEvent => client.retrieve_event("evt_1").await.map(drop),
        Operation::ListEvents => client
            .list_events(1_795_430_000, Some("evt_1"))
            .await
            .map(drop),
        Operation::RetrieveInvoice => client.retrieve_invoice("in_1").await.map(drop),
        Operation::CreateInvoicePreview => client
            .preview_price_change("sub_1", &change(), "k")
            .await
            .map(drop),
        Operation::CreatePortalSession => {
            client.create_portal_session(&portal(), "d").await.map(drop)
        }
        Operation::CreatePrice => client.ensure_price(&price()).await.map(drop),
        Operation::ListPrices => client
            .list_prices(&["hobby_monthly", "pro_yearly"])
            .await
            .map(drop),
        Operation::CreateProduct => client.ensure_product(&product()).await.map(drop),
        Operation::RetrieveProduct => match client.retrieve_product("hobby").await {
            Err(error) if error.is_missing() => Ok(()),
            other => other.map(drop),
        },
        Operation::RetrieveSubscription => client.retrieve_subscription("sub_1").await.map(drop),
        Operation::ListSubscriptions => {
            client.list_all_subscriptions(Some("sub_1")).await?;
            client.list_subscriptions("cus_1").await.map(drop)
        }
        Operation::UpdateSubscription => {
            client.change_price("sub_1", &change(), "j").await?;
            client
                .set_cancel_at_period_end("sub_1", true, "e")
                .await
                .map(drop)
        }
    }
}

/// The same calls without all that may be left out.
async fn call_with_less(client: &Client<Recorder>) -> Result<(), stripe::Error> {
    let session = NewCheckoutSession {
        trial_period_days: None,
        expires_at: None,
        allow_promotion_codes: false,
        metadata: &[],
        subscription_metadata: &[],
        ..session()
    };
    client.create_checkout_session(&session, "f").await?;
    let customer = NewCustomer {
        email: None,
        name: None,
        metadata: &[],
    };
    client.create_customer(&customer, "g").await?;
    let portal = NewPortalSession {
        configuration: None,
        ..portal()
    };
    client.create_portal_session(&portal, "h").await?;
    let product = WantedProduct {
        description: None,
        ..product()
    };
    client.ensure_product(&product).await?;
    client.list_events(1_795_430_000, None).await?;
    client.list_all_subscriptions(None).await?;
    client
        .set_cancel_at_period_end("sub_1", false, "i")
        .await
        .map(drop)
}

fn session() -> NewCheckoutSession<'static> {
    NewCheckoutSession {
        customer: "cus_1",
        price: "price_1",
        client_reference_id: "account-1",
        success_url: "https://app.example/return?session={CHECKOUT_SESSION_ID}",
        cancel_url: "https://app.example/plans",
        trial_period_days: Some(14),
        expires_at: Some(1_795_430_000),
        allow_promotion_codes: true,
        metadata: &[("account_id", "1")],
        subscription_metadata: &[("account_id", "1")],
    }
}

fn change() -> PriceChange<'static> {
    PriceChange {
        item: "si_1",
        price: "price_2",
        at: 1_795_430_000,
    }
}

fn customer() -> NewCustomer<'static> {
    NewCustomer {
        email: Some("a@example.org"),
        name: Some("Zoë"),
        metadata: &[("account_id", "1")],
    }
}

fn portal() -> NewPortalSession<'static> {
    NewPortalSession {
        customer: "cus_1",
        return_url: "https://app.example/billing",
        configuration: Some("bpc_1"),
    }
}

fn price() -> WantedPrice<'static> {
    WantedPrice {
        lookup_key: "hobby_monthly",
        product: "hobby",
        unit_amount: 2000,
        currency: "usd",
        interval: Interval::Month,
    }
}

fn product() -> WantedProduct<'static> {
    WantedProduct {
        id: "hobby",
        name: "Hobby",
        description: Some("One instance"),
    }
}

#[tokio::test]
async fn stripe_mock_accepts_every_request_and_refuses_wrong_ones() {
    let mock = Mock::start().await;
    for &operation in Operation::ALL {
        let key = SecretKey::new(KEY).unwrap();
        let client = Client::new(Recorder::new(), &mock.url, key).unwrap();
        let answer = call(&client, operation).await;
        let seen = client.transport().seen.lock().expect("the list");
        assert!(
            seen.iter().any(|sent| sent.0 == operation),
            "{operation:?} is not sent"
        );
        for (sent, status, text) in seen.iter() {
            assert!(status.is_success(), "{sent:?}: {status} {text}");
        }
        // What Stripe answers can be read, too.
        assert!(answer.is_ok(), "{operation:?}: {answer:?}");
    }
    let key = SecretKey::new(KEY).unwrap();
    let client = Client::new(Recorder::new(), &mock.url, key).unwrap();
    let answer = call_with_less(&client).await;
    for (sent, status, text) in client.transport().seen.lock().expect("the list").iter() {
        assert!(status.is_success(), "{sent:?}: {status} {text}");
    }
    assert!(answer.is_ok(), "{answer:?}");
    assert_wrong_requests_are_refused(&mock).await;
}

/// Without this, a server that accepts everything would pass. stripe-mock looks at values however deep they are, and at
/// names on the first level only; nested names are checked by our stand-in, which refuses those that it does not know.
async fn assert_wrong_requests_are_refused(mock: &Mock) {
    let http = Recorder::new().http;
    let session = "mode=subscription&success_url=https%3A%2F%2Fa.example";
    let wrong = [
        (
            "POST",
            "/v1/checkout/sessions",
            format!("{session}&nonsense=1"),
        ),
        (
            "POST",
            "/v1/checkout/sessions",
            format!("{session}&line_items[0][quantity]=x"),
        ),
        (
            "POST",
            "/v1/checkout/sessions",
            format!("{session}&subscription_data[trial_period_days]=x"),
        ),
        (
            "POST",
            "/v1/products",
            "description=without+a+name".to_owned(),
        ),
        ("GET", "/v1/subscriptions?limit=x", String::new()),
        ("GET", "/v1/prices?lookup_keys=text", String::new()),
        ("GET", "/v1/half/a/path", String::new()),
    ];
    for (method, path, body) in wrong {
        let request = http
            .request(
                method.parse().expect("a method"),
                format!("{}{path}", mock.url),
            )
            .bearer_auth(KEY)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.clone());
        let status = request.send().await.expect("an answer").status();
        assert!(status.is_client_error(), "{method} {path} {body}: {status}");
    }
}
