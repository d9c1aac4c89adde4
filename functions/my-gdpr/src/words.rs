//! What a person is told of their data. The numbers are those by which the platform forgets.

use std::collections::BTreeMap;

use contract::{DeletionRequested, Export, HeldData, Processor};

/// What is held, with why, for how long, and who else gets some of it.
pub(crate) fn explained(held: HeldData) -> Export {
    let retention = [
        ("account", "until you delete it, and 7 days after that"),
        (
            "instances",
            "until you delete them, and their data 7 days after that",
        ),
        ("health_checks", "90 days"),
        (
            "activity_history",
            "90 days; 7 years for deletions and for changes of rights",
        ),
        ("usage_metrics", "365 days"),
        ("webhook_events", "90 days"),
        (
            "payments",
            "as long as the law asks for, without your name once the account is gone",
        ),
    ];
    Export {
        held,
        data_processing_purposes: texts(&[
            "to run your account and your instances",
            "to charge for your plan",
            "to keep the platform safe and to find out what went wrong",
            "to write to you about news, if you agreed to that",
        ]),
        data_retention_periods: retention
            .into_iter()
            .map(|(what, how_long)| (what.to_owned(), how_long.to_owned()))
            .collect::<BTreeMap<_, _>>(),
        third_party_processors: vec![
            Processor {
                name: "Stripe".to_owned(),
                purpose: "payments".to_owned(),
                data_shared: "e-mail address, name, plan, and what you type on its pages"
                    .to_owned(),
            },
            Processor {
                name: "Supabase".to_owned(),
                purpose: "sign-in and database".to_owned(),
                data_shared: "e-mail address, password as a hash, and what this export holds"
                    .to_owned(),
            },
        ],
    }
}

/// Nothing has happened yet.
pub(crate) fn unconfirmed(days: i32) -> DeletionRequested {
    DeletionRequested {
        status: "confirmation_required".to_owned(),
        message: "Send `confirmation: true` to delete your account.".to_owned(),
        warning: Some(format!(
            "Your instances stop at once and nothing more is charged; after {days} days your account, your instances \
             and everything in them are gone for good."
        )),
        grace_period_days: None,
        deletion_date: None,
        cancellation: None,
        data_deleted: Vec::new(),
        data_retained: Vec::new(),
    }
}

/// It is on its way.
pub(crate) fn scheduled(due_at: String, days: i32) -> DeletionRequested {
    DeletionRequested {
        status: "deletion_scheduled".to_owned(),
        message: "Your instances are being stopped, and nothing more is charged.".to_owned(),
        warning: None,
        grace_period_days: Some(days),
        deletion_date: Some(due_at),
        cancellation: Some("Sign in within that time and take it back.".to_owned()),
        data_deleted: texts(&[
            "your account and how you sign in",
            "your instances and everything in them",
            "usage, events and checks of your instances",
            "what Stripe told us about you",
        ]),
        data_retained: texts(&[
            "amounts and numbers of invoices, without your name: tax law asks for them",
            "that the account was deleted, for 7 years",
        ]),
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
