//! `/my/account` and `/my/audit`.

mod account;
mod admin_status;
mod audit;
mod change;
mod setup;

edge::routes! {
    GET read "/my/account" => account::handle;
    PATCH write "/my/account" => change::handle;
    GET read "/my/account/admin-status" => admin_status::handle;
    POST write "/my/account/setup" => setup::handle;
    GET read "/my/audit" => audit::handle;
}
