//! `/my/gdpr`.

mod cancel;
mod consent;
mod export;
mod request;
mod words;

edge::routes! {
    GET write "/my/gdpr/export-data" => export::handle;
    POST destructive "/my/gdpr/request-deletion" => request::handle;
    POST write "/my/gdpr/cancel-deletion" => cancel::handle;
    POST write "/my/gdpr/consent" => consent::handle;
}
