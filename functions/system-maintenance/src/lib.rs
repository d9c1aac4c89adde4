//! `/system/billing-reconcile` and `/system/sync-instances`.

mod billing_reconcile;
mod sync_instances;

edge::routes! {
    POST write "/system/billing-reconcile" => billing_reconcile::handle;
    POST write "/system/sync-instances" => sync_instances::handle;
}
