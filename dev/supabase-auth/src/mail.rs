//! Mails that prove an address: made here, kept in the outbox.

use axum::http::HeaderMap;
use jiff::Timestamp;
use url::Url;
use uuid::Uuid;

use crate::db::{Tx, flow_states, one_time_tokens, outbox};
use crate::error::Error;
use crate::pkce::Challenge;
use crate::redirect;
use crate::state::State;
use crate::user::User;

/// Before the hash in a link whose reader comes back with a code to exchange.
pub(crate) const PKCE_PREFIX: &str = "pkce_";

/// What a mail is for, and what its link or code then proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Signup,
    Invite,
    Recovery,
    Magiclink,
    EmailChange,
    /// Proves that the user is there, before a change of the password; a code only.
    Reauthentication,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Invite => "invite",
            Self::Recovery => "recovery",
            Self::Magiclink => "magiclink",
            Self::EmailChange => "email_change",
            Self::Reauthentication => "reauthentication",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [
            Self::Signup,
            Self::Invite,
            Self::Recovery,
            Self::Magiclink,
            Self::EmailChange,
            Self::Reauthentication,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
    }

    /// How a session says that it was won by a code exchanged for such a mail.
    fn authentication_method(self) -> &'static str {
        match self {
            Self::Signup => "email/signup",
            other => other.as_str(),
        }
    }

    /// When the user was last mailed for this.
    fn last_sent(self, user: &User) -> Option<Timestamp> {
        match self {
            Self::Signup => user.confirmation_sent_at,
            Self::Invite => None,
            Self::Recovery | Self::Magiclink => user.recovery_sent_at,
            Self::EmailChange => user.email_change_sent_at,
            Self::Reauthentication => user.reauthentication_sent_at,
        }
    }
}

/// How the person who reads the mail comes back: to the `redirect_to` of the request if it is allowed, and with a
/// code if the request had a challenge for it.
pub(crate) struct Landing {
    target: Url,
    challenge: Option<Challenge>,
}

impl Landing {
    pub(crate) fn new(
        state: &State,
        wished: Option<&str>,
        headers: &HeaderMap,
        challenge: Option<Challenge>,
    ) -> Self {
        Self {
            target: redirect::target(&state.config.site_url, wished, headers),
            challenge,
        }
    }

    /// Where the reader is led to.
    pub(crate) fn target(&self) -> &str {
        self.target.as_str()
    }
}

/// What a mail holds: a link and a code that are each good once.
pub(crate) struct Letter {
    pub(crate) token_hash: String,
    pub(crate) code: String,
    pub(crate) link: Url,
}

/// Puts a mail into the outbox, unless the user was mailed for the same a moment ago.
pub(crate) async fn send(
    state: &State,
    tx: &Tx<'_>,
    user: &User,
    kind: Kind,
    email: &str,
    landing: &Landing,
) -> Result<(), Error> {
    check_interval(state, user, kind)?;
    let letter = write(state, tx, user.id, kind, email, landing).await?;
    outbox::insert(tx, user.id, kind, email, &letter).await
}

fn check_interval(state: &State, user: &User, kind: Kind) -> Result<(), Error> {
    let Some(last) = kind.last_sent(user) else {
        return Ok(());
    };
    let interval = state.config.policy.mail_interval;
    let passed = Timestamp::now().as_second() - last.as_second();
    if passed < interval {
        return Err(Error::MailTooSoon(interval - passed));
    }
    Ok(())
}

/// Makes link and code of a mail, and forgets those of the mail before.
pub(crate) async fn write(
    state: &State,
    tx: &Tx<'_>,
    user_id: Uuid,
    kind: Kind,
    email: &str,
    landing: &Landing,
) -> Result<Letter, Error> {
    let flow_state_id = match &landing.challenge {
        Some(challenge) => {
            let method = kind.authentication_method();
            Some(flow_states::insert(tx, user_id, challenge, method).await?)
        }
        None => None,
    };
    let prefix = if flow_state_id.is_some() {
        PKCE_PREFIX
    } else {
        ""
    };
    // As long as the hash that Supabase puts there, but random, so that it cannot be guessed by code.
    let token_hash = format!("{prefix}{}", hex::encode(rand::random::<[u8; 28]>()));
    let code = format!("{:06}", rand::random_range(0..1_000_000));
    let mut link = Url::parse(&format!("{}/verify", state.config.issuer()))
        .map_err(|error| Error::Internal(error.into()))?;
    link.query_pairs_mut()
        .append_pair("token", &token_hash)
        .append_pair("type", kind.as_str())
        .append_pair("redirect_to", landing.target());
    let letter = Letter {
        token_hash,
        code,
        link,
    };
    one_time_tokens::replace(tx, user_id, kind, email, &letter, flow_state_id).await?;
    Ok(letter)
}
