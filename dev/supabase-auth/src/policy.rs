//! What an operator of Supabase sets on its dashboard: the rules of sign-up, sessions, passwords and mails.

use clap::ValueEnum;

use crate::limits::Rates;

/// The rules; the defaults are those of a new Supabase project, but for mails and requests, which tests and people
/// on one machine send faster.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Policy {
    /// Ask for a confirmation of the address by mail (read mails at `/__outbox`).
    #[arg(long)]
    pub(crate) confirm_email: bool,
    /// Let nobody sign up; administrators still make and invite users.
    #[arg(long)]
    pub(crate) disable_signup: bool,
    /// Seconds for which an access token is good.
    #[arg(long, default_value_t = 3600, value_parser = clap::value_parser!(i64).range(1..=604_800))]
    pub(crate) token_lifetime: i64,
    /// Seconds for which an exchanged refresh token is still taken: for tabs that race.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i32).range(0..=3600))]
    pub(crate) reuse_interval: i32,
    /// Seconds after which a session ends, whatever is done in it.
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) session_timebox: Option<i64>,
    /// Seconds without a refresh after which a session ends.
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) session_inactivity: Option<i64>,
    /// What a change of the password asks for.
    #[arg(long, value_enum, default_value_t = PasswordChange::Session)]
    pub(crate) password_change: PasswordChange,
    /// Seconds between two mails of one kind to one user.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(0..=86_400))]
    pub(crate) mail_interval: i64,
    /// Requests of one client in five minutes by group: `token=150,verify=30,mail=30` is Supabase's own. A group
    /// that is left out has no limit.
    #[arg(long, default_value = "")]
    pub(crate) rate_limits: Rates,
}

/// What a change of the password asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PasswordChange {
    /// A session.
    Session,
    /// Also a code from a mail, unless the user signed in within a day.
    Nonce,
    /// Also the password of now, unless the user signed in without one.
    Current,
}
