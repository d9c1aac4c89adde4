//! What all pages share.

use axum::response::Html;
use jiff::Timestamp;
use maud::DOCTYPE;
use maud::Markup;
use maud::html;
use serde_json::Value;

/// Currencies without minor units, of those that Stripe knows.
const WHOLE_CURRENCIES: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

/// A whole page.
pub(super) fn page(title: &str, body: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="stylesheet" href="/style.css";
            }
            body {
                main {
                    h1 { (title) }
                    (body)
                    footer { "Test mode. This page stands in for Stripe's; no money moves." }
                }
            }
        }
    };
    Html(page.into_string())
}

/// `2000`, `usd` -> `20.00 USD`
pub(super) fn money(amount: i64, currency: &str) -> String {
    let name = currency.to_uppercase();
    if WHOLE_CURRENCIES.contains(&currency) {
        return format!("{amount} {name}");
    }
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:02} {name}", amount / 100, amount % 100)
}

/// A price's period -> `every 2 weeks`
pub(super) fn every(price: &Value) -> String {
    let interval = price["recurring"]["interval"].as_str().unwrap_or_default();
    match price["recurring"]["interval_count"].as_i64() {
        Some(count) if count > 1 => format!("every {count} {interval}s"),
        _ => format!("every {interval}"),
    }
}

/// Unix seconds -> `24 December 2026`
pub(super) fn day(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .map(|time| time.strftime("%-d %B %Y").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_days_are_readable() {
        assert_eq!(money(2005, "usd"), "20.05 USD");
        assert_eq!(money(-5, "eur"), "-0.05 EUR");
        assert_eq!(money(500, "jpy"), "500 JPY");
        assert_eq!(day(1_795_430_000), "23 November 2026");
        assert_eq!(day(i64::MAX), "");
    }

    #[test]
    fn texts_are_escaped() {
        let page = page("<b>", &html! { p { ("</p><script>") } }).0;
        assert!(!page.contains("<b>") && !page.contains("<script>"));
    }
}
