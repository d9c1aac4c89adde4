//! `/my/instances`, `/my/jobs` and `/my/subdomains`.

mod delete;
mod events;
mod find;
mod job;
mod list;
mod name;
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
    GET read "/my/jobs/{id}" => job::find;
    DELETE write "/my/jobs/{id}" => job::cancel;
    GET read "/my/subdomains/{name}" => name::handle;
}
