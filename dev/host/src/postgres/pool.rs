//! Pools of connections, as Spin has them: per component and address, up to 64 connections each,
//! cleaned by deadpool when they are handed out again. Cleaning does not end a transaction that
//! was left open: the next request goes on inside it. This host says so, loudly.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Config;

use super::address::{chain, check};
use super::lease::{Lease, Leases, Transaction, transaction};
use super::tls;
use super::wit::Error;
use crate::app::hosts::AllowedHosts;

/// Spin's number.
const CONNECTIONS_PER_ADDRESS: usize = 64;
/// Spin's number; one component has one address in practice.
const ADDRESSES_PER_COMPONENT: usize = 16;

/// The pools of one component.
pub(crate) struct Pools {
    component: Arc<str>,
    allowed: AllowedHosts,
    /// The one used last is the last.
    by_target: Mutex<Vec<(Target, Pool)>>,
    /// Connections in use by the whole application, if limited.
    permits: Option<Arc<Semaphore>>,
    /// Spin waits for ever; a wait this long is a mistake that should be seen.
    longest_wait: Duration,
}

#[derive(Clone, PartialEq, Eq)]
struct Target {
    address: String,
    authority: Option<String>,
}

impl Pools {
    pub(crate) fn new(
        component: Arc<str>,
        allowed: AllowedHosts,
        permits: Option<Arc<Semaphore>>,
        longest_wait: Duration,
    ) -> Self {
        Self {
            component,
            allowed,
            by_target: Mutex::default(),
            permits,
            longest_wait,
        }
    }

    /// Gives a connection to `address`, if the component may reach it. `authority` is the PEM text
    /// of the certificate authority to trust in place of the usual ones; `leases` hold the
    /// connection in strict mode.
    pub(crate) async fn connect(
        &self,
        address: &str,
        authority: Option<String>,
        leases: Option<&Leases>,
    ) -> Result<Arc<Lease>, Error> {
        let pool = self.pool(address, authority)?;
        if let Some(leases) = leases {
            leases.look_at_dropped().await;
        }
        let permit = self.permit().await?;
        let object = pool.get().await;
        let object = object.map_err(|error| Error::ConnectionFailed(chain(&error)))?;
        let lease = Arc::new(Lease::new(object, Arc::clone(&self.component), permit));
        if let Some(leases) = leases {
            leases.hold(&lease).await;
        }
        Ok(lease)
    }

    /// One of the connections that the whole application may use, if they are limited.
    async fn permit(&self) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let Some(permits) = &self.permits else {
            return Ok(None);
        };
        let permit = Arc::clone(permits).acquire_owned();
        match tokio::time::timeout(self.longest_wait, permit).await {
            Ok(permit) => Ok(permit.ok()),
            Err(_) => Err(Error::ConnectionFailed(
                "all connections of outbound_pg.max_connections are in use".to_owned(),
            )),
        }
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
        let known = pools.iter().position(|(known, _)| *known == target);
        let entry = if let Some(position) = known {
            pools.remove(position)
        } else {
            let config = check(address, &self.allowed, &self.component)?;
            let pool = self.build(config, target.authority.as_deref())?;
            (target, pool)
        };
        if pools.len() >= ADDRESSES_PER_COMPONENT {
            pools.remove(0); // its connections in use stay until they are given back
        }
        let pool = entry.1.clone();
        pools.push(entry);
        Ok(pool)
    }

    fn build(&self, mut config: Config, authority: Option<&str>) -> Result<Pool, Error> {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(self.longest_wait);
        }
        let tls = tls::connector(authority)
            .map_err(|error| Error::ConnectionFailed(format!("certificate authority: {error}")))?;
        let settings = ManagerConfig {
            recycling_method: RecyclingMethod::Clean,
        };
        Pool::builder(Manager::from_config(config, tls, settings))
            .max_size(CONNECTIONS_PER_ADDRESS)
            .pre_recycle(tell_of_open_transactions(Arc::clone(&self.component)))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(self.longest_wait))
            .create_timeout(Some(self.longest_wait))
            .build()
            .map_err(|error| Error::Other(error.to_string()))
    }
}

/// Runs before a connection is handed out again. One whose transaction failed is given up, as it
/// is by Spin, where it cannot be cleaned.
fn tell_of_open_transactions(component: Arc<str>) -> Hook {
    Hook::async_fn(move |client, _| {
        let component = Arc::clone(&component);
        Box::pin(async move {
            match transaction(client).await.map_err(HookError::Backend)? {
                Transaction::None => Ok(()),
                Transaction::Open => {
                    tracing::error!(
                        component = &*component,
                        "AN OPEN TRANSACTION LEAKS: a request left it open, and the next one goes \
                         on inside it, as with Spin; all that they write is lost if nobody \
                         commits. Send one statement per command, never BEGIN. --strict answers \
                         such requests with 500"
                    );
                    Ok(())
                }
                Transaction::Failed => {
                    tracing::error!(
                        component = &*component,
                        "a request left a failed transaction open; its connection is closed"
                    );
                    Err(HookError::message("it is inside a failed transaction"))
                }
            }
        })
    })
}
