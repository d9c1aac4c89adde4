//! The layers: which of our packages each may link, and what it never links by any way.

/// One layer.
pub(super) struct Layer {
    pub(super) who: Who,
    /// Of our packages, those that it may link, directly or not. A build of its own decides what counts: what a
    /// feature of another package would add counts only where it is asked for.
    pub(super) may: &'static [&'static str],
    /// Packages that it never links.
    pub(super) never: &'static [&'static str],
    /// Why.
    pub(super) because: &'static str,
}

/// Which of our packages a layer is.
pub(super) enum Who {
    /// One, by name.
    Package(&'static str),
    /// All below a folder.
    Below(&'static str),
}

/// A package that only these of ours may name as a dependency.
pub(super) struct Reserved {
    /// By name, or by its beginning where it ends with `*`.
    pub(super) package: &'static str,
    pub(super) to: &'static [&'static str],
    pub(super) because: &'static str,
}

/// What talks to the outside or waits for it.
const INPUT_OUTPUT: &[&str] = &[
    "axum",
    "deadpool-postgres",
    "http",
    "hyper",
    "kube",
    "reqwest",
    "spin-sdk",
    "tokio",
    "tokio-postgres",
];
/// What belongs to a native program.
const NATIVE: &[&str] = &[
    "axum",
    "deadpool-postgres",
    "hyper",
    "kube",
    "refinery",
    "reqwest",
    "tokio",
    "tokio-postgres",
];
/// What brings a transport or a runtime along.
const TRANSPORT: &[&str] = &[
    "axum",
    "hyper",
    "reqwest",
    "spin-sdk",
    "tokio",
    "tokio-postgres",
];

/// Everything that functions and daemon are made of.
const SHARED: &[&str] = &["auth", "contract", "domain", "store", "stripe"];

/// The same, and the database that tests start for themselves.
const TESTING: &[&str] = &[
    "auth",
    "contract",
    "domain",
    "store",
    "stripe",
    "test-postgres",
];

/// From the bottom up. A package without a line here is refused: whoever adds one says where it belongs.
pub(super) const LAYERS: &[Layer] = &[
    Layer {
        who: Who::Package("domain"),
        may: &[],
        never: INPUT_OUTPUT,
        because: "the domain is values and rules, without I/O and without the wire",
    },
    Layer {
        who: Who::Package("contract"),
        may: &[],
        never: TRANSPORT,
        because: "the contract is what goes over the wire: no domain rules, no database",
    },
    Layer {
        who: Who::Package("auth"),
        may: &["domain"],
        never: TRANSPORT,
        because: "tokens are verified the same whoever runs it, so neither Spin nor a runtime is known",
    },
    Layer {
        who: Who::Package("stripe"),
        may: &[],
        never: TRANSPORT,
        because: "the transport of Stripe's requests is a parameter",
    },
    Layer {
        who: Who::Package("store"),
        may: &["auth", "contract", "domain"],
        never: NATIVE,
        because: "the store is statements behind one trait: functions link it without its feature `native`, and \
                  neither business rules nor Spin belong into it",
    },
    Layer {
        who: Who::Package("edge"),
        may: SHARED,
        never: NATIVE,
        because: "the edge is linked into every function",
    },
    Layer {
        who: Who::Below("functions"),
        may: &["auth", "contract", "domain", "edge", "store", "stripe"],
        never: NATIVE,
        because: "a function is deployed alone: no other function, no stand-in, nothing of a native program",
    },
    Layer {
        who: Who::Package("provisioner-daemon"),
        may: SHARED,
        never: &["spin-sdk"],
        because: "daemon and functions meet in the database only, and what stands in for the outside is not shipped",
    },
    Layer {
        who: Who::Below("dev"),
        may: SHARED,
        never: &["spin-sdk"],
        because: "a stand-in is a program of its own: it links no function, no daemon and no other stand-in",
    },
    Layer {
        who: Who::Package("platform-tests"),
        may: TESTING,
        never: &["spin-sdk"],
        because: "the suite looks at the running system from outside",
    },
    Layer {
        who: Who::Package("xtask"),
        may: TESTING,
        never: &["spin-sdk", "wasmtime"],
        because: "every command begins with compiling this: it starts programs instead of linking them, but for what its \
                  suites start a database with",
    },
];

/// What one or a few of ours may name, and nobody else.
pub(super) const RESERVED: &[Reserved] = &[
    Reserved {
        package: "kube*",
        to: &["provisioner-daemon"],
        because: "only the daemon touches a cluster",
    },
    Reserved {
        package: "wasmtime*",
        to: &["dev-host"],
        because: "only the host of one machine runs modules",
    },
    Reserved {
        package: "refinery*",
        to: &["store"],
        because: "migrations are the store's",
    },
];
