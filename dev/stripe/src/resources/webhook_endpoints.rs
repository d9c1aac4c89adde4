//! `/v1/webhook_endpoints`: who is told of what. The platform's own is there from the start.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::ids;
use crate::resources::checkout_sessions::check_url;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

/// The endpoint of the command line.
pub(crate) const DEFAULT: &str = "we_1default";
const KIND: &str = "webhook_endpoint";
const MAX_ENDPOINTS: usize = 16;
const MAX_EVENTS: usize = 300;

/// What the platform's endpoint is subscribed to beside what it acts on; other events are only listed.
const MORE_EVENTS: &[&str] = &["charge.refunded", "customer.deleted", "customer.updated"];

/// Makes or updates the endpoint of the command line. A secret that was rolled stays as long as it is good.
pub(crate) async fn ensure_default(work: &Work<'_>, url: &str, secret: &str) -> ApiResult<()> {
    let present = work.find(KIND, DEFAULT).await?;
    let is_new = present.is_none();
    let events = [stripe::EVENT_KINDS, MORE_EVENTS].concat();
    let events: Vec<String> = events.into_iter().map(Into::into).collect();
    let mut endpoint = present.unwrap_or_else(|| render(work.now(), DEFAULT, url, &events));
    endpoint.body["url"] = url.into();
    endpoint.body["enabled_events"] = events.into();
    let secrets = endpoint.hidden["secrets"].as_array();
    let is_known = secrets.is_some_and(|known| known.iter().any(|one| one["secret"] == secret));
    if !is_known {
        endpoint.hidden["secrets"] = json!([{ "secret": secret, "ends_at": null }]);
    }
    if is_new {
        work.insert(&endpoint).await?;
    } else {
        work.save(&endpoint).await?;
    }
    Ok(())
}

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let url = params.required("url")?;
    check_url(&url, "url")?;
    let events = params.texts("enabled_events");
    check_events(&events)?;
    params.choice("api_version", &[stripe::API_VERSION])?;
    if work.find_all(KIND, &json!({})).await?.len() >= MAX_ENDPOINTS {
        return Err(ApiError::request(
            "You have reached the limit of 16 endpoints",
        ));
    }
    let id = ids::new("we_1");
    let mut endpoint = render(work.now(), &id, &url, &events);
    let secret = ids::with_length("whsec_", 32);
    endpoint.hidden["secrets"] = json!([{ "secret": secret, "ends_at": null }]);
    write(&mut endpoint, &mut params)?;
    params.finish()?;
    work.insert(&endpoint).await?;
    // Shown this once.
    endpoint.body["secret"] = secret.into();
    Ok(endpoint.body)
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, KIND, "webhook_endpoint", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, params: Params) -> ApiResult<Value> {
    lists::answer(work, params, "/v1/webhook_endpoints", Filter::all(KIND)).await
}

pub(crate) async fn update(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let mut endpoint = find(work, id).await?;
    if let Some(url) = params.text("url") {
        check_url(&url, "url")?;
        endpoint.body["url"] = url.into();
    }
    if params.mentions("enabled_events") {
        let events = params.texts("enabled_events");
        check_events(&events)?;
        endpoint.body["enabled_events"] = events.into();
    }
    if let Some(disabled) = params.boolean("disabled")? {
        endpoint.body["status"] = if disabled { "disabled" } else { "enabled" }.into();
    }
    write(&mut endpoint, &mut params)?;
    params.finish()?;
    work.save(&endpoint).await?;
    Ok(endpoint.body)
}

/// Deletes an endpoint, and with it what was still to be sent to it.
pub(crate) async fn delete(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    params.finish()?;
    find(work, id).await?;
    for statement in [
        "DELETE FROM webhook_deliveries WHERE endpoint_id = $1",
        "DELETE FROM objects WHERE id = $1",
    ] {
        work.sql().execute(statement, &[&id]).await?;
    }
    Ok(json!({ "id": id, "object": KIND, "deleted": true }))
}

pub(crate) async fn find(work: &Work<'_>, id: &str) -> ApiResult<Object> {
    let found = work.find(KIND, id).await?;
    found.ok_or_else(|| ApiError::missing("webhook_endpoint", id))
}

/// Makes a new secret. The one before is good for some time longer (seconds), and both sign until then.
pub(crate) fn roll_secret(endpoint: &mut Object, secret: &str, now: i64, overlap: i64) {
    let old = endpoint.hidden["secrets"].as_array().cloned();
    let mut secrets = vec![json!({ "secret": secret, "ends_at": null })];
    for mut known in old.unwrap_or_default() {
        let ends_at = known["ends_at"]
            .as_i64()
            .unwrap_or(i64::MAX)
            .min(now + overlap);
        known["ends_at"] = ends_at.into();
        if ends_at > now {
            secrets.push(known);
        }
    }
    endpoint.hidden["secrets"] = secrets.into();
}

fn write(endpoint: &mut Object, params: &mut Params) -> ApiResult<()> {
    if let Some(description) = params.change("description") {
        endpoint.body["description"] = description;
    }
    endpoint.body["metadata"] = params.metadata("metadata", &endpoint.body["metadata"])?;
    Ok(())
}

fn check_events(events: &[String]) -> ApiResult<()> {
    if events.is_empty() {
        let message = "Missing required param: enabled_events.";
        return Err(ApiError::parameter(
            "parameter_missing",
            "enabled_events",
            message,
        ));
    }
    let is_event = |event: &String| {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.';
        event == "*" || (event.contains('.') && event.bytes().all(is_word))
    };
    if events.len() <= MAX_EVENTS && events.iter().all(is_event) {
        return Ok(());
    }
    let message = "Invalid enabled_events: must be event types, or `*`";
    Err(ApiError::parameter(None, "enabled_events", message))
}

fn render(now: i64, id: &str, url: &str, events: &[String]) -> Object {
    Object::new(json!({
        "id": id,
        "object": KIND,
        "api_version": stripe::API_VERSION,
        "application": null,
        "created": now,
        "description": null,
        "enabled_events": events,
        "livemode": false,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_secret_signs_until_it_ends() {
        let mut endpoint = Object::new(json!({}));
        roll_secret(&mut endpoint, "whsec_a", 100, 50);
        roll_secret(&mut endpoint, "whsec_b", 100, 50);
        let ends = |endpoint: &Object| -> Vec<(String, Option<i64>)> {
            let secrets = endpoint.hidden["secrets"].as_array().unwrap();
            let one = |one: &Value| {
                (
                    one["secret"].as_str().unwrap().to_owned(),
                    one["ends_at"].as_i64(),
                )
            };
            secrets.iter().map(one).collect()
        };
        let both = [
            ("whsec_b".to_owned(), None),
            ("whsec_a".to_owned(), Some(150)),
        ];
        assert_eq!(ends(&endpoint), both);
        roll_secret(&mut endpoint, "whsec_c", 120, 0);
        assert_eq!(ends(&endpoint), [("whsec_c".to_owned(), None)]);
    }
}
