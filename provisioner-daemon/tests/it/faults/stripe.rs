//! The outside answers late, refuses, or breaks off: shown with Stripe's API, the one that there is.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use provisioner_daemon::jobs::StripeTransport;

use crate::invariants;
use crate::made_up::{quick, start};
use crate::stripe_fake::{self, Refusal, SUBSCRIPTION, Stripe, event, outcome};
use crate::world::World;

const EVENT: &str = "customer.subscription.updated";
const OBJECT: (&str, &str) = ("subscription", "sub_1");

/// 429 with a time to come back: waited for, no attempt used up, and no request more than needed.
#[tokio::test]
async fn fault_25_too_many_requests() {
    let world = World::new().await;
    let stripe = Stripe::with_a_subscription();
    stripe.refuse(SUBSCRIPTION, Refusal::Later(1));
    let runner = start(&world, stripe.handler(), quick());
    event(&world, "evt_1", EVENT, OBJECT).await;
    assert_eq!(outcome(&world, "evt_1").await, "synced");
    let cost: (i32, u32) = (
        world.ask("select attempt from prov.job_history").await,
        stripe.requests(),
    );
    assert_eq!(cost, (1, 2));

    // Longer than anybody waits: put back for so long, holding no slot.
    stripe.refuse(SUBSCRIPTION, Refusal::Later(30));
    event(&world, "evt_2", EVENT, OBJECT).await;
    world
        .until(
            "select state = 'queued' and attempt = 0 and run_at between now() + interval '20 s' \
             and now() + interval '30 s' from prov.jobs",
        )
        .await;
    world
        .run("update prov.jobs set run_at = now(); select prov.ring(0)")
        .await;
    assert_eq!(outcome(&world, "evt_2").await, "synced");
    assert_eq!(stripe.requests(), 4);
    runner.drain().await;
    invariants::check_queue(&world).await;
}

/// What a server does to one connection.
type Act = fn(&mut TcpStream);

/// An HTTP server that does one thing after another, and the last one for ever.
fn serve(acts: Vec<Act>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let number = count.fetch_add(1, Ordering::SeqCst);
            let act = acts[number.min(acts.len() - 1)];
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 8192]);
                act(&mut stream);
            });
        }
    });
    (url, served)
}

fn say(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

fn fail(stream: &mut TcpStream) {
    say(
        stream,
        "HTTP/1.1 500 Oops\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
    );
}

fn be_unavailable(stream: &mut TcpStream) {
    say(
        stream,
        "HTTP/1.1 503 Later\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
}

fn break_off(stream: &mut TcpStream) {
    say(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"id\": ",
    );
}

fn talk_nonsense(stream: &mut TcpStream) {
    say(stream, "what?");
}

/// Says nothing for longer than the test lasts.
fn hang(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 1]);
}

fn answer(stream: &mut TcpStream) {
    let body = stripe_fake::subscription("active", "price_hobby").to_string();
    let length = body.len();
    say(
        stream,
        &format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"),
    );
}

/// Bursts of errors, connections that break off in the midst of an answer or never answer: tried again, the call
/// ended by its own bound, long before the lease.
#[tokio::test]
async fn fault_26_errors_resets_and_silence() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let world = World::new().await;
    let acts: Vec<Act> = vec![
        fail,
        be_unavailable,
        be_unavailable,
        break_off,
        talk_nonsense,
        hang,
        answer,
    ];
    let expected = acts.len();
    let (url, served) = serve(acts);
    let transport = StripeTransport::over_http().unwrap();
    let handler = stripe_fake::handler_over(transport, &url);
    let runner = start(&world, handler, quick());
    event(&world, "evt_1", EVENT, OBJECT).await;
    assert_eq!(outcome(&world, "evt_1").await, "synced");
    runner.drain().await;
    assert_eq!(served.load(Ordering::SeqCst), expected);
    let is_unhurt: bool = world
        .ask("select attempt = 7 and crashes = 0 from prov.job_history")
        .await;
    assert!(is_unhurt);
    invariants::check_queue(&world).await;
}
