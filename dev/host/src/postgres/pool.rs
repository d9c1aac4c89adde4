//! Connections: up to 64 per component and address, cleaned as soon as they are given back.
//!
//! Spin cleans a connection when it is handed out again, and never ends a transaction that was
//! left open: the next request would go on inside it. This host ends it, and says so loudly,
//! because with Spin the same component loses data.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, SimpleQueryMessage};

use super::address::{chain, check};
use super::tls;
use super::wit::Error;
use crate::app::hosts::AllowedHosts;

/// Spin's number.
const CONNECTIONS_PER_ADDRESS: usize = 64;
/// Spin's number; one component has one address in practice.
const ADDRESSES_PER_COMPONENT: usize = 16;
/// Spin waits for ever; a wait this long is a mistake that should be seen.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// True within a transaction that began before this statement.
const IN_TRANSACTION: &str = "SELECT now() <> statement_timestamp();";

/// The pools of one component.
pub(crate) struct Pools {
    component: Arc<str>,
    allowed: AllowedHosts,
    by_target: Mutex<HashMap<Target, Pool>>,
    /// Connections in use by the whole application, if limited.
    permits: Option<Arc<Semaphore>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Target {
    address: String,
    authority: Option<String>,
}

/// A connection in use. Dropped, it is cleaned and given back.
pub(crate) struct Lease {
    object: Option<Object>,
    component: Arc<str>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Pools {
    pub(crate) fn new(
        component: Arc<str>,
        allowed: AllowedHosts,
        permits: Option<Arc<Semaphore>>,
    ) -> Self {
        Self {
            component,
            allowed,
            by_target: Mutex::default(),
            permits,
        }
    }

    /// Gives a clean connection to `address`, if the component may reach it. `authority` is the
    /// PEM text of the certificate authority to trust in place of the usual ones.
    pub(crate) async fn connect(
        &self,
        address: &str,
        authority: Option<String>,
    ) -> Result<Lease, Error> {
        let pool = self.pool(address, authority)?;
        let permit = match &self.permits {
            Some(permits) => Arc::clone(permits).acquire_owned().await.ok(),
            None => None,
        };
        let object = pool
            .get()
            .await
            .map_err(|error| Error::ConnectionFailed(chain(&error)))?;
        Ok(Lease {
            object: Some(object),
            component: Arc::clone(&self.component),
            permit,
        })
    }

    fn pool(&self, address: &str, authority: Option<String>) -> Result<Pool, Error> {
        let target = Target {
            address: address.to_owned(),
            authority,
        };
        let mut pools = self
            .by_target
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&target) {
            return Ok(pool.clone());
        }
        let config = check(address, &self.allowed, &self.component)?;
        let pool = build(config, target.authority.as_deref())?;
        if pools.len() >= ADDRESSES_PER_COMPONENT {
            pools.clear(); // connections in use stay until they are given back
        }
        pools.insert(target, pool.clone());
        Ok(pool)
    }
}

fn build(mut config: Config, authority: Option<&str>) -> Result<Pool, Error> {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(LONGEST_WAIT);
    }
    let tls = tls::connector(authority)
        .map_err(|error| Error::ConnectionFailed(format!("certificate authority: {error}")))?;
    // Cleaned when given back, so nothing is left to do when it is handed out.
    let settings = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    Pool::builder(Manager::from_config(config, tls, settings))
        .max_size(CONNECTIONS_PER_ADDRESS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(LONGEST_WAIT))
        .build()
        .map_err(|error| Error::Other(error.to_string()))
}

impl Lease {
    /// The connection itself.
    pub(crate) fn client(&self) -> Result<&ClientWrapper, Error> {
        match &self.object {
            Some(object) => Ok(object),
            None => Err(Error::ConnectionFailed(
                "the connection was given back".to_owned(),
            )),
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("component", &self.component)
            .finish_non_exhaustive()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else {
            return;
        };
        let component = Arc::clone(&self.component);
        let permit = self.permit.take();
        // Leases die inside requests, hence inside the runtime; at its end there is nothing to save.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            if object.is_closed() || clean(&object, &component).await.is_err() {
                drop(Object::take(object)); // closes it
            }
            drop(permit);
        });
    }
}

/// Brings a connection back to the state of a fresh one.
async fn clean(client: &Client, component: &str) -> Result<(), tokio_postgres::Error> {
    let reset = RecyclingMethod::Clean
        .query()
        .unwrap_or_default()
        .to_owned();
    let left_open = match client
        .simple_query(&format!("{IN_TRANSACTION}{reset}"))
        .await
    {
        Ok(messages) => is_true(&messages),
        Err(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => true,
        Err(error) => return Err(error),
    };
    if left_open {
        tracing::error!(
            component,
            "left a transaction open when it gave its connection back; it was rolled back. \
             Spin does not do that: there the next request would go on inside it. \
             Send one statement per command, never BEGIN"
        );
        client.simple_query(&format!("ROLLBACK; {reset}")).await?;
    }
    Ok(())
}

fn is_true(messages: &[SimpleQueryMessage]) -> bool {
    messages.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.columns().len() == 1 && row.get(0) == Some("t"),
        _ => false,
    })
}
