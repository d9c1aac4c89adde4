//! `/stripe/checkout` and `/stripe/portal`.

mod checkout;
mod portal;
mod session;

edge::routes! {
    POST start "/stripe/checkout" => checkout::handle;
    POST write "/stripe/portal" => portal::handle;
}
