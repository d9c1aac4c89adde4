//! Query parameters, those of lists above all: what the document says, and what the functions check by it.

/// A query parameter; none has to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it says.
    pub meaning: &'static str,
}

impl Parameter {
    /// Whether it lets only some of a list's rows through, by a field of theirs that has its name.
    pub fn is_filter(&self) -> bool {
        !self.name.starts_with('_') && self.name != "q"
    }
}

/// What a query parameter may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A whole number within these bounds.
    Number(i64, i64),
    /// Text of at most so many bytes.
    Text(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// The id of an account.
    Uuid,
}

const fn parameter(name: &'static str, kind: Kind, meaning: &'static str) -> Parameter {
    Parameter {
        name,
        kind,
        meaning,
    }
}

const ACCOUNT_STATUSES: &[&str] = &["pending_verification", "active", "suspended", "deleted"];

const INSTANCE_STATUSES: &[&str] = &[
    "provisioning",
    "running",
    "stopping",
    "stopped",
    "restarting",
    "updating",
    "degraded",
    "error",
    "unknown",
    "deprovisioning",
    "deprovisioned",
];

const JOB_STATES: &[&str] = &[
    "queued",
    "running",
    "dead",
    "done",
    "superseded",
    "blocked",
    "cancelled",
    "discarded",
];

const SUBSCRIPTION_STATUSES: &[&str] = &[
    "trialing",
    "active",
    "past_due",
    "unpaid",
    "paused",
    "incomplete",
    "incomplete_expired",
    "cancelled",
    "unknown",
];

const PLANS: &[&str] = &["free", "byok", "hobby", "pro", "enterprise"];

const INVOICE_STATUSES: &[&str] = &["draft", "open", "paid", "uncollectible", "void"];

const ACTORS: &[&str] = &["account", "admin", "system", "stripe", "daemon"];

/// What every list takes, with the fields that it can be sorted by and one filter.
const fn page(sort: &'static [&'static str], filter: Parameter) -> [Parameter; 6] {
    [
        parameter(
            "_start",
            Kind::Number(0, 1_000_000_000),
            "First row, from 0",
        ),
        parameter(
            "_end",
            Kind::Number(1, i32::MAX as i64),
            "Row after the last, greater than _start; at most 200 rows a page",
        ),
        parameter("_sort", Kind::Word(sort), "Field to sort by"),
        parameter(
            "_order",
            Kind::Word(&["ASC", "DESC"]),
            "Smallest or largest first",
        ),
        parameter("q", Kind::Text(200), "Only rows that contain this text"),
        filter,
    ]
}

const fn status(words: &'static [&'static str]) -> Parameter {
    parameter("status", Kind::Word(words), "Only rows with this status")
}

const OF_ACCOUNT: Parameter = parameter("account_id", Kind::Uuid, "Only rows of this account");

/// Of the list of accounts.
pub const ACCOUNTS: &[Parameter] = &page(
    &["created_at", "email", "full_name", "company_name", "status"],
    status(ACCOUNT_STATUSES),
);

/// Of the list of instances.
pub const INSTANCES: &[Parameter] = &page(
    &[
        "created_at",
        "instance_id",
        "subdomain",
        "name",
        "status",
        "tier",
    ],
    status(INSTANCE_STATUSES),
);

/// Of the list of jobs.
pub const JOBS: &[Parameter] = &{
    let [start, end, sort, order, search, state] = page(
        &["created_at", "id", "kind", "state", "attempt"],
        parameter("state", Kind::Word(JOB_STATES), "Only jobs in this state"),
    );
    let search = Parameter {
        meaning: "Only jobs of instances and accounts whose name, subdomain or address contains this text, or of this lane",
        ..search
    };
    let kind = parameter("kind", Kind::Text(100), "Only jobs of this kind");
    [start, end, sort, order, search, state, kind]
};

const OF_PLAN: Parameter = parameter("tier", Kind::Word(PLANS), "Only rows of this plan");

/// Of the list of subscriptions.
pub const SUBSCRIPTIONS: &[Parameter] = &{
    let [start, end, sort, order, search, status] = page(
        &[
            "created_at",
            "updated_at",
            "tier",
            "status",
            "current_period_end",
        ],
        status(SUBSCRIPTION_STATUSES),
    );
    [start, end, sort, order, search, status, OF_PLAN, OF_ACCOUNT]
};

/// Of the list of payments.
pub const PAYMENTS: &[Parameter] = &{
    let [start, end, sort, order, search, status] = page(
        &[
            "created_at",
            "status",
            "amount_due",
            "amount_paid",
            "number",
        ],
        status(INVOICE_STATUSES),
    );
    [start, end, sort, order, search, status, OF_ACCOUNT]
};

/// Of the list of what was used.
pub const USAGE: &[Parameter] = &{
    let [start, end, sort, order, search, plan] = page(
        &[
            "created_at",
            "metric_date",
            "messages_sent",
            "agents_used",
            "storage_used_gb",
            "tier",
        ],
        OF_PLAN,
    );
    [start, end, sort, order, search, plan, OF_ACCOUNT]
};

/// Of the list of Stripe's events.
pub const WEBHOOK_EVENTS: &[Parameter] = &{
    let [start, end, sort, order, search, state] = page(
        &["received_at", "created_at", "type", "deliveries"],
        parameter(
            "state",
            Kind::Word(&["waiting", "parked", "processed"]),
            "Only events in this state",
        ),
    );
    let kind = parameter("type", Kind::Text(100), "Only events of this type");
    [start, end, sort, order, search, state, kind, OF_ACCOUNT]
};

/// Of the audit log.
pub const AUDIT_LOGS: &[Parameter] = &{
    let [start, end, sort, order, search, actor] = page(
        &["created_at", "id", "action", "actor_type"],
        parameter(
            "actor_type",
            Kind::Word(ACTORS),
            "Only what this kind of actor did",
        ),
    );
    let before = parameter(
        "before",
        Kind::Number(1, i64::MAX),
        "Only entries before this one",
    );
    [
        start,
        end,
        sort,
        order,
        search,
        actor,
        before,
        OF_ACCOUNT,
        parameter("actor_id", Kind::Text(200), "Only what this one did"),
        parameter("action", Kind::Text(200), "Only this action"),
        parameter(
            "resource_type",
            Kind::Text(200),
            "Only what was done to this kind of thing",
        ),
        parameter(
            "resource_id",
            Kind::Text(200),
            "Only what was done to this thing",
        ),
    ]
};

pub(crate) const MY_AUDIT: &[Parameter] = &[
    parameter(
        "before",
        Kind::Number(1, i64::MAX),
        "Only entries before this one",
    ),
    parameter(
        "limit",
        Kind::Number(1, 200),
        "How many entries; 50 when left out",
    ),
];

pub(crate) const MY_USAGE: &[Parameter] = &[parameter(
    "days",
    Kind::Number(1, 365),
    "How many days, today the last; 30 when left out",
)];

pub(crate) const EVENTS: &[Parameter] = &[
    parameter(
        "after",
        Kind::Number(0, i64::MAX),
        "Only events after this one",
    ),
    parameter("wait", Kind::Number(0, 25), "Seconds to wait for one"),
];
