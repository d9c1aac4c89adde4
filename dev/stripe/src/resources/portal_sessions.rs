//! `/v1/billing_portal/sessions`

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::ids;
use crate::resources::checkout_sessions::check_url;
use crate::resources::customers;
use crate::store::Object;
use crate::work::Work;

/// The one configuration that there is.
pub(crate) const CONFIGURATION: &str = "bpc_1default";

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let customer = customers::find(work, &params.required("customer")?).await?;
    let return_url = params.text("return_url");
    if let Some(url) = &return_url {
        check_url(url, "return_url")?;
    }
    let configuration = params.choice("configuration", &[CONFIGURATION])?;
    let locale = params.text("locale");
    // The path is the credential, and not the id, which gets into logs.
    let secret = ids::with_length("test_", 48);
    let mut session = Object::new(json!({
        "id": ids::new("bps_1"),
        "object": "billing_portal.session",
        "configuration": configuration.unwrap_or_else(|| CONFIGURATION.to_owned()),
        "created": work.now(),
        "customer": customer.id(),
        "customer_account": null,
        "flow": null,
        "livemode": false,
        "locale": locale,
        "on_behalf_of": null,
        "return_url": return_url,
        "url": format!("{}/p/session/{secret}", work.settings().public_url),
    }));
    session.hidden["secret"] = secret.into();
    params.finish()?;
    work.insert(&session).await?;
    Ok(session.body)
}
