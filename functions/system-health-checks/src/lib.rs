//! `/system/health-checks`.

mod check;
mod probe;

edge::routes! {
    POST write "/system/health-checks" => check::handle;
}
