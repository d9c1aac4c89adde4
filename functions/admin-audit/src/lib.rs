//! `/admin/audit-logs`.

mod list;
mod table;

edge::routes! {
    GET read "/admin/audit-logs" => list::handle;
    GET read "/admin/audit_logs" => list::handle;
}
