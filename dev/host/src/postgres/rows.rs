//! Statements, and rows on their way to a component.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::StreamExt as _;
use futures::stream::Stream as _;
use tokio::sync::oneshot;
use tokio_postgres::{Row, RowStream};
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};

use super::error;
use super::lease::Lease;
use super::params;
use super::values;
use super::wit::{Column, DbValue, Error, ParameterValue, RowSet};

/// Rows handed over in one piece at most.
const PIECE: usize = 64;
/// Spin's limit for one row of a stream, or for all rows of a result that is not one, in bytes.
const LARGEST: usize = 128 << 20;

/// What a query gives: the columns, and the rows as they come.
pub(crate) struct Query {
    /// None without a row: Spin learns them from the first.
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

/// Sends a query. An error of the server before its first row is the error of the call.
pub(crate) async fn query(
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<Query, Error> {
    let mut stream = begin(lease, statement, parameters).await?;
    let first = stream.next().await.transpose();
    let first = first.map_err(|error| error::query(&error))?;
    let columns = columns_of(first.as_ref());
    let (sender, outcome) = oneshot::channel();
    let mut rows = Rows {
        ready: Vec::new(),
        rest: None,
        outcome: Some(sender),
    };
    rows.take(first.map(Ok));
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
        columns,
        rows,
        outcome,
    })
}

/// Sends a query and waits for all of its rows. Of an error among them Spin gives the text only.
pub(crate) async fn query_all(
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<RowSet, Error> {
    let mut stream = begin(lease, statement, parameters).await?;
    let mut result = RowSet {
        columns: Vec::new(),
        rows: Vec::new(),
    };
    let mut size = 0;
    while let Some(row) = stream.next().await {
        let row = row.map_err(|error| error::text(format!("{error:?}")))?;
        size += row.raw_size_bytes();
        check_size(size, "result")?;
        if result.rows.is_empty() {
            result.columns = columns_of(Some(&row));
        }
        result.rows.push(values::decode(&row)?);
    }
    Ok(result)
}

/// Sends a command; gives the number of rows that it changed.
pub(crate) async fn execute(
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<u64, Error> {
    let parameters = params::parse(parameters, Error::ValueConversionFailed)?;
    let changed = lease.client()?.execute_raw(statement, &parameters).await;
    changed.map_err(|error| error::query(&error))
}

/// Prepares the statement, each time anew as Spin does, and sends it.
async fn begin(
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<Pin<Box<RowStream>>, Error> {
    let parameters = params::parse(parameters, Error::BadParameter)?;
    let stream = lease.client()?.query_raw(statement, &parameters).await;
    stream.map(Box::pin).map_err(|error| error::query(&error))
}

fn columns_of(row: Option<&Row>) -> Vec<Column> {
    row.map_or_else(Vec::new, |row| values::columns(row.columns()))
}

fn check_size(size: usize, what: &str) -> Result<(), Error> {
    if size > LARGEST {
        return Err(error::text(format!(
            "a {what} has more than {LARGEST} bytes"
        )));
    }
    Ok(())
}

fn decode(row: &Row) -> Result<Vec<DbValue>, Error> {
    check_size(row.raw_size_bytes(), "row")?;
    values::decode(row)
}

impl Rows {
    fn take(&mut self, item: Option<Result<Row, tokio_postgres::Error>>) {
        match item {
            Some(Ok(row)) => match decode(&row) {
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
