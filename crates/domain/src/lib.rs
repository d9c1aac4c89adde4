//! Plans, statuses and rules.
