//! Statements, and rows on their way to a component.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::StreamExt as _;
use futures::stream::Stream as _;
use tokio::sync::oneshot;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Row, RowStream, Statement};
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};

use super::error;
use super::params::{self, Param};
use super::pool::Lease;
use super::values;
use super::wit::{Column, DbValue, Error, ParameterValue, RowSet};

/// Prepared statements kept per connection; at more, all are forgotten.
const KEPT_STATEMENTS: usize = 256;
/// Rows handed over in one piece at most.
const PIECE: usize = 64;

/// What a query gives: the columns, and the rows as they come.
pub(crate) struct Query {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Rows,
    /// How it ended, once the rows are over.
    pub(crate) outcome: oneshot::Receiver<Result<(), Error>>,
}

/// The rows of a query, as a stream for a component.
pub(crate) struct Rows {
    /// Rows that are already here.
    ready: Vec<Vec<DbValue>>,
    rest: Option<Pin<Box<RowStream>>>,
    outcome: Option<oneshot::Sender<Result<(), Error>>>,
}

/// Sends a query. An error before its first row is the error of the call.
pub(crate) async fn query(
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<Query, Error> {
    let parameters = params::parse(parameters)?;
    let (prepared, mut stream, first) = begin(lease, statement, &parameters).await?;
    let (sender, outcome) = oneshot::channel();
    let mut rows = Rows {
        ready: Vec::new(),
        rest: None,
        outcome: Some(sender),
    };
    match first {
        Some(row) => rows.ready.push(values::decode(&row)?),
        None => rows.finish(Ok(())),
    }
    // Small results are complete by now: hand them over in one piece.
    while rows.outcome.is_some() && rows.ready.len() < PIECE {
        match futures::poll!(stream.next()) {
            Poll::Ready(item) => rows.take(item),
            Poll::Pending => break,
        }
    }
    if rows.outcome.is_some() {
        rows.rest = Some(stream);
    }
    Ok(Query {
        columns: values::columns(prepared.columns()),
        rows,
        outcome,
    })
}

/// Sends a query and waits for all of its rows.
pub(crate) async fn query_all(
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<RowSet, Error> {
    let parameters = params::parse(parameters)?;
    let (prepared, mut stream, first) = begin(lease, statement, &parameters).await?;
    let mut rows = Vec::new();
    let mut next = first;
    while let Some(row) = next {
        rows.push(values::decode(&row)?);
        next = stream
            .next()
            .await
            .transpose()
            .map_err(|error| error::query(&error))?;
    }
    Ok(RowSet {
        columns: values::columns(prepared.columns()),
        rows,
    })
}

/// Sends a command; gives the number of rows that it changed.
pub(crate) async fn execute(
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<u64, Error> {
    let parameters = params::parse(parameters)?;
    for last_try in [false, true] {
        let prepared = prepare(lease, statement).await?;
        check_count(&prepared, &parameters)?;
        match lease.client()?.execute_raw(&prepared, &parameters).await {
            Err(error) if !last_try && is_stale(&error) => forget(lease)?,
            outcome => return outcome.map_err(|error| sent(&error, Error::ValueConversionFailed)),
        }
    }
    Err(Error::Other(
        "unreachable: the second try always returns".to_owned(),
    ))
}

type Begun = (Statement, Pin<Box<RowStream>>, Option<Row>);

/// Sends a query and waits for its first row, or its end.
async fn begin(lease: &Lease, statement: &str, parameters: &[Param]) -> Result<Begun, Error> {
    for last_try in [false, true] {
        let prepared = prepare(lease, statement).await?;
        check_count(&prepared, parameters)?;
        let stream = lease.client()?.query_raw(&prepared, parameters).await;
        let mut stream = match stream {
            Ok(stream) => Box::pin(stream),
            Err(error) if !last_try && is_stale(&error) => {
                forget(lease)?;
                continue;
            }
            Err(error) => return Err(sent(&error, Error::BadParameter)),
        };
        match stream.next().await.transpose() {
            Err(error) if !last_try && is_stale(&error) => forget(lease)?,
            first => {
                return Ok((
                    prepared,
                    stream,
                    first.map_err(|error| error::query(&error))?,
                ));
            }
        }
    }
    Err(Error::Other(
        "unreachable: the second try always returns".to_owned(),
    ))
}

async fn prepare(lease: &Lease, statement: &str) -> Result<Statement, Error> {
    let client = lease.client()?;
    if client.statement_cache.size() >= KEPT_STATEMENTS {
        client.statement_cache.clear();
    }
    client
        .prepare_cached(statement)
        .await
        .map_err(|error| error::query(&error))
}

/// tokio-postgres panics on a wrong count, so it is checked before.
fn check_count(statement: &Statement, parameters: &[Param]) -> Result<(), Error> {
    let (needs, has) = (statement.params().len(), parameters.len());
    if needs == has {
        return Ok(());
    }
    Err(Error::BadParameter(format!(
        "the statement has {needs} parameters, but {has} were given"
    )))
}

/// An error of the server, or a parameter that does not fit its place.
fn sent(failure: &tokio_postgres::Error, misfit: fn(String) -> Error) -> Error {
    if failure.as_db_error().is_none() && !failure.is_closed() {
        return misfit(super::address::chain(failure));
    }
    error::query(failure)
}

/// Whether a kept statement no longer fits its tables. It failed before it did anything.
fn is_stale(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        *error.code() == SqlState::FEATURE_NOT_SUPPORTED
            && error.routine() == Some("RevalidateCachedQuery")
    })
}

fn forget(lease: &Lease) -> Result<(), Error> {
    lease.client()?.statement_cache.clear();
    Ok(())
}

impl Rows {
    fn take(&mut self, item: Option<Result<Row, tokio_postgres::Error>>) {
        match item {
            Some(Ok(row)) => match values::decode(&row) {
                Ok(values) => self.ready.push(values),
                Err(error) => self.finish(Err(error)),
            },
            Some(Err(error)) => self.finish(Err(error::query(&error))),
            None => self.finish(Ok(())),
        }
    }

    fn finish(&mut self, outcome: Result<(), Error>) {
        self.rest = None;
        if let Some(sender) = self.outcome.take() {
            let _ = sender.send(outcome); // nobody waits when the component dropped the future
        }
    }
}

impl<D> StreamProducer<D> for Rows {
    type Item = Vec<DbValue>;
    type Buffer = VecBuffer<Vec<DbValue>>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        while self.ready.len() < PIECE {
            let Some(rest) = self.rest.as_mut() else {
                break;
            };
            match rest.as_mut().poll_next(cx) {
                Poll::Ready(item) => self.take(item),
                Poll::Pending => break,
            }
        }
        let over = self.rest.is_none();
        if self.ready.is_empty() && !over {
            return if finish {
                Poll::Ready(Ok(StreamResult::Cancelled))
            } else {
                Poll::Pending
            };
        }
        destination.set_buffer(std::mem::take(&mut self.ready).into());
        Poll::Ready(Ok(if over {
            StreamResult::Dropped
        } else {
            StreamResult::Completed
        }))
    }
}
