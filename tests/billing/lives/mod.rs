//! A thousand random lives of customers. Each subscribes, pays or does not, changes its mind; its webhooks come in an
//! order of chance, some twice, some never. After the catch-up our rows say what Stripe holds.
//!
//! A run prints its seed; life number n has the seed plus n. To live one life again:
//! `BILLING_SEED=<its seed> BILLING_LIVES=1 cargo xtask test billing`.

mod commands;
mod mail;
mod scene;
mod truth;

use futures::StreamExt;

use commands::Life;
use scene::Scene;
use truth::Truth;

const LIVES: u64 = 1000;
/// Lives at the same time.
const AT_ONCE: usize = 16;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}: {text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_life_ends_as_stripe_holds_it() {
    let seed = number("BILLING_SEED").unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let lives = number("BILLING_LIVES").unwrap_or(LIVES);
    println!("BILLING_SEED={seed} BILLING_LIVES={lives}");
    let began = std::time::Instant::now();
    let scene = Scene::set().await;
    let all: Vec<Life> = futures::stream::iter(0..lives)
        .map(|number| Life::live(&scene, seed + number))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    println!("lived: {:.0?}", began.elapsed());
    scene.deliver_the_rest().await;
    scene.worked_off().await;
    println!("worked off: {:.0?}", began.elapsed());
    let missed = scene.catch_up().await;
    println!(
        "caught up, {missed} events were lost: {:.0?}",
        began.elapsed()
    );
    let truth = Truth::read(&scene).await;
    let mut wrong = Vec::new();
    for life in &all {
        let differences = truth.differences(&scene, &life.customer).await;
        if !differences.is_empty() {
            wrong.push(format!("{life}\n{differences}"));
        }
    }
    println!("compared: {:.0?}", began.elapsed());
    assert!(
        wrong.is_empty(),
        "{} of {lives} lives differ; the first ones:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(3)].join("\n")
    );
    assert!(
        lives < 100 || missed > 0,
        "no event was lost, so nothing was shown"
    );
}
