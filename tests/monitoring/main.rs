//! Alerts and dashboard on a running platform: a Prometheus scrapes it, takes the rules and answers every panel.
//! `cargo xtask test monitoring` says where the program is (`PROMETHEUS`).

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

mod prometheus;

use std::path::{Path, PathBuf};
use std::time::Duration;

use platform_tests::{Account, Platform, until};
use serde_json::Value;

use crate::prometheus::Prometheus;

/// Two scrapes and an evaluation, and the daemon's figures before them, which it counts every 15 s.
const SEEN_WITHIN: Duration = Duration::from_secs(60);

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[tokio::test]
async fn rules_and_panels_read_what_the_platform_tells() {
    let platform = Platform::get();
    // so that steps, first starts and attempts have been measured
    let account = Account::sign_up(&platform).await;
    let instance = account.instance().await;
    let running = account.awaits(&instance, "running").await;
    let prometheus = Prometheus::start(&platform, &file("monitoring/alerts.yaml")).await;
    account.delete(&running).await;

    rules_are_taken_and_have_their_heading(&prometheus).await;
    every_panel_has_an_answer(&prometheus).await;
}

async fn rules_are_taken_and_have_their_heading(prometheus: &Prometheus) {
    let runbook = std::fs::read_to_string(file("docs/runbook.md")).unwrap();
    let rules = until("the rules to be evaluated", SEEN_WITHIN, async || {
        let rules = prometheus.rules().await;
        rules
            .iter()
            .all(|rule| rule["health"] != "unknown")
            .then_some(rules)
    })
    .await;
    assert!(!rules.is_empty());
    let headings: Vec<&str> = runbook
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    for rule in &rules {
        let name = rule["name"].as_str().unwrap();
        assert_eq!(rule["health"], "ok", "{name}: {rule}");
        assert!(headings.contains(&name), "docs/runbook.md has no {name}");
        let anchor = format!("docs/runbook.md#{}", name.to_lowercase());
        assert_eq!(rule["annotations"]["runbook"], anchor, "{name}");
    }
    assert_eq!(headings.len(), rules.len(), "headings without an alert");
}

async fn every_panel_has_an_answer(prometheus: &Prometheus) {
    let text = std::fs::read_to_string(file("monitoring/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let mut asked = 0;
    for target in targets {
        let query = target["expr"].as_str().unwrap();
        // Grafana's word for a time that covers some scrapes
        let query = query.replace("$__rate_interval", "1m");
        until(&query, SEEN_WITHIN, async || {
            (!prometheus.query(&query).await.is_empty()).then_some(())
        })
        .await;
        asked += 1;
    }
    assert!(asked > 0, "the dashboard asks nothing");
}
