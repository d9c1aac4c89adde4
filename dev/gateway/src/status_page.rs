//! What a visitor of an instance sees while it is not up.

use http::{Response, StatusCode, header};
use serde_json::json;

use crate::answer::{self, Body};
use crate::instances::{Instance, Progress};
use crate::route::Face;

/// After how many seconds the page looks again.
const REFRESH_SECONDS: &str = "3";

/// Why an instance cannot be reached.
pub(crate) enum Reason<'a> {
    /// Its status says so.
    NotUp(&'a Instance),
    /// Its status says that it is up, but nothing answers.
    Silent,
    /// The database does not answer, so nobody knows.
    Unknown,
}

/// The answer for an instance that is not up: a page for people, JSON for Matrix clients.
pub(crate) fn not_up(subdomain: &str, face: Face, reason: &Reason<'_>) -> Response<Body> {
    let Words { headline, detail } = words(reason);
    let mut response = match face {
        Face::Web => {
            let steps = match reason {
                Reason::NotUp(instance) if is_under_way(&instance.status) => {
                    steps(&instance.progress)
                }
                Reason::NotUp(_) | Reason::Silent | Reason::Unknown => String::new(),
            };
            answer::page(
                StatusCode::SERVICE_UNAVAILABLE,
                html(subdomain, headline, &detail, &steps, true),
            )
        }
        Face::Matrix => matrix(
            StatusCode::SERVICE_UNAVAILABLE,
            "M_UNKNOWN",
            &format!("{headline}. {detail}"),
        ),
    };
    answer::set(&mut response, header::RETRY_AFTER, REFRESH_SECONDS);
    response
}

/// The answer where no instance has that name.
pub(crate) fn no_instance(subdomain: &str, face: Face) -> Response<Body> {
    let detail =
        "No instance has this address. It may have been deleted, or the address is mistyped.";
    match face {
        Face::Web => answer::page(
            StatusCode::NOT_FOUND,
            html(subdomain, "Nothing is here", detail, "", false),
        ),
        Face::Matrix => matrix(StatusCode::NOT_FOUND, "M_NOT_FOUND", detail),
    }
}

fn matrix(status: StatusCode, code: &str, error: &str) -> Response<Body> {
    answer::json_answer(status, &json!({ "errcode": code, "error": error.trim() }))
}

/// What the page says: in one sentence, and what it means for the reader.
struct Words {
    headline: &'static str,
    detail: String,
}

fn words(reason: &Reason<'_>) -> Words {
    let (headline, advice) = match reason {
        Reason::Unknown => (
            "Its status is not known at the moment",
            "The platform's database does not answer. This page looks again by itself.",
        ),
        Reason::Silent => (
            "It does not answer at the moment",
            "It is checked, and started again if need be.",
        ),
        Reason::NotUp(instance) => of_status(&instance.status),
    };
    let told = match reason {
        Reason::NotUp(instance) => instance.status_reason.as_deref().unwrap_or_default(),
        Reason::Silent | Reason::Unknown => "",
    };
    let detail = if told.is_empty() { advice } else { told };
    Words {
        headline,
        detail: detail.to_owned(),
    }
}

/// A status as a visitor understands it, with what to expect where the daemon gave no reason of its own.
fn of_status(status: &str) -> (&'static str, &'static str) {
    match status {
        "provisioning" => (
            "It is being set up",
            "This takes a moment; this page goes on by itself.",
        ),
        "stopping" => ("It is being stopped", "Its data is kept."),
        "stopped" => (
            "It is stopped",
            "Its data is kept. Its owner can start it on the instance's page in the portal.",
        ),
        "restarting" => (
            "It is restarting",
            "This takes a moment; this page goes on by itself.",
        ),
        "updating" => (
            "It is being updated",
            "This takes a moment; this page goes on by itself.",
        ),
        "error" => (
            "It could not be set up",
            "Its owner can try again on the instance's page in the portal.",
        ),
        "deprovisioning" => ("It is being deleted", "Nobody can use it any more."),
        _ => (
            "It is not available at the moment",
            "It is checked, and started again if need be.",
        ),
    }
}

