//! `/webhooks/stripe`.

mod receive;

edge::routes! {
    POST write "/webhooks/stripe" => receive::handle;
}
