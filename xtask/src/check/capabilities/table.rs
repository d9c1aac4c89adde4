//! What gives a function a capability: the one place that says which dependency, caller or call of `edge` needs
//! which variables and hosts.
//!
//! A variable that a function reads by itself (`cx.settings.get("name")`) needs no line: the reading is the need.

/// One reason to have capabilities.
pub(super) struct Need {
    pub(super) when: When,
    /// Variables that `edge` then reads on the function's behalf.
    pub(super) variables: &'static [&'static str],
    /// Variables that name the hosts which it then talks to.
    pub(super) hosts: &'static [&'static str],
    /// Why.
    pub(super) because: &'static str,
}

/// What about a function makes it so.
pub(super) enum When {
    /// Nothing: every function.
    Always,
    /// It names this package as a dependency.
    DependsOn(&'static str),
    /// Its code names one of these.
    Names(&'static [&'static str]),
    /// It calls this method of `edge::Context`.
    Calls(&'static str),
}

/// All reasons. Together they hold every variable that `edge` reads, which is checked too.
pub(super) const NEEDS: &[Need] = &[
    Need {
        when: When::Always,
        variables: &["environment", "public_url", "rate_limits", "trusted_hops"],
        hosts: &[],
        because: "`edge::serve` reads them for every request",
    },
    Need {
        when: When::DependsOn("store"),
        variables: &["database_url"],
        hosts: &["database_host"],
        because: "it depends on `store`",
    },
    Need {
        when: When::Names(&["AccountCaller", "AdminCaller", "knows_keys"]),
        variables: &["auth_internal_url", "auth_issuer", "auth_jwt_secret"],
        hosts: &["auth_internal_url"],
        because: "accounts and admins call it, so it fetches the auth service's keys",
    },
    Need {
        when: When::Calls("stripe"),
        variables: &["stripe_api_url", "stripe_secret_key"],
        hosts: &["stripe_api_url"],
        because: "it calls Stripe (`cx.stripe()`)",
    },
    Need {
        when: When::Calls("stripe_prices"),
        variables: &["stripe_prices"],
        hosts: &[],
        because: "it knows Stripe's prices (`cx.stripe_prices()`)",
    },
    Need {
        when: When::Calls("outbound"),
        variables: &[],
        hosts: &["probe_hosts"],
        because: "it probes instances (`cx.outbound()`)",
    },
];

/// Names by which code reads files; such a function has `files`, and no other.
pub(super) const READS_FILES: &[&str] = &["fs"];

/// What a component may have without any need: it grants nothing.
pub(super) const HARMLESS: &[&str] = &["build", "description", "exclude_files", "targets", "tool"];
