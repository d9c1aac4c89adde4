//! `/admin/instances` and `/admin/sync-instances`.

mod find;
mod list;
mod sync;
mod uninstall;
mod wish;

edge::routes! {
    GET read "/admin/instances" => list::handle;
    GET read "/admin/instances/{id}" => find::handle;
    POST write "/admin/instances/{id}/provision" => wish::handle;
    POST write "/admin/instances/{id}/start" => wish::handle;
    POST write "/admin/instances/{id}/stop" => wish::handle;
    POST write "/admin/instances/{id}/restart" => wish::handle;
    DELETE destructive "/admin/instances/{id}/uninstall" => uninstall::handle;
    POST write "/admin/sync-instances" => sync::handle;
}
