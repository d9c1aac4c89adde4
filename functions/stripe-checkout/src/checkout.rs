//! `POST /stripe/checkout`: the page where a plan is paid. One customer per account, one open session, one trial.

use auth::AccountCaller;
use contract::{Checkout, Redirect};
use domain::{BillingCycle, Plan};
use edge::{Answer, Begun, Context, Error, Request};
use store::billing::{self, CheckoutContext, NewSession, OpenSession};
use stripe::{CheckoutSession, NewCheckoutSession, NewCustomer};

use crate::portal;
use crate::session::{self, Former};

/// How often another request of the same account may be faster before this one gives up.
const RACES: usize = 5;

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
            let chosen = Chosen { plan, cycle, price };
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
        return to_portal(cx, caller, &customer).await;
    }
    let mut trial_used = known.trial_used;
    if let Some(former) = &known.open_session {
        match session::settle(cx, former).await? {
            Former::Fits => return Ok(former.redirect()),
            Former::Pays => return to_portal(cx, caller, &customer).await,
            Former::Paid => trial_used = true,
            Former::Closed => {}
        }
    }
    let trial_days = chosen.plan.trial_days();
    let trial_days = (trial_days > 0 && !trial_used).then_some(trial_days);
    let made = create_session(cx, caller, &customer, chosen, trial_days).await?;
    keep(
        cx,
        caller,
        &customer,
        chosen,
        made,
        known.open_session.as_ref(),
    )
    .await
}

/// A second subscription is never what somebody wants: the portal changes the first.
async fn to_portal(
    cx: &Context,
    caller: &AccountCaller,
    customer: &str,
) -> Result<Redirect, Error> {
    let noted = billing::note_portal(&cx.database, cx.by(caller), customer).await?;
    cx.settle(noted)?;
    portal::open(cx, customer).await
}

struct Chosen {
    plan: Plan,
    cycle: BillingCycle,
    price: String,
}

fn chosen(body: &Checkout) -> Result<(Plan, BillingCycle), Error> {
    let plan: Plan = body
        .tier
        .parse()
        .map_err(|_| Error::invalid("tier", "must be byok, hobby or pro"))?;
    let cycle: BillingCycle = body
        .billing_cycle
        .parse()
        .map_err(|_| Error::invalid("billing_cycle", "must be monthly or yearly"))?;
    Ok((plan, cycle))
}

async fn price(cx: &Context, plan: Plan, cycle: BillingCycle) -> Result<String, Error> {
    let prices = cx.stripe_prices().await?;
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

async fn create_session(
    cx: &Context,
    caller: &AccountCaller,
    customer: &str,
    chosen: &Chosen,
    trial_days: Option<u32>,
) -> Result<CheckoutSession, Error> {
    let app = cx.settings.app_url().await?;
    let account = caller.subject().to_string();
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
        trial_period_days: trial_days,
        expires_at: None,
        allow_promotion_codes: true,
        metadata: &metadata,
        subscription_metadata: &metadata,
    };
    let key = cx.outside_key("checkout");
    let stripe = cx.stripe().await?;
    Ok(stripe.create_checkout_session(&session, &key).await?)
}

/// Keeps a new session in place of the former, which is closed. When another request of the account was faster, of the
/// two that are open then only one stays so.
async fn keep(
    cx: &Context,
    caller: &AccountCaller,
    customer: &str,
    chosen: &Chosen,
    made: CheckoutSession,
    former: Option<&OpenSession>,
) -> Result<Redirect, Error> {
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
    let mut former = former.map(|former| former.id.clone());
    for lost in 0..=RACES {
        let kept =
            billing::save_checkout(&cx.database, cx.by(caller), new, former.as_deref()).await?;
        let Some(other) = cx.settle(kept)?.instead else {
            return Ok(Redirect { url });
        };
        if lost == RACES {
            break; // before the other one is closed: one of them stays open
        }
        match session::settle(cx, &other).await? {
            Former::Fits => {
                session::expire(cx, &made.id).await?;
                return Ok(other.redirect());
            }
            Former::Pays => {
                session::expire(cx, &made.id).await?;
                return to_portal(cx, caller, customer).await;
            }
            Former::Paid | Former::Closed => former = Some(other.id),
        }
    }
    session::expire(cx, &made.id).await?;
    Err(Error::Unavailable(
        "The checkout",
        "other requests of the account are always faster".to_owned(),
    ))
}
