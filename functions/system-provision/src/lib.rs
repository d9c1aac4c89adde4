//! `/system/provision` and `/system/instances`.

mod provision;
mod wish;

edge::routes! {
    POST start "/system/provision" => provision::handle;
    POST start "/system/instances/{id}/start" => wish::handle;
    POST start "/system/instances/{id}/stop" => wish::handle;
    POST start "/system/instances/{id}/restart" => wish::handle;
    DELETE destructive "/system/instances/{id}/uninstall" => wish::handle;
}
