//! `/system/billing-reconcile`.

mod billing_reconcile;

edge::routes! {
    POST write "/system/billing-reconcile" => billing_reconcile::handle;
}
