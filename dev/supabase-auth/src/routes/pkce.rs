//! The PKCE grant: the code that a mail's link led back with, and the secret of the browser that asked for the mail.

use jiff::Timestamp;

use crate::db::{flow_states, users};
use crate::error::Error;
use crate::session::{self, Session};
use crate::state::State;

/// Exchanges a code, once.
pub(crate) async fn grant(
    state: &State,
    code: &str,
    verifier: &str,
    agent: Option<&str>,
) -> Result<Session, Error> {
    if code.is_empty() || verifier.is_empty() {
        return Err(Error::Invalid(
            "invalid request: both auth code and code verifier should be non-empty",
        ));
    }
    let code = code.parse().map_err(|_| Error::FlowStateNotFound)?;
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let flow = flow_states::lock_by_code(&tx, code)
        .await?
        .ok_or(Error::FlowStateNotFound)?;
    if flow.is_expired {
        return Err(Error::FlowStateExpired);
    }
    if !flow.challenge.is_of(verifier) {
        return Err(Error::BadCodeVerifier);
    }
    let user = users::find(&tx, flow.user_id)
        .await?
        .ok_or(Error::FlowStateNotFound)?;
    if user.is_banned(Timestamp::now()) {
        return Err(Error::BannedAtSignIn);
    }
    flow_states::delete(&tx, code).await?;
    let session = session::start(state, &tx, user.id, &flow.authentication_method, agent).await?;
    tx.commit().await?;
    Ok(session)
}
