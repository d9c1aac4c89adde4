//! Spin.
