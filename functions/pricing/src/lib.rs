//! `/pricing`.

mod config;
mod price;
mod tagged;

edge::routes! {
    GET read "/pricing/config" => config::handle;
    GET read "/pricing/stripe-price/{plan}/{cycle}" => price::handle;
}
