//! `GET /pricing/stripe-price/{plan}/{cycle}`: which of Stripe's prices a plan is.

use contract::StripePrice;
use domain::{BillingCycle, Plan};
use edge::{Anonymous, Answer, Context, Error, Request};

use crate::tagged;

/// What is not sold here has no price: 404.
pub(crate) async fn handle(cx: &Context, _: Anonymous, request: Request) -> Result<Answer, Error> {
    let plan: Plan = request.value("plan")?;
    let cycle: BillingCycle = request.value("cycle")?;
    let prices = cx.stripe_prices().await?;
    let price = prices.price(plan, cycle).ok_or(Error::NotFound)?;
    let price = StripePrice {
        price_id: price.to_owned(),
        plan: plan.key().to_owned(),
        billing_cycle: cycle.key().to_owned(),
    };
    tagged::answer(&request, &price)
}
