//! What an owner does with a running instance: opens the dashboard, signs in, joins the lobby.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::end_to_end::START;
use crate::world::World;

pub(crate) struct Api {
    http: reqwest::Client,
    web: String,
    matrix: String,
}

impl Api {
    pub(crate) async fn new(world: &World) -> Self {
        // The second time it is there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let urls: Value = world.ask("select internal_urls from instances").await;
        Self {
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
            web: urls["web"].as_str().unwrap().to_owned(),
            matrix: urls["matrix"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) async fn dashboard(&self) -> u16 {
        let answer = self
            .http
            .get(&self.web)
            .header("host", "ann-1.mindroom.localhost:8080")
            .send()
            .await;
        answer.unwrap().status().as_u16()
    }

    pub(crate) async fn login(&self, password: &str) -> Result<String, u16> {
        let body = json!({"type": "m.login.password", "password": password,
            "identifier": {"type": "m.id.user", "user": "ann"}});
        let url = format!("{}/_matrix/client/v3/login", self.matrix);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        let status = answer.status();
        if !status.is_success() {
            return Err(status.as_u16());
        }
        let answer: Value = answer.json().await.unwrap();
        Ok(answer["access_token"].as_str().unwrap().to_owned())
    }

    /// Waits for an invitation into the lobby and takes it.
    pub(crate) async fn join_lobby(&self, token: &str) {
        let began = Instant::now();
        let mut since = String::new();
        loop {
            let sync = self.sync(token, &since).await;
            let invites = sync["rooms"]["invite"].as_object().cloned();
            let lobby = invites
                .unwrap_or_default()
                .into_iter()
                .find(|(_, invite)| invite.to_string().contains("\"Lobby\""));
            if let Some((room, _)) = lobby {
                let url = format!("{}/_matrix/client/v3/rooms/{room}/join", self.matrix);
                let join = self.http.post(url).bearer_auth(token).json(&json!({}));
                assert!(join.send().await.unwrap().status().is_success());
                return;
            }
            assert!(began.elapsed() < START, "no invitation: {sync}");
            sync["next_batch"].as_str().unwrap().clone_into(&mut since);
        }
    }

    /// What is new; waits up to 5 s for something.
    async fn sync(&self, token: &str, since: &str) -> Value {
        let mut url = format!("{}/_matrix/client/v3/sync?timeout=5000", self.matrix);
        if !since.is_empty() {
            url.push_str("&since=");
            url.push_str(since);
        }
        let answer = self.http.get(url).bearer_auth(token).send().await;
        answer.unwrap().json().await.unwrap()
    }
}
