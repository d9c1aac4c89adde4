//! What the portal's forms do.

use axum::Form;
use axum::extract::Path;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::Visit;
use super::view;
use crate::api::error::ApiResult;
use crate::billing::changing;
use crate::billing::changing::Change;
use crate::billing::changing::Failing;
use crate::billing::changing::ItemChange;
use crate::billing::changing::Proration;
use crate::billing::subscribing;
use crate::pages::PageError;
use crate::pages::bank;
use crate::pages::card_form::CardForm;
use crate::pages::card_form::Decision;
use crate::resources::payment_methods;
use crate::resources::setup_intents;
use crate::resources::subscriptions;
use crate::server::App;
use crate::store::Object;
use crate::work::Work;

/// Keeps a new card, and charges it from now on.
pub(super) async fn replace_card(
    State(app): State<App>,
    Path(secret): Path<String>,
    Form(form): Form<CardForm>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let visit = Visit::find(&work, &secret).await?;
    visit.require("payment_method_update")?;
    match form.decide(false) {
        Decision::AskBank => {
            let fields = [("card", form.card.as_str())];
            Ok(bank::ask(&format!("/p/session/{secret}/card"), &fields).into_response())
        }
        Decision::Refuse(why) => {
            let page = view::whole(&work, &visit, Some(why.message)).await?;
            Ok((StatusCode::PAYMENT_REQUIRED, page).into_response())
        }
        Decision::Use(card) => {
            let method = payment_methods::attach(&work, &visit.customer, card).await?;
            setup_intents::succeed(&work, &method).await?;
            use_card(&work, &visit, &method).await?;
            done(&app, work, &visit).await
        }
    }
}

/// Makes a card the customer's default; subscriptions with another of their own take it too.
async fn use_card(work: &Work<'_>, visit: &Visit, method: &Object) -> ApiResult<()> {
    let mut customer = visit.customer.clone();
    let before = customer.body.clone();
    customer.body["invoice_settings"]["default_payment_method"] = method.id().into();
    work.save(&customer).await?;
    work.emit_change("customer.updated", &before, &customer)
        .await?;
    let like = serde_json::json!({ "customer": customer.id() });
    for mut subscription in work.find_all("subscription", &like).await? {
        if subscribing::has_ended(&subscription) {
            continue;
        }
        let before = subscription.body.clone();
        subscription.body["default_payment_method"] = method.id().into();
        work.save(&subscription).await?;
        work.emit_change("customer.subscription.updated", &before, &subscription)
            .await?;
    }
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct Details {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
}

/// Changes the customer's name and address for invoices.
pub(super) async fn change_details(
    State(app): State<App>,
    Path(secret): Path<String>,
    Form(details): Form<Details>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let visit = Visit::find(&work, &secret).await?;
    visit.require("customer_update")?;
    let mut customer = visit.customer.clone();
    let before = customer.body.clone();
    for (field, value) in [
        ("email", details.email.trim()),
        ("name", details.name.trim()),
    ] {
        let is_right = field == "name" || value.contains('@');
        let is_short = value.chars().count() <= 256 && !value.chars().any(char::is_control);
        if view::may_change(&visit, field) && !value.is_empty() && is_right && is_short {
            customer.body[field] = value.into();
        }
    }
    work.save(&customer).await?;
    work.emit_change("customer.updated", &before, &customer)
        .await?;
    done(&app, work, &visit).await
}

#[derive(Deserialize)]
pub(super) struct Leaving {
    feedback: Option<String>,
}

/// Ends a subscription, now or with its period.
pub(super) async fn cancel(
    State(app): State<App>,
    Path((secret, id)): Path<(String, String)>,
    Form(leaving): Form<Leaving>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let visit = Visit::find(&work, &secret).await?;
    visit.require("subscription_cancel")?;
    let mut subscription = visit.subscription(&work, &id).await?;
    let settings = &visit.configuration.body["features"]["subscription_cancel"];
    let known = view::reasons(&visit);
    if let Some(feedback) = leaving
        .feedback
        .filter(|feedback| known.contains(&feedback.as_str()))
    {
        subscription.body["cancellation_details"]["feedback"] = feedback.into();
    }
    if settings["mode"] == "immediately" {
        let proration = Proration::of(settings["proration_behavior"].as_str());
        let prorates = proration != Proration::None;
        let is_billed = proration == Proration::Invoiced;
        subscriptions::end_now(&work, &mut subscription, prorates, is_billed).await?;
    } else {
        set_cancel(&work, subscription, true).await?;
    }
    done(&app, work, &visit).await
}

/// Takes back that a subscription ends with its period.
pub(super) async fn resume(
    State(app): State<App>,
    Path((secret, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let visit = Visit::find(&work, &secret).await?;
    visit.require("subscription_cancel")?;
    let subscription = visit.subscription(&work, &id).await?;
    set_cancel(&work, subscription, false).await?;
    done(&app, work, &visit).await
}

async fn set_cancel(work: &Work<'_>, mut subscription: Object, cancel: bool) -> ApiResult<()> {
    let before = subscription.body.clone();
    subscribing::set_cancel_at_period_end(work, &mut subscription, cancel);
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct Plan {
    #[serde(default)]
    price: String,
}

/// Changes a subscription over to another of the offered prices.
pub(super) async fn change_plan(
    State(app): State<App>,
    Path((secret, id)): Path<(String, String)>,
    Form(plan): Form<Plan>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let visit = Visit::find(&work, &secret).await?;
    visit.require("subscription_update")?;
    let mut subscription = visit.subscription(&work, &id).await?;
    let offered = view::offered(&work, &visit, &subscription).await?;
    let price = offered.into_iter().find(|price| price.id() == plan.price);
    let price = price.ok_or(PageError::Missing("This plan is not offered."))?;
    let before = subscription.body.clone();
    let declined = change(&work, &visit, &mut subscription, &price).await;
    match declined {
        Ok(()) => {}
        Err(error) if error.is_decline() => {
            drop(work);
            let work = Work::begin_alone(&mut client, &app.settings).await?;
            let (_, body) = error.into_parts();
            let message = body["error"]["message"].as_str();
            let subscription = visit.subscription(&work, &id).await?;
            let page = view::plans(&work, &visit, &subscription, message).await?;
            return Ok((StatusCode::PAYMENT_REQUIRED, page).into_response());
        }
        Err(error) => return Err(error.into()),
    }
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    done(&app, work, &visit).await
}

async fn change(
    work: &Work<'_>,
    visit: &Visit,
    subscription: &mut Object,
    price: &Object,
) -> ApiResult<()> {
    let settings = &visit.configuration.body["features"]["subscription_update"];
    let item = subscription.body["items"]["data"][0]["id"].as_str();
    let change = Change {
        items: vec![ItemChange {
            id: item.map(str::to_owned),
            price: Some(price.body.clone()),
            quantity: None,
            is_removed: false,
        }],
        proration: Proration::of(settings["proration_behavior"].as_str()),
        at: work.now(),
        restarts: settings["billing_cycle_anchor"] == "now",
    };
    let was_trial = subscription.text("status") == "trialing";
    changing::change(work, subscription, &change, Failing::Refused).await?;
    if was_trial && settings["trial_update_behavior"] == "end_trial" {
        changing::end_trial(work, subscription)
            .await?
            .into_result()?;
    }
    Ok(())
}

async fn done(app: &App, work: Work<'_>, visit: &Visit) -> Result<Response, PageError> {
    work.commit().await?;
    app.outbox.notify_one();
    Ok(Redirect::to(&visit.after()).into_response())
}
