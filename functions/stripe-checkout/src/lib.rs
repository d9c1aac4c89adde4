//! `/stripe/checkout` and `/stripe/portal`.

mod checkout;
mod portal;

edge::routes! {
    POST start "/stripe/checkout" => checkout::handle;
    POST write "/stripe/portal" => portal::handle;
}
