//! `expand[]`: objects in the place of their ids.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::resources::checkout_sessions;
use crate::store::Object;
use crate::work::Work;

/// Stripe's limits.
const MAX_DEPTH: usize = 4;
const MAX_PATHS: usize = 20;

/// Puts the objects into an answer that the paths (`data.customer`, `latest_invoice.payments`) lead to.
pub(crate) async fn apply(work: &Work<'_>, answer: &mut Value, paths: &[String]) -> ApiResult<()> {
    if paths.len() > MAX_PATHS {
        return Err(refused("You can expand at most 20 properties at once"));
    }
    for path in paths {
        let fields: Vec<&str> = path.split('.').collect();
        if fields.len() > MAX_DEPTH {
            let message =
                format!("You cannot expand more than {MAX_DEPTH} levels of a property: {path}");
            return Err(refused(&message));
        }
        expand(work, answer, &fields, path).await?;
    }
    Ok(())
}

/// Goes one step along a path. Boxed, since it calls itself.
fn expand<'a>(
    work: &'a Work<'_>,
    value: &'a mut Value,
    fields: &'a [&'a str],
    path: &'a str,
) -> std::pin::Pin<Box<dyn Future<Output = ApiResult<()>> + Send + 'a>> {
    Box::pin(async move {
        let Some((field, rest)) = fields.split_first() else {
            return fetch(work, value).await;
        };
        match value {
            Value::Array(elements) => {
                for element in elements {
                    expand(work, element, fields, path).await?;
                }
                Ok(())
            }
            Value::String(_) => {
                fetch(work, value).await?;
                if value.is_string() {
                    return Err(unknown(path));
                }
                expand(work, value, fields, path).await
            }
            Value::Object(_) => {
                include(work, value, field).await?;
                if *field == "metadata" || *field == "id" {
                    return Err(unknown(path));
                }
                let Some(inner) = value.get_mut(*field) else {
                    return Err(unknown(path));
                };
                if rest.is_empty() && inner.is_string() && work.peek(text(inner)).await?.is_none() {
                    return Err(unknown(path));
                }
                expand(work, inner, rest, path).await
            }
            // Nothing is there, as with a list that is empty.
            _ => Ok(()),
        }
    })
}

/// Replaces ids by what they name.
async fn fetch(work: &Work<'_>, value: &mut Value) -> ApiResult<()> {
    if let Value::Array(elements) = value {
        for element in elements {
            if let Some(object) = work.peek(text(element)).await? {
                *element = object.body;
            }
        }
    } else if let Some(object) = work.peek(text(value)).await? {
        *value = object.body;
    }
    Ok(())
}

/// Some properties are there only for those who ask.
async fn include(work: &Work<'_>, object: &mut Value, field: &str) -> ApiResult<()> {
    let kind = text(&object["object"]).to_owned();
    let id = text(&object["id"]).to_owned();
    match (kind.as_str(), field) {
        ("invoice", "payments") => {
            let like = json!({ "invoice": id });
            let payments = work.find_all("invoice_payment", &like).await?;
            let url = format!("/v1/invoice_payments?invoice={id}");
            object["payments"] = list(payments, &url);
        }
        ("invoice", "confirmation_secret") => {
            let invoice = work.peek(&id).await?;
            let intent =
                invoice.and_then(|found| Some(found.hidden["payment_intent"].as_str()?.to_owned()));
            let intent = match intent {
                Some(intent) => work.peek(&intent).await?,
                None => None,
            };
            object["confirmation_secret"] = intent.map_or(Value::Null, |intent| {
                json!({ "client_secret": intent.body["client_secret"], "type": "payment_intent" })
            });
        }
        ("checkout.session", "line_items") => {
            if let Some(session) = work.peek(&id).await? {
                object["line_items"] = checkout_sessions::line_items_of(work, &session).await?;
            }
        }
        ("charge", "refunds") => {
            let refunds = work.find_all("refund", &json!({ "charge": id })).await?;
            object["refunds"] = list(refunds, &format!("/v1/charges/{id}/refunds"));
        }
        _ => {}
    }
    Ok(())
}

fn list(objects: Vec<Object>, url: &str) -> Value {
    let data: Vec<Value> = objects.into_iter().map(|object| object.body).collect();
    json!({ "object": "list", "data": data, "has_more": false, "url": url })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn unknown(path: &str) -> ApiError {
    refused(&format!("This property cannot be expanded ({path})."))
}

fn refused(message: &str) -> ApiError {
    ApiError::parameter(None, "expand", message)
}
