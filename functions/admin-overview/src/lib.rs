//! `/admin/stats` and `/admin/metrics/dashboard`.

mod dashboard;
mod stats;

edge::routes! {
    GET read "/admin/stats" => stats::handle;
    GET read "/admin/metrics/dashboard" => dashboard::handle;
}
