//! `POST /my/subscription/change`: another plan or billing cycle, or what it would cost.

use auth::AccountCaller;
use contract::{ChangeLine, ChangeSubscription, SubscriptionChange};
use domain::{BillingCycle, Plan};
use edge::{Answer, Begun, Context, Error, Refusal, Request};
use serde_json::json;
use store::subscriptions;
use stripe::{InvoicePreview, PriceChange, Subscription, SubscriptionStatus};

use crate::paid;

/// The cost is Stripe's preview of the very change that is then made, of the same moment. Our row follows with
/// Stripe's event.
pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let body: ChangeSubscription = request.json().await?;
    let price = price(cx, &body).await?;
    let begun: Begun<Subscription, SubscriptionChange> = paid::begin(cx, &caller).await?;
    let subscription = match begun {
        Begun::Before(answer) => return Answer::ok(&answer),
        Begun::Now(subscription) => subscription,
    };
    let item = subscription.items.data.first();
    let item = item.ok_or_else(|| Error::Internal("a subscription to nothing".to_owned()))?;
    if item.price.id == price {
        return Err(cx.refuse(Refusal::PlanUnchanged).await);
    }
    let change = PriceChange {
        item: &item.id,
        price: &price,
        // a period may have ended that Stripe has not renewed yet
        at: cx
            .now()
            .max(item.current_period_start)
            .min(item.current_period_end),
    };
    let stripe = cx.stripe().await?;
    let key = cx.outside_key("preview");
    let cost = stripe
        .preview_price_change(&subscription.id, &change, &key)
        .await?;
    if !body.preview {
        make(cx, &caller, &subscription, &change, &body).await?;
    }
    let answer = told(body, &subscription, cost);
    cx.finish(&answer).await;
    Answer::ok(&answer)
}

async fn price(cx: &Context, body: &ChangeSubscription) -> Result<String, Error> {
    let plan: Plan = body
        .tier
        .parse()
        .map_err(|_| Error::invalid("tier", "must be byok, hobby or pro"))?;
    let cycle: BillingCycle = body
        .billing_cycle
        .parse()
        .map_err(|_| Error::invalid("billing_cycle", "must be monthly or yearly"))?;
    let prices = cx.stripe_prices().await?;
    let price = prices.price(plan, cycle);
    let price = price.ok_or_else(|| Error::NotSold(plan.key().to_owned()))?;
    Ok(price.to_owned())
}

/// What cannot be paid at once is not changed.
async fn make(
    cx: &Context,
    caller: &AccountCaller,
    subscription: &Subscription,
    change: &PriceChange<'_>,
    body: &ChangeSubscription,
) -> Result<(), Error> {
    let key = cx.outside_key("change");
    let stripe = cx.stripe().await?;
    match stripe.change_price(&subscription.id, change, &key).await {
        Ok(_) => {}
        Err(error) if error.is_declined() => {
            return Err(cx.refuse(Refusal::PaymentFailed).await);
        }
        Err(error) => return Err(error.into()),
    }
    let details = json!({"tier": body.tier, "billing_cycle": body.billing_cycle});
    let call = cx.by(caller);
    let noted =
        subscriptions::note(&cx.database, call, "change", &subscription.id, &details).await?;
    cx.settle(noted)?;
    Ok(())
}

fn told(
    body: ChangeSubscription,
    subscription: &Subscription,
    cost: InvoicePreview,
) -> SubscriptionChange {
    let lines = cost.lines.data.into_iter().map(|line| ChangeLine {
        description: line.description,
        amount: line.amount,
    });
    SubscriptionChange {
        preview: body.preview,
        tier: body.tier,
        billing_cycle: body.billing_cycle,
        subscription_id: subscription.id.clone(),
        currency: cost.currency,
        amount_due: cost.amount_due,
        credit: cost.total.min(0).saturating_neg(),
        due_now: subscription.status != SubscriptionStatus::Trialing,
        lines: lines.collect(),
    }
}
