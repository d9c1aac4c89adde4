//! `/system/metrics`.

mod families;
mod metrics;

edge::routes! {
    GET read "/system/metrics" => metrics::handle;
}
