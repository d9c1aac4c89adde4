//! Answers, keys and nonsense.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stand_in::{ADMIN_KEY, Answer, MODEL_KEY, StandIn};

fn said(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let content = &answer.body["choices"][0]["message"]["content"];
    content.as_str().expect("text")
}

#[tokio::test]
async fn no_two_answers_are_alike_and_each_is_on_record() {
    let (one, other) = (StandIn::start(), StandIn::start());
    let first = one.ask("how are you?").await;
    let second = one.ask("how are you?").await;
    let elsewhere = other.ask("how are you?").await;
    assert!(said(&first).contains("how are you?"));
    assert_ne!(said(&first), said(&second));
    assert_ne!(said(&first), said(&elsewhere));

    let kept = one.requests("how are you?").await;
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0]["request"]["messages"][0]["content"], "how are you?");
    assert_eq!(kept[0]["answer"], first.body);
    assert_eq!(
        (&kept[0]["number"], &kept[1]["number"]),
        (&json!(1), &json!(2))
    );
    assert!(one.requests("something else").await.is_empty());
}

#[tokio::test]
async fn each_key_opens_its_own_routes_only() {
    let stand_in = StandIn::start();
    for (path, key, wrong) in [
        ("/v1/models", MODEL_KEY, ADMIN_KEY),
        ("/__requests", ADMIN_KEY, MODEL_KEY),
    ] {
        let get = || stand_in.bare(Method::GET, path);
        assert_eq!(Answer::of(get().bearer_auth(key)).await.status, 200);
        let refused = Answer::of(get().bearer_auth(wrong)).await;
        refused.expect_error(401);
        assert_eq!(refused.body["error"]["code"], "invalid_api_key");
        assert!(
            !refused.body.to_string().contains(wrong),
            "no key is repeated"
        );
        Answer::of(get()).await.expect_error(401);
        Answer::of(get().basic_auth("x", Some(key)))
            .await
            .expect_error(401);
        Answer::of(get().bearer_auth("")).await.expect_error(401);
    }
}

#[tokio::test]
async fn refuses_nonsense_in_the_vendors_envelope() {
    let stand_in = StandIn::start();
    let user = |content: Value| json!({ "role": "user", "content": content });
    let hello = user(json!("hello"));
    for body in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "messages": [hello] }),
        json!({ "model": "", "messages": [hello] }),
        json!({ "model": "m".repeat(300), "messages": [hello] }),
        json!({ "model": 5, "messages": [hello] }),
        json!({ "model": "m" }),
        json!({ "model": "m", "messages": [] }),
        json!({ "model": "m", "messages": "hello" }),
        json!({ "model": "m", "messages": [{ "role": "emperor", "content": "x" }] }),
        json!({ "model": "m", "messages": [user(json!(5))] }),
        json!({ "model": "m", "messages": [hello], "n": 0 }),
        json!({ "model": "m", "messages": [hello], "n": 1_000_000 }),
        json!({ "model": "m", "messages": [hello], "max_tokens": -1 }),
        json!({ "model": "m", "messages": [hello], "max_tokens": 0 }),
        json!({ "model": "m", "messages": [hello], "stream": "yes" }),
        json!({ "model": "m", "messages": [hello], "tool_choice": "required" }),
        json!({ "model": "m", "messages": [hello], "response_format": { "type": "yaml" } }),
    ] {
        let answer = stand_in.post("/v1/chat/completions", &body).await;
        answer.expect_error(400);
    }
    for body in [
        json!({ "model": "m" }),
        json!({ "model": "m", "input": [] }),
        json!({ "model": "m", "input": "x", "dimensions": 0 }),
        json!({ "model": "m", "input": "x", "dimensions": 100_000_000 }),
        json!({ "model": "m", "input": { "x": 1 } }),
    ] {
        stand_in
            .post("/v1/embeddings", &body)
            .await
            .expect_error(400);
    }
    let raw = async |body: Vec<u8>| {
        let request = stand_in.bare(Method::POST, "/v1/chat/completions");
        Answer::of(request.bearer_auth(MODEL_KEY).body(body)).await
    };
    for body in [&b""[..], b"{", b"\xff\xfe", b"model=m"] {
        raw(body.to_vec()).await.expect_error(400);
    }
    raw("[".repeat(200_000).into_bytes())
        .await
        .expect_error(400);

    let get = |path: &str| stand_in.bare(Method::GET, path).bearer_auth(MODEL_KEY);
    Answer::of(get("/v1/nowhere")).await.expect_error(404);
    Answer::of(get("/")).await.expect_error(404);
    Answer::of(get("/v1/chat/completions"))
        .await
        .expect_error(405);
    Answer::of(get("/v1/models/%ff")).await.expect_error(400);
}

#[tokio::test]
async fn takes_whatever_clients_send_beside_the_question() {
    let stand_in = StandIn::start();
    let body = json!({
        "model": "any/name:free", "temperature": 0.2, "top_p": 1, "seed": 3, "user": "u", "store": false,
        "parallel_tool_calls": true, "logit_bias": {}, "metadata": { "a": "b" }, "reasoning_effort": "low",
        "stop": null, "tools": null, "n": null, "stream": null, "unheard_of": [1, 2],
        "messages": [
            { "role": "developer", "content": "Be brief." },
            { "role": "user", "content": "weather?", "name": "ada" },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "c1", "type": "function", "function": { "name": "weather", "arguments": "{}" } },
            ] },
            { "role": "tool", "tool_call_id": "c1", "content": "sunny" },
        ],
    });
    let answer = stand_in.post("/v1/chat/completions", &body).await;
    assert!(said(&answer).contains("sunny"), "{}", answer.body);
    assert_eq!(answer.body["model"], "any/name:free");
}

/// By hand: the refusal comes before the body, which a client may still be busy sending.
#[tokio::test]
async fn refuses_a_body_by_its_announced_size() {
    let stand_in = StandIn::start();
    let address = stand_in.url.trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&address).await.expect("connect");
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {MODEL_KEY}\r\n\
         content-length: 34000000\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.expect("write");
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.expect("read");
    assert_eq!(&answer, b"HTTP/1.1 413");
}
