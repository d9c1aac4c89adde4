//! A connection in the hands of a component, and what `--strict` sees of it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use deadpool_postgres::{ClientWrapper, Object};
use tokio::sync::{Mutex, OwnedSemaphorePermit};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::wit::Error;

/// True within a transaction that began before this statement.
const IN_TRANSACTION: &str = "SELECT now() <> statement_timestamp()";

/// Where a connection stands between two statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transaction {
    None,
    Open,
    /// Open, and of no use since a statement in it failed.
    Failed,
}

/// Asks the server: the client library does not say.
pub(crate) async fn transaction(client: &Client) -> Result<Transaction, tokio_postgres::Error> {
    match client.simple_query(IN_TRANSACTION).await {
        Ok(messages) if is_true(&messages) => Ok(Transaction::Open),
        Ok(_) => Ok(Transaction::None),
        Err(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => {
            Ok(Transaction::Failed)
        }
        Err(error) => Err(error),
    }
}

fn is_true(messages: &[SimpleQueryMessage]) -> bool {
    messages.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0) == Some("t"),
        _ => false,
    })
}

/// A connection in use. Dropped, it goes back to its pool as it is: as in Spin, with its
/// transaction, if one is open.
pub(crate) struct Lease {
    object: Option<Object>,
    component: Arc<str>,
    /// Taken from the component because of an open transaction; closed instead of given back.
    seized: AtomicBool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Lease {
    pub(crate) fn new(
        object: Object,
        component: Arc<str>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            object: Some(object),
            component,
            seized: AtomicBool::new(false),
            _permit: permit,
        }
    }

    /// The connection itself.
    pub(crate) fn client(&self) -> Result<&ClientWrapper, Error> {
        match &self.object {
            Some(object) if !self.seized.load(Relaxed) => Ok(object),
            _ => Err(Error::ConnectionFailed(
                "the connection was closed: a request left a transaction open on it".to_owned(),
            )),
        }
    }

    /// Takes the connection from the component if it is inside a transaction.
    async fn seize_if_open(&self) -> bool {
        let Ok(client) = self.client() else {
            return false;
        };
        // A connection that cannot answer has no transaction: the server has ended it.
        let state = transaction(client).await.unwrap_or(Transaction::None);
        if state == Transaction::None {
            return false;
        }
        let rolled_back = client.simple_query("ROLLBACK").await;
        self.seized.store(true, Relaxed);
        tracing::error!(
            component = &*self.component,
            "a request ended inside a transaction, so it is answered 500 and its connection is \
             closed (--strict){}. With Spin the next request goes on inside that transaction and \
             its writes are lost with it. Send one statement per command, never BEGIN",
            rolled_back.map_or("; its ROLLBACK failed", |_| "")
        );
        true
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
        if self.seized.load(Relaxed)
            && let Some(object) = self.object.take()
        {
            drop(Object::take(object)); // closes it
        }
    }
}

/// The connections that one instance has taken, held until its request has ended, also when the
/// component drops them or traps: `--strict` looks at each before the answer leaves.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<Vec<Arc<Lease>>>,
    /// A transaction was found open since the last look.
    violated: AtomicBool,
}

impl Leases {
    pub(crate) async fn hold(&self, lease: &Arc<Lease>) {
        self.held.lock().await.push(Arc::clone(lease));
    }

    /// Looks at the connections that the component has dropped, and lets them go: it may open one
    /// after the other, and the pool is not endless.
    pub(crate) async fn look_at_dropped(&self) {
        let mut held = self.held.lock().await;
        for lease in held.extract_if(.., |lease| Arc::strong_count(lease) == 1) {
            self.look_at(&lease).await;
        }
    }

    /// Whether a request of this instance left a transaction open. Connections that the component
    /// keeps for its next request stay with it, unless they are inside one.
    pub(crate) async fn any_left_open(&self) -> bool {
        let mut held = self.held.lock().await;
        for lease in held.iter() {
            self.look_at(lease).await;
        }
        held.retain(|lease| Arc::strong_count(lease) > 1 && lease.client().is_ok());
        self.violated.swap(false, Relaxed)
    }

    async fn look_at(&self, lease: &Lease) {
        if lease.seize_if_open().await {
            self.violated.store(true, Relaxed);
        }
    }
}
