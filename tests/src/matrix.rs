//! A Matrix client of an instance's owner: signs in, finds rooms, writes and reads.

use std::cell::RefCell;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::platform::{Answer, Platform};
use crate::wait::until;

/// How long another party may take to act in a room, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_mins(3);

/// A signed-in Matrix client.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// Whose client it is.
    pub user_id: String,
    platform: Platform,
    homeserver: String,
    token: String,
}

impl Matrix {
    /// Signs the owner of an instance in, with what the instance page shows.
    #[expect(clippy::expect_used, reason = "a test helper")]
    pub async fn sign_in(platform: &Platform, instance: &Value) -> Self {
        let homeserver = instance["matrix_server_url"]
            .as_str()
            .expect("a homeserver");
        let login = json!({
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": instance["owner_matrix_id"]},
            "password": instance["owner_password"],
        });
        let url = format!("{homeserver}/_matrix/client/v3/login");
        let request = platform.request(Method::POST, &url).json(&login);
        let session = platform.send(request).await.expect(200);
        let text = |name: &str| session[name].as_str().expect("a session").to_owned();
        Self {
            user_id: text("user_id"),
            token: text("access_token"),
            platform: platform.clone(),
            homeserver: homeserver.to_owned(),
        }
    }

    /// Awaits a room of this name that the user is in or invited to, joins it and answers its id.
    pub async fn enter(&self, room_name: &str) -> String {
        let what = format!("a room {room_name}");
        // from where it was last: Synapse gives equal requests the same answer for two minutes
        let since = RefCell::new(None);
        let id = until(&what, PATIENCE, async || {
            let query = since.borrow().as_ref().map_or_else(
                || "timeout=0".to_owned(),
                |since| format!("timeout=0&since={since}"),
            );
            let path = format!("/sync?{query}");
            let synced = self.call(Method::GET, &path, None).await.expect(200);
            since.replace(synced["next_batch"].as_str().map(str::to_owned));
            room_called(room_name, &synced)
        })
        .await;
        self.call(Method::POST, &format!("/join/{id}"), Some(json!({})))
            .await
            .expect(200);
        id
    }

    /// Awaits another member of a room whose name is this, and answers their id.
    pub async fn meets(&self, room: &str, display_name: &str) -> String {
        let path = format!("/rooms/{room}/joined_members");
        let what = format!("{display_name} in the room");
        until(&what, PATIENCE, async || {
            let members = self.call(Method::GET, &path, None).await.expect(200);
            let joined = members["joined"].as_object()?;
            let mut ids = joined
                .iter()
                .filter(|(_, member)| member["display_name"] == display_name);
            ids.next().map(|(id, _)| id.clone())
        })
        .await
    }

    /// Writes into a room.
    pub async fn say(&self, room: &str, text: &str) {
        let path = format!("/rooms/{room}/send/m.room.message/{}", Uuid::new_v4());
        let message = json!({"msgtype": "m.text", "body": text});
        self.call(Method::PUT, &path, Some(message))
            .await
            .expect(200);
    }

    /// Awaits a message of a sender in which a text appears, be it by a change of what was said before.
    pub async fn hears(&self, room: &str, sender: &str, text: &str) -> String {
        let path = format!("/rooms/{room}/messages?dir=b&limit=100");
        let what = format!("{sender} saying {text}");
        until(&what, PATIENCE, async || {
            let latest = self.call(Method::GET, &path, None).await.expect(200);
            let events = latest["chunk"].as_array()?;
            let bodies = events
                .iter()
                .filter(|event| event["sender"] == sender)
                .filter_map(|event| body(&event["content"]));
            bodies
                .filter(|body| body.contains(text))
                .map(str::to_owned)
                .next()
        })
        .await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let url = format!("{}/_matrix/client/v3{path}", self.homeserver);
        let request = self.platform.request(method, &url).bearer_auth(&self.token);
        self.platform
            .send(match body {
                Some(body) => request.json(&body),
                None => request,
            })
            .await
    }
}

/// The id of a room of this name, of those that a sync tells of.
fn room_called(room_name: &str, synced: &Value) -> Option<String> {
    let is_called = |events: &Value| {
        let named =
            |event: &Value| event["type"] == "m.room.name" && event["content"]["name"] == room_name;
        events
            .as_array()
            .is_some_and(|events| events.iter().any(named))
    };
    let places = [
        ("invite", "/invite_state/events"),
        ("join", "/state/events"),
        ("join", "/timeline/events"),
    ];
    places.into_iter().find_map(|(membership, events)| {
        let rooms = synced["rooms"][membership].as_object()?;
        let mut rooms = rooms
            .iter()
            .filter(|(_, room)| room.pointer(events).is_some_and(is_called));
        rooms.next().map(|(id, _)| id.clone())
    })
}

/// What a message says now: the newer text of one that changes another.
fn body(content: &Value) -> Option<&str> {
    let newer = content.pointer("/m.new_content/body");
    newer.or_else(|| content.get("body"))?.as_str()
}
