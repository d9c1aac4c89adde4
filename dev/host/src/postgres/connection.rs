//! The resources of `spin:postgres`.

use std::sync::Arc;

use wasmtime::component::{Access, Accessor, FutureReader, Resource, StreamReader};

use super::lease::{Lease, Leases};
use super::pool::Pools;
use super::rows;
use super::wit::{
    Column, DbValue, Error, Host, HostConnection, HostConnectionBuilder,
    HostConnectionBuilderWithStore, HostConnectionWithStore, ParameterValue, RowSet,
};
use crate::runtime::guest::{SpinHost, SpinView};

/// `connection`: one connection of the pool.
#[expect(unreachable_pub, reason = "the generated interface re-exports it")]
pub struct Connection(Arc<Lease>);

/// `connection-builder`: an address, and perhaps an authority to trust.
#[expect(unreachable_pub, reason = "the generated interface re-exports it")]
pub struct ConnectionBuilder {
    address: String,
    authority: Option<String>,
}

/// What `query-async` gives: columns, rows, and how it ended.
type Answer = (
    Vec<Column>,
    StreamReader<Vec<DbValue>>,
    FutureReader<Result<(), Error>>,
);

impl SpinView<'_> {
    fn lease(&self, connection: &Resource<Connection>) -> wasmtime::Result<Arc<Lease>> {
        Ok(Arc::clone(&self.table.get(connection)?.0))
    }

    fn pools(&self) -> (Arc<Pools>, Option<Arc<Leases>>) {
        (Arc::clone(&self.services.postgres), self.leases.cloned())
    }

    async fn connect(
        &mut self,
        address: &str,
        authority: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let (pools, leases) = self.pools();
        match pools.connect(address, authority, leases.as_deref()).await {
            Ok(lease) => Ok(Ok(self.table.push(Connection(lease))?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl Host for SpinView<'_> {}

impl HostConnection for SpinView<'_> {
    async fn open(
        &mut self,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        self.connect(&address, None).await
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<RowSet, Error>> {
        let lease = self.lease(&connection)?;
        Ok(rows::query_all(&lease, &statement, params).await)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let lease = self.lease(&connection)?;
        Ok(rows::execute(&lease, &statement, params).await)
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send + 'static> HostConnectionWithStore<T> for SpinHost {
    async fn open_async(
        store: &Accessor<T, Self>,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        connect(store, &address, None).await
    }

    async fn query_async(
        store: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<Answer, Error>> {
        let lease = store.with(|mut access| access.get().lease(&connection))?;
        match rows::query(&lease, &statement, params).await {
            Ok(query) => store.with(|access| answer(access, query)).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn execute_async(
        store: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let lease = store.with(|mut access| access.get().lease(&connection))?;
        Ok(rows::execute(&lease, &statement, params).await)
    }
}

impl HostConnectionBuilder for SpinView<'_> {
    async fn new(&mut self, address: String) -> wasmtime::Result<Resource<ConnectionBuilder>> {
        Ok(self.table.push(ConnectionBuilder {
            address,
            authority: None,
        })?)
    }

    async fn set_ca_root(
        &mut self,
        builder: Resource<ConnectionBuilder>,
        certificate: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        if let Err(error) = super::tls::connector(Some(&certificate)) {
            return Ok(Err(Error::Other(format!(
                "invalid root certificate: {error}"
            ))));
        }
        self.table.get_mut(&builder)?.authority = Some(certificate);
        Ok(Ok(()))
    }

    async fn build(
        &mut self,
        builder: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let (address, authority) = self.builder(&builder)?;
        self.connect(&address, authority).await
    }

    async fn drop(&mut self, builder: Resource<ConnectionBuilder>) -> wasmtime::Result<()> {
        self.table.delete(builder)?;
        Ok(())
    }
}

impl<T: Send + 'static> HostConnectionBuilderWithStore<T> for SpinHost {
    async fn build_async(
        store: &Accessor<T, Self>,
        builder: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let (address, authority) = store.with(|mut access| access.get().builder(&builder))?;
        connect(store, &address, authority).await
    }
}

impl SpinView<'_> {
    fn builder(
        &self,
        builder: &Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<(String, Option<String>)> {
        let ConnectionBuilder { address, authority } = self.table.get(builder)?;
        Ok((address.clone(), authority.clone()))
    }
}

async fn connect<T: Send + 'static>(
    store: &Accessor<T, SpinHost>,
    address: &str,
    authority: Option<String>,
) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
    let (pools, leases) = store.with(|mut access| access.get().pools());
    match pools.connect(address, authority, leases.as_deref()).await {
        Ok(lease) => {
            let pushed = store.with(|mut access| access.get().table.push(Connection(lease)));
            Ok(Ok(pushed?))
        }
        Err(error) => Ok(Err(error)),
    }
}

fn answer<T: Send + 'static>(
    mut access: Access<'_, T, SpinHost>,
    query: rows::Query,
) -> wasmtime::Result<Answer> {
    let rows::Query {
        columns,
        rows,
        outcome,
    } = query;
    let rows = StreamReader::new(&mut access, rows)?;
    let outcome = FutureReader::new(&mut access, async move {
        // The sender goes without a word only when the rows are dropped unread: no error then.
        wasmtime::error::Ok(outcome.await.unwrap_or(Ok(())))
    })?;
    Ok((columns, rows, outcome))
}
