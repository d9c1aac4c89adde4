//! `POST /recover`, `/resend`, `/otp` and `/magiclink`, `GET /reauthenticate`: mails. Whether an address is known
//! shows in no answer but where Supabase itself tells it.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request, State as Shared};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::db::Tx;
use crate::db::users::{self, NewUser};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Body, Caller, Query};
use crate::mail::{self, Kind, Landing};
use crate::pkce::Challenge;
use crate::state::State;
use crate::user::{User, email_provider};

/// What any of the routes needs.
#[derive(Deserialize)]
struct Wish {
    email: Option<String>,
    phone: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    create_user: Option<bool>,
    data: Option<Map<String, Value>>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// A request for a mail, checked.
pub(crate) struct Asked {
    email: Email,
    landing: Landing,
    wish: Wish,
}

impl FromRequest<State> for Asked {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let query = Query::from_request_parts(&mut parts, state).await?;
        let headers: HeaderMap = parts.headers.clone();
        let request = Request::from_parts(parts, body);
        let Body(wish) = Body::<Wish>::from_request(request, state).await?;
        if wish.phone.as_deref().is_some_and(|phone| !phone.is_empty()) {
            return Err(Error::PhoneDisabled("Phone sign-ins are disabled"));
        }
        let challenge = Challenge::parse(
            wish.code_challenge.as_deref(),
            wish.code_challenge_method.as_deref(),
        )?;
        Ok(Self {
            email: Email::parse(wish.email.as_deref().unwrap_or_default())?,
            landing: Landing::new(state, query.get("redirect_to"), &headers, challenge),
            wish,
        })
    }
}

/// A mail to be sent.
struct Due {
    user: User,
    kind: Kind,
    address: String,
}

/// Mails a link to set a new password.
pub(crate) async fn recover(
    Shared(state): Shared<State>,
    asked: Asked,
) -> Result<Json<Value>, Error> {
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let user = users::find_by_email(&tx, &asked.email).await?;
    let due = user.map(|user| Due {
        kind: Kind::Recovery,
        address: user.email.clone(),
        user,
    });
    post(&state, tx, &asked.landing, due).await
}

/// Mails again what waits for an answer.
pub(crate) async fn resend(
    Shared(state): Shared<State>,
    asked: Asked,
) -> Result<Json<Value>, Error> {
    let kind = match asked.wish.kind.as_deref() {
        Some("signup") => Kind::Signup,
        Some("email_change") => Kind::EmailChange,
        _ => {
            return Err(Error::Invalid(
                "Missing one of these types: signup, email_change",
            ));
        }
    };
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let user = users::find_by_email(&tx, &asked.email).await?;
    let due = user.and_then(|user| {
        let address = match kind {
            // Asked for by the address of now, sent to the one to come.
            Kind::EmailChange => user.new_email.clone(),
            _ if user.email_confirmed_at.is_none() => Some(user.email.clone()),
            _ => None,
        };
        address.map(|address| Due {
            user,
            kind,
            address,
        })
    });
    post(&state, tx, &asked.landing, due).await
}

/// Mails a link to sign in without a password, to a new user too unless the client or the operator says otherwise.
pub(crate) async fn otp(Shared(state): Shared<State>, asked: Asked) -> Result<Json<Value>, Error> {
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let user = match users::find_by_email(&tx, &asked.email).await? {
        Some(user) => user,
        None if asked.wish.create_user == Some(false) => return Err(Error::OtpDisabled),
        None if state.config.policy.disable_signup => return Err(Error::SignupDisabled),
        None => create(&tx, &asked.email, asked.wish.data.unwrap_or_default()).await?,
    };
    let due = Due {
        kind: Kind::Magiclink,
        address: user.email.clone(),
        user,
    };
    post(&state, tx, &asked.landing, Some(due)).await
}

/// Mails the caller a code to prove that they are there.
pub(crate) async fn reauthenticate(
    Shared(state): Shared<State>,
    caller: Caller,
) -> Result<Json<Value>, Error> {
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let due = Due {
        kind: Kind::Reauthentication,
        address: caller.user.email.clone(),
        user: caller.user,
    };
    let landing = Landing::new(&state, None, &HeaderMap::new(), None);
    post(&state, tx, &landing, Some(due)).await
}

/// Sends what is due, if anything; the answer is the same either way.
async fn post(
    state: &State,
    tx: Tx<'_>,
    landing: &Landing,
    due: Option<Due>,
) -> Result<Json<Value>, Error> {
    if let Some(due) = due {
        mail::send(state, &tx, &due.user, due.kind, &due.address, landing).await?;
    }
    tx.commit().await?;
    Ok(Json(json!({})))
}

/// Makes a user without a password, whose address a mail is to confirm.
pub(crate) async fn create(
    tx: &Tx<'_>,
    email: &Email,
    data: Map<String, Value>,
) -> Result<User, Error> {
    let new = NewUser {
        id: Uuid::new_v4(),
        email,
        password_hash: None,
        role: "authenticated",
        app_metadata: &email_provider(),
        user_metadata: &Value::Object(data),
        confirmed: false,
    };
    users::insert(tx, &new).await?;
    users::find_by_email(tx, email)
        .await?
        .ok_or(Error::Conflict)
}
