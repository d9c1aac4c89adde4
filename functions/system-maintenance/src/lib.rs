//! `/system/maintenance`, `/system/billing-reconcile` and `/system/sync-instances`.

mod billing_reconcile;
mod days;
mod maintain;
mod sync_instances;

edge::routes! {
    POST write "/system/maintenance" => maintain::handle;
    POST write "/system/billing-reconcile" => billing_reconcile::handle;
    POST write "/system/sync-instances" => sync_instances::handle;
}
