//! `/admin/subscriptions`, `/admin/payments`, `/admin/usage` and `/admin/webhook-events`.

mod events;
mod lists;
mod replay;

edge::routes! {
    GET read "/admin/subscriptions" => lists::subscriptions;
    GET read "/admin/payments" => lists::payments;
    GET read "/admin/usage" => lists::usage;
    GET read "/admin/usage_metrics" => lists::usage;
    GET read "/admin/webhook-events" => events::handle;
    POST write "/admin/webhook-events/{id}/replay" => replay::handle;
}
