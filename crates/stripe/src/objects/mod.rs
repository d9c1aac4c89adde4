//! The objects, each with its calls: `impl Client` below the type.

pub(crate) mod checkout;
pub(crate) mod customer;
pub(crate) mod event;
pub(crate) mod invoice;
pub(crate) mod portal;
pub(crate) mod price;
pub(crate) mod product;
pub(crate) mod subscription;
