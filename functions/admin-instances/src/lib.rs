//! `/admin/instances`.

mod list;

edge::routes! {
    GET read "/admin/instances" => list::handle;
}
