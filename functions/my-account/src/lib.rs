//! `/my/account`.

mod account;
mod admin_status;
mod setup;

edge::routes! {
    GET read "/my/account" => account::handle;
    GET read "/my/account/admin-status" => admin_status::handle;
    POST write "/my/account/setup" => setup::handle;
}
