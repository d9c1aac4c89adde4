//! `/my/subscription` and `/my/invoices`.

mod cancel;
mod change;
mod invoices;
mod paid;
mod reactivate;
mod subscription;

edge::routes! {
    GET read "/my/subscription" => subscription::handle;
    POST write "/my/subscription/cancel" => cancel::handle;
    POST write "/my/subscription/reactivate" => reactivate::handle;
    POST write "/my/subscription/change" => change::handle;
    GET read "/my/invoices" => invoices::handle;
}
