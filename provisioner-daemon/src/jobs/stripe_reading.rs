//! What the jobs that read from Stripe share: a subscription as our row, and trouble as the queue's.

use domain::{StripePrices, SubscriptionStatus, limit_as_number};
use store::daemon::stripe::SavedSubscription;
use stripe::Subscription;

use crate::runner::JobError;

/// A subscription as our row; its plan follows from its price alone. Otherwise why it can be none.
pub(super) fn saved(
    prices: &StripePrices,
    subscription: &Subscription,
) -> Result<SavedSubscription, &'static str> {
    let item = subscription.items.data.first().ok_or("no_price")?;
    let (plan, cycle) = prices.plan(&item.price.id).ok_or("unknown_price")?;
    let limits = &plan.terms().limits;
    let status = SubscriptionStatus::from_stripe(subscription.status.as_str());
    if status == SubscriptionStatus::Unknown {
        metrics::counter!("prov_stripe_unknown_status_total").increment(1);
        tracing::error!(
            status = subscription.status.as_str(),
            "Stripe has a status that we do not know"
        );
    }
    Ok(SavedSubscription {
        stripe_subscription_id: subscription.id.clone(),
        stripe_price_id: item.price.id.clone(),
        tier: plan.key(),
        billing_cycle: cycle.key(),
        status: status.word(),
        max_agents: limit_as_number(limits.max_agents),
        max_messages_per_day: limit_as_number(limits.max_messages_per_day),
        max_storage_gb: limit_as_number(limits.storage_gb),
        trial_end: subscription.trial_end,
        period_start: Some(item.current_period_start),
        period_end: Some(item.current_period_end),
        cancel_at_period_end: subscription.cancel_at_period_end,
        cancelled: subscription.canceled_at,
    })
}

/// Also a refused key or an unexpected answer: an operator can mend those, and the queue's attempts bound it.
pub(super) fn transient(error: stripe::Error) -> JobError {
    let retry_after = match &error {
        stripe::Error::RateLimited { retry_after } => *retry_after,
        _ => None,
    };
    JobError::Transient {
        cause: error.into(),
        retry_after,
    }
}
