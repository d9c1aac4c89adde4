//! `/admin/accounts`.

mod list;

edge::routes! {
    GET read "/admin/accounts" => list::handle;
}
