//! The page of the customer's bank (3-D Secure): the same form again, with what the customer says to the bank.

use axum::response::Html;
use maud::html;

use super::layout;

/// Asks, and posts `fields` to `action` again with `bank` = `confirm` or `refuse`.
pub(super) fn ask(action: &str, fields: &[(&str, &str)]) -> Html<String> {
    let body = html! {
        p { "Your bank asks: do you want to make this payment?" }
        form method="post" action=(action) {
            @for (name, value) in fields {
                input type="hidden" name=(name) value=(value);
            }
            button type="submit" name="bank" value="confirm" { "Confirm payment" }
            button.quiet type="submit" name="bank" value="refuse" { "Refuse" }
        }
    };
    layout::page("3-D Secure", &body)
}
