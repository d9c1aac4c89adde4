//! `POST /stripe/checkout`: the page where a plan is paid. One customer per account, one open session, one trial.

use auth::AccountCaller;
use contract::{Checkout, Redirect};
use domain::{BillingCycle, Plan, StripePrices};
use edge::{Answer, Begun, Context, Error, Request};
use store::billing::{self, CheckoutContext, NewSession};
use stripe::{CheckoutStatus, NewCheckoutSession, NewCustomer};

use crate::portal;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let body: Checkout = request.json().await?;
    let (plan, cycle) = chosen(&body)?;
    let price = price(cx, plan, cycle).await?;
    let known = billing::checkout_context(&cx.database, cx.by(&caller), plan, cycle).await?;
    let redirect = match cx.settle(known)? {
        Begun::Before(redirect) => redirect,
        Begun::Now(known) => {
            let chosen = Chosen {
                plan,
                cycle,
                price,
                trial_used: known.trial_used,
            };
            let redirect = page(cx, &caller, &known, &chosen).await?;
            cx.finish(&redirect).await;
            redirect
        }
    };
    Answer::ok(&redirect)
}

/// The page to go to. Each step towards it may have been done by an earlier request that died.
async fn page(
    cx: &Context,
    caller: &AccountCaller,
    known: &CheckoutContext,
    chosen: &Chosen,
) -> Result<Redirect, Error> {
    let customer = match &known.customer_id {
        Some(customer) => customer.clone(),
        None => create_customer(cx, caller).await?,
    };
    if known.has_subscription {
        // a second subscription is never what somebody wants: the portal changes the first
        return portal::open(cx, &customer).await;
    }
    if let Some(url) = reuse_or_close(cx, known).await? {
        return Ok(Redirect { url });
    }
    open(cx, caller, &customer, chosen).await
}

struct Chosen {
    plan: Plan,
    cycle: BillingCycle,
    price: String,
    trial_used: bool,
}

fn chosen(body: &Checkout) -> Result<(Plan, BillingCycle), Error> {
    let plan: Plan = body
        .tier
        .parse()
        .map_err(|_| Error::invalid("tier", "must be byok, hobby or pro"))?;
    let cycle = match body.billing_cycle.as_str() {
        "monthly" => BillingCycle::Monthly,
        "yearly" => BillingCycle::Yearly,
        _ => return Err(Error::invalid("billing_cycle", "must be monthly or yearly")),
    };
    Ok((plan, cycle))
}

async fn price(cx: &Context, plan: Plan, cycle: BillingCycle) -> Result<String, Error> {
    let prices: StripePrices = cx.settings.get("stripe_prices").await?.parse().map_err(
        |error: domain::StripePricesError| Error::Misconfigured("stripe_prices", error.to_string()),
    )?;
    let price = prices
        .price(plan, cycle)
        .ok_or_else(|| Error::NotSold(plan.key().to_owned()))?;
    Ok(price.to_owned())
}

/// The key is the account's, so that however many requests make only one customer.
async fn create_customer(cx: &Context, caller: &AccountCaller) -> Result<String, Error> {
    let id = caller.subject().to_string();
    let customer = NewCustomer {
        email: Some(caller.email()),
        name: caller.full_name(),
        metadata: &[("account_id", &id)],
    };
    let key = format!("account:{id}:customer:v1");
    let made = cx.stripe().await?.create_customer(&customer, &key).await?;
    let kept = billing::save_customer(&cx.database, cx.by(caller), &made.id).await?;
    Ok(cx.settle(kept)?.customer_id)
}

/// The open session's page when it fits; one that does not is closed, so that two cannot both be paid.
async fn reuse_or_close(cx: &Context, known: &CheckoutContext) -> Result<Option<String>, Error> {
    let Some(open) = &known.open_session else {
        return Ok(None);
    };
    let stripe = cx.stripe().await?;
    // what Stripe says counts, not what we remember
    match stripe.retrieve_checkout_session(&open.id).await {
        Ok(session) if session.status == Some(CheckoutStatus::Open) && open.reusable => {
            return Ok(Some(open.url.clone()));
        }
        Ok(session) if session.status == Some(CheckoutStatus::Open) => {
            let key = format!("checkout:{}:expire", open.id);
            stripe.expire_checkout_session(&open.id, &key).await?;
        }
        Ok(_) => {}
        Err(error) if error.is_missing() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(None)
}

async fn open(
    cx: &Context,
    caller: &AccountCaller,
    customer: &str,
    chosen: &Chosen,
) -> Result<Redirect, Error> {
    let app = cx.settings.app_url().await?;
    let account = caller.subject().to_string();
    let trial_days = chosen.plan.trial_days();
    let metadata = [
        ("account_id", account.as_str()),
        ("tier", chosen.plan.key()),
        ("billing_cycle", chosen.cycle.key()),
    ];
    let session = NewCheckoutSession {
        customer,
        price: &chosen.price,
        client_reference_id: &account,
        success_url: &format!(
            "{app}/dashboard?checkout=success&session_id={{CHECKOUT_SESSION_ID}}"
        ),
        cancel_url: &format!("{app}/dashboard?checkout=cancelled"),
        trial_period_days: (trial_days > 0 && !chosen.trial_used).then_some(trial_days),
        expires_at: None,
        allow_promotion_codes: true,
        metadata: &metadata,
        subscription_metadata: &metadata,
    };
    let key = cx.outside_key("checkout");
    let made = cx
        .stripe()
        .await?
        .create_checkout_session(&session, &key)
        .await?;
    let url = made
        .url
        .ok_or_else(|| Error::Internal("an open session without a page".to_owned()))?;
    let new = NewSession {
        id: &made.id,
        url: &url,
        plan: chosen.plan,
        cycle: chosen.cycle,
        expires_at: made.expires_at,
    };
    let kept = billing::save_checkout(&cx.database, cx.by(caller), new).await?;
    cx.settle(kept)
}
