//! Which instance a subdomain is: read from the database, remembered for a second.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use http::uri::Authority;
use serde::Deserialize;
use tokio_postgres::{Client, NoTls, Row};
use url::Url;

use crate::config;
use crate::route::Face;

/// How long an answer of the database holds.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How many answers are remembered; names are chosen by visitors, so there must be a bound.
const REMEMBERED: usize = 1024;
/// How long the database may take.
const QUERY_LIMIT: Duration = Duration::from_secs(3);
/// Statuses in which an instance is tried; in the others a page says why not.
const UP: [&str; 4] = ["running", "degraded", "restarting", "updating"];

const FIND: &str = "select status, status_reason, internal_urls, progress \
                    from public.instances where subdomain = $1 and status <> 'deprovisioned'";

/// What the gateway needs to know of an instance.
#[derive(Debug)]
pub(crate) struct Instance {
    /// As observed by the daemon.
    pub(crate) status: String,
    /// A sentence for the customer.
    pub(crate) status_reason: Option<String>,
    /// The steps of its setup.
    pub(crate) progress: Vec<Progress>,
    /// Where its dashboard listens.
    pub(crate) web: Option<Authority>,
    /// Where its homeserver listens.
    pub(crate) matrix: Option<Authority>,
}

/// One step of an instance's setup.
#[derive(Debug, Deserialize)]
pub(crate) struct Progress {
    /// Its stable name.
    #[serde(default)]
    pub(crate) name: String,
    /// What people read.
    #[serde(default)]
    pub(crate) title: Option<String>,
    /// `pending`, `running`, `done` or `failed`.
    #[serde(default)]
    pub(crate) state: String,
}

#[derive(Default, Deserialize)]
struct InternalUrls {
    #[serde(default)]
    web: Option<String>,
    #[serde(default)]
    matrix: Option<String>,
}

impl Instance {
    /// Where to send a request, when the status says that it is worth trying.
    pub(crate) fn upstream(&self, face: Face) -> Option<&Authority> {
        let address = match face {
            Face::Web => &self.web,
            Face::Matrix => &self.matrix,
        };
        address
            .as_ref()
            .filter(|_| UP.contains(&self.status.as_str()))
    }

    fn of(row: &Row) -> Result<Self> {
        // Columns of the daemon's making: one that cannot be read is as good as absent.
        let urls: InternalUrls =
            serde_json::from_value(row.try_get("internal_urls")?).unwrap_or_default();
        let address = |url: Option<String>| config::upstream(&Url::parse(&url?).ok()?).ok();
        Ok(Self {
            status: row.try_get("status")?,
            status_reason: row.try_get("status_reason")?,
            progress: serde_json::from_value(row.try_get("progress")?).unwrap_or_default(),
            web: address(urls.web),
            matrix: address(urls.matrix),
        })
    }
}

type Found = Option<Arc<Instance>>;

/// Finds instances by subdomain.
pub(crate) struct Instances {
    database_url: String,
    client: tokio::sync::Mutex<Option<Arc<Client>>>,
    remembered: Mutex<HashMap<String, (Instant, Found)>>,
}

impl Instances {
    /// Connects when it is first asked.
    pub(crate) fn new(database_url: String) -> Self {
        Self {
            database_url,
            client: tokio::sync::Mutex::default(),
            remembered: Mutex::default(),
        }
    }

    /// The instance of a subdomain, if there is one.
    pub(crate) async fn find(&self, subdomain: &str) -> Result<Found> {
        if let Some(found) = self.recall(subdomain) {
            return Ok(found);
        }
        let query = self.query(subdomain);
        let found = tokio::time::timeout(QUERY_LIMIT, query)
            .await
            .context("the database takes too long")??;
        self.remember(subdomain, found.clone());
        Ok(found)
    }

    async fn query(&self, subdomain: &str) -> Result<Found> {
        let row = match self.client().await?.query_opt(FIND, &[&subdomain]).await {
            Ok(row) => row,
            // The server went away since the last query: once more on a new connection.
            Err(error) if error.is_closed() => {
                self.client().await?.query_opt(FIND, &[&subdomain]).await?
            }
            Err(error) => return Err(error).context("find the instance"),
        };
        row.map(|row| Instance::of(&row).map(Arc::new)).transpose()
    }

    async fn client(&self) -> Result<Arc<Client>> {
        let mut slot = self.client.lock().await;
        if let Some(client) = slot.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let (client, connection) = tokio_postgres::connect(&self.database_url, NoTls)
            .await
            .context("connect to the database")?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "lost the database");
            }
        });
        let client = Arc::new(client);
        *slot = Some(Arc::clone(&client));
        Ok(client)
    }

    fn recall(&self, subdomain: &str) -> Option<Found> {
        let remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (since, found) = remembered.get(subdomain)?;
        (since.elapsed() < FRESH_FOR).then(|| found.clone())
    }

    fn remember(&self, subdomain: &str, found: Found) {
        let mut remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.retain(|_, (since, _)| since.elapsed() < FRESH_FOR);
        }
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(subdomain.to_owned(), (Instant::now(), found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let instances = Instances::new(String::new());
        for number in 0..REMEMBERED * 2 + 10 {
            instances.remember(&format!("name-{number}"), None);
        }
        let remembered = instances.remembered.lock().unwrap();
        assert!(remembered.len() <= REMEMBERED);
        assert!(remembered.contains_key(&format!("name-{}", REMEMBERED * 2 + 9)));
    }

    #[test]
    fn an_instance_is_tried_only_when_its_status_says_so() {
        let with = |status: &str| Instance {
            status: status.to_owned(),
            status_reason: None,
            progress: Vec::new(),
            web: Some(Authority::from_static("127.0.0.1:1")),
            matrix: None,
        };
        assert!(with("running").upstream(Face::Web).is_some());
        assert!(with("running").upstream(Face::Matrix).is_none());
        assert!(with("stopped").upstream(Face::Web).is_none());
    }
}
