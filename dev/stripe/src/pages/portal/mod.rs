//! `/p/session/{secret}`: where a customer looks after subscriptions, cards and invoices, as far as the portal's
//! configuration allows.

mod acts;
mod view;

use axum::Router;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use axum::routing::post;
use serde_json::json;

use super::PageError;
use super::is_secret;
use crate::billing::subscribing;
use crate::resources::portal_configurations;
use crate::server::App;
use crate::store::Object;
use crate::work::Work;

/// How long a link is good: it is made for one click.
const LIFE_SECONDS: i64 = 60 * 60;
const MISSING: &str = "This link is no longer good. Please go back and open the page again.";
const FORBIDDEN: &str = "This is not possible here.";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/p/session/{secret}", get(show))
        .route("/p/session/{secret}/card", post(acts::replace_card))
        .route("/p/session/{secret}/details", post(acts::change_details))
        .route(
            "/p/session/{secret}/{subscription}/cancel",
            get(confirm_cancel).post(acts::cancel),
        )
        .route(
            "/p/session/{secret}/{subscription}/resume",
            post(acts::resume),
        )
        .route(
            "/p/session/{secret}/{subscription}/plan",
            get(confirm_plan).post(acts::change_plan),
        )
}

/// Who is on the page, and what they may do.
struct Visit {
    secret: String,
    session: Object,
    customer: Object,
    configuration: Object,
}

impl Visit {
    async fn find(work: &Work<'_>, secret: &str) -> Result<Self, PageError> {
        if !is_secret(secret) {
            return Err(PageError::Missing(MISSING));
        }
        let url = format!("{}/p/session/{secret}", work.settings().public_url);
        let like = json!({ "url": url });
        let found = work.find_like("billing_portal.session", &like).await?;
        let is_fresh = |session: &Object| {
            let opened = session.hidden["opened_at"].as_i64();
            opened.unwrap_or(session.number("created")) + LIFE_SECONDS > work.clock()
        };
        let session = found.filter(is_fresh).ok_or(PageError::Missing(MISSING))?;
        let customer = work.find("customer", session.text("customer")).await?;
        let customer = customer
            .filter(|customer| !customer.is("deleted"))
            .ok_or(PageError::Missing(MISSING))?;
        let configuration = session.text("configuration");
        let configuration = portal_configurations::find(work, Some(configuration)).await?;
        Ok(Self {
            secret: secret.to_owned(),
            session,
            customer,
            configuration,
        })
    }

    fn allows(&self, feature: &str) -> bool {
        self.configuration.body["features"][feature]["enabled"] == true
    }

    fn require(&self, feature: &str) -> Result<(), PageError> {
        if self.allows(feature) {
            return Ok(());
        }
        Err(PageError::Missing(FORBIDDEN))
    }

    /// A subscription of this customer that has not ended.
    async fn subscription(&self, work: &Work<'_>, id: &str) -> Result<Object, PageError> {
        let found = work.find("subscription", id).await?;
        found
            .filter(|found| found.body["customer"] == self.customer.id())
            .filter(|found| !subscribing::has_ended(found))
            .ok_or(PageError::Missing("There is no such subscription."))
    }

    /// Where to go after an act: back, where the session was opened for this act alone.
    fn after(&self) -> String {
        let after = &self.session.body["flow"]["after_completion"];
        let back = after["redirect"]["return_url"].as_str();
        back.map_or_else(|| format!("/p/session/{}", self.secret), str::to_owned)
    }
}

async fn show(
    State(app): State<App>,
    Path(secret): Path<String>,
) -> Result<Html<String>, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let visit = Visit::find(&work, &secret).await?;
    view::whole(&work, &visit, None).await
}

async fn confirm_cancel(
    State(app): State<App>,
    Path((secret, id)): Path<(String, String)>,
) -> Result<Html<String>, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let visit = Visit::find(&work, &secret).await?;
    visit.require("subscription_cancel")?;
    let subscription = visit.subscription(&work, &id).await?;
    Ok(view::cancel(&visit, &subscription))
}

async fn confirm_plan(
    State(app): State<App>,
    Path((secret, id)): Path<(String, String)>,
) -> Result<Html<String>, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let visit = Visit::find(&work, &secret).await?;
    visit.require("subscription_update")?;
    let subscription = visit.subscription(&work, &id).await?;
    view::plans(&work, &visit, &subscription, None).await
}
