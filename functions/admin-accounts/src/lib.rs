//! `/admin/accounts`, and an admin's own leave.

mod admin;
mod edit;
mod find;
mod list;
mod logout;
mod remove;
mod status;

edge::routes! {
    GET read "/admin/accounts" => list::handle;
    GET read "/admin/accounts/{id}" => find::handle;
    PUT write "/admin/accounts/{id}" => edit::handle;
    PUT write "/admin/accounts/{id}/status" => status::handle;
    PUT write "/admin/accounts/{id}/admin" => admin::handle;
    DELETE destructive "/admin/accounts/{id}/complete" => remove::handle;
    POST write "/admin/auth/logout" => logout::handle;
}
