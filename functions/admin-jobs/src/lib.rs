//! `/admin/jobs`.

mod act;
mod find;
mod list;

edge::routes! {
    GET read "/admin/jobs" => list::handle;
    GET read "/admin/jobs/{id}" => find::handle;
    POST write "/admin/jobs/{id}/retry" => act::handle;
    POST write "/admin/jobs/{id}/cancel" => act::handle;
    POST write "/admin/jobs/{id}/discard" => act::handle;
}