/// Whether steps lead somewhere: those of a stopped instance tell only how it once came up.
fn is_under_way(status: &str) -> bool {
    !matches!(status, "stopped" | "error" | "running")
}

fn steps(progress: &[Progress]) -> String {
    let items: Vec<String> = progress.iter().map(step).collect();
    if items.is_empty() {
        String::new()
    } else {
        format!("<ol>{}</ol>", items.concat())
    }
}

fn step(step: &Progress) -> String {
    let mark = match step.state.as_str() {
        "done" => "✓",
        "running" => "…",
        "failed" => "✗",
        _ => "·",
    };
    let title = escaped(step.title.as_deref().unwrap_or(&step.name));
    format!("<li><span>{mark}</span> {title}</li>")
}

fn html(subdomain: &str, headline: &str, detail: &str, steps: &str, refreshes: bool) -> String {
    let refresh = if refreshes {
        format!("<meta http-equiv=\"refresh\" content=\"{REFRESH_SECONDS}\">")
    } else {
        String::new()
    };
    let (name, detail) = (escaped(subdomain), escaped(detail));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">{refresh}\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{name}: {headline}</title>\
         <style>{STYLE}</style></head>\
         <body><main><h1>{name}</h1><p><strong>{headline}.</strong></p><p>{detail}</p>{steps}</main></body></html>\n"
    )
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f6f6f4;color:#222}\
main{max-width:34rem;margin:15vh auto;padding:2rem;background:#fff;border-radius:.75rem}\
h1{margin-top:0;font-size:1.3rem}ol{list-style:none;padding:0}li span{display:inline-block;width:1.5em}";

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn instance(status: &str, reason: &str) -> Instance {
        Instance {
            status: status.to_owned(),
            status_reason: Some(reason.to_owned()),
            progress: vec![Progress {
                name: "database".to_owned(),
                title: Some("Database <made>".to_owned()),
                state: "done".to_owned(),
            }],
            web: None,
            matrix: None,
        }
    }

    async fn text(response: Response<Body>) -> String {
        String::from_utf8(
            response
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .to_vec(),
        )
        .unwrap()
    }

    #[tokio::test]
    async fn people_read_status_reason_and_steps_and_nothing_in_them_is_markup() {
        let instance = instance("provisioning", "<script>x</script>");
        let response = not_up("acme", Face::Web, &Reason::NotUp(&instance));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], REFRESH_SECONDS);
        let text = text(response).await;
        assert!(text.contains("It is being set up."), "{text}");
        assert!(text.contains("&lt;script&gt;"), "{text}");
        assert!(text.contains("Database &lt;made&gt;"), "{text}");
        assert!(text.contains("http-equiv=\"refresh\""), "{text}");
    }

    #[tokio::test]
    async fn a_stopped_one_says_what_to_do_and_shows_no_old_steps() {
        let mut instance = instance("stopped", "");
        instance.status_reason = None;
        let text = text(not_up("acme", Face::Web, &Reason::NotUp(&instance))).await;
        assert!(text.contains("Its owner can start it"), "{text}");
        assert!(!text.contains("<ol>"), "{text}");
        assert!(!text.contains("<p></p>"), "{text}");
    }

    #[tokio::test]
    async fn matrix_clients_read_json() {
        let instance = instance("stopped", "by its owner");
        let response = not_up("acme", Face::Matrix, &Reason::NotUp(&instance));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let document: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(document["errcode"], "M_UNKNOWN");
        assert_eq!(document["error"], "It is stopped. by its owner");
        assert_eq!(
            no_instance("acme", Face::Matrix).status(),
            StatusCode::NOT_FOUND
        );
    }
}
