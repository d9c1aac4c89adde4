//! `/my/instances`.

mod delete;
mod events;
mod find;
mod list;
mod provision;
mod wish;

edge::routes! {
    GET read "/my/instances" => list::handle;
    POST start "/my/instances/provision" => provision::handle;
    GET read "/my/instances/{id}" => find::handle;
    DELETE destructive "/my/instances/{id}" => delete::handle;
    POST start "/my/instances/{id}/start" => wish::handle;
    POST start "/my/instances/{id}/stop" => wish::handle;
    POST start "/my/instances/{id}/restart" => wish::handle;
    GET read "/my/instances/{id}/events" => events::handle;
}
