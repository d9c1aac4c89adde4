//! `/pricing/config`.

mod config;

edge::routes! {
    GET read "/pricing/config" => config::handle;
}
