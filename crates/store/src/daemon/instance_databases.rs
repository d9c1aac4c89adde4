//! The database and role of one instance, on the server that holds instances' databases.
//!
//! To make a database takes a server a while, to rename one no time: some lie ready, which nobody can connect to, and
//! a new instance gets one of them.
//!
//! Names come from the instance's id, so that they need no quoting; the password is hexadecimal.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::Error;
use crate::native::Address;

/// Synapse's pool is 5; some room for a second process during a restart.
const CONNECTION_LIMIT: u32 = 15;

/// Where instances' databases are, with a role that may make databases and roles.
#[derive(Clone)]
pub struct Server {
    address: Address,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

/// Host and port, as an instance's configuration names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// The name of an instance's database, and of its role.
pub fn name(instance: Uuid) -> String {
    format!("instance_{}", instance.simple())
}

impl Server {
    /// Reads the address.
    pub fn new(url: &str) -> Result<Self, Error> {
        let mut address = Address::parse(url)?;
        address
            .config_mut()
            .application_name("provisioner-daemon")
            .connect_timeout(Duration::from_secs(5));
        Ok(Self { address })
    }

    /// Where the server is.
    pub fn place(&self) -> Place {
        let host = match self.address.config().get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(tokio_postgres::config::Host::Unix(path)) => path.display().to_string(),
            None => "127.0.0.1".to_owned(),
        };
        Place {
            host,
            port: self
                .address
                .config()
                .get_ports()
                .first()
                .copied()
                .unwrap_or(5432),
        }
    }

    pub(super) async fn connect(&self, database: Option<&str>) -> Result<Client, Error> {
        let mut address = self.address.clone();
        if let Some(database) = database {
            address.config_mut().dbname(database);
        }
        let (client, connection) = address.connect().await?;
        // Ends by itself when the client is dropped.
        tokio::spawn(connection);
        Ok(client)
    }

    /// Makes the role and the database if they are missing. Nobody else may connect to it.
    pub async fn ensure(&self, instance: Uuid, password: &str) -> Result<(), Error> {
        let name = name(instance);
        let password = hex_only(password);
        let client = self.connect(None).await?;
        let has_role = "select 1 from pg_roles where rolname = $1";
        if client.query_opt(has_role, &[&name]).await?.is_none() {
            client
                .batch_execute(&format!(
                    "create role {name} login connection limit {CONNECTION_LIMIT} \
                     password '{password}'; grant {name} to current_user"
                ))
                .await?;
        }
        let has_database = "select 1 from pg_database where datname = $1";
        if client.query_opt(has_database, &[&name]).await?.is_none() {
            while !take_spare(&client, &name).await? {
                make_spare(&client).await?;
            }
            return Ok(());
        }
        // whoever made it may have ended before this
        client
            .batch_execute(&format!("revoke all on database {name} from public"))
            .await?;
        Ok(())
    }

    /// Makes spare databases until there are so many.
    pub async fn stock(&self, wanted: usize) -> Result<(), Error> {
        let client = self.connect(None).await?;
        while spares(&client).await?.len() < wanted {
            make_spare(&client).await?;
        }
        Ok(())
    }

    /// Makes the database anew where Synapse was cut off while it made its tables for the first time: it commits
    /// them in pieces, and does not start on some of them. Only once all are there does it write its schema's
    /// version, so nobody's data is in a database without that. One that somebody is connected to is left alone: it
    /// may be being set up.
    pub async fn renew_unfinished(&self, instance: Uuid, password: &str) -> Result<(), Error> {
        if !self.is_unfinished(instance).await? {
            return Ok(());
        }
        let name = name(instance);
        let client = self.connect(None).await?;
        // Without force: whoever connects at this moment keeps it.
        match client.batch_execute(&format!("drop database {name}")).await {
            Ok(()) => {
                tracing::warn!(instance.id = %instance, "a database that was cut off while it was made is made anew");
                self.ensure(instance, password).await
            }
            Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn is_unfinished(&self, instance: Uuid) -> Result<bool, Error> {
        let client = self.connect(Some(&name(instance))).await?;
        let has_table = "select to_regclass('public.schema_version') is not null";
        if !client.query_one(has_table, &[]).await?.get::<_, bool>(0) {
            return Ok(false);
        }
        let is_left = "select not exists (select from public.schema_version)
            and not exists (select from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid())";
        Ok(client.query_one(is_left, &[]).await?.get(0))
    }

    /// Removes database and role, whoever is still connected.
    pub async fn remove(&self, instance: Uuid) -> Result<(), Error> {
        let name = name(instance);
        let client = self.connect(None).await?;
        client
            .batch_execute(&format!("drop database if exists {name} with (force)"))
            .await?;
        client
            .batch_execute(&format!("drop role if exists {name}"))
            .await?;
        Ok(())
    }

    /// Whether Synapse has an account of that id.
    pub async fn has_user(&self, instance: Uuid, matrix_id: &str) -> Result<bool, Error> {
        let client = self.connect(Some(&name(instance))).await?;
        let row = client
            .query_one(
                "select exists (select 1 from users where name = $1)",
                &[&matrix_id],
            )
            .await?;
        Ok(row.get(0))
    }

    /// Whether Synapse knows a device of a user, that is: whether they have signed in.
    pub async fn has_device(&self, instance: Uuid, matrix_id: &str) -> Result<bool, Error> {
        let client = self.connect(Some(&name(instance))).await?;
        let row = client
            .query_one(
                "select exists (select 1 from devices where user_id = $1 and not hidden)",
                &[&matrix_id],
            )
            .await?;
        Ok(row.get(0))
    }
}

/// The names of databases of ours that belong to no instance yet, in any order.
async fn spares(client: &Client) -> Result<Vec<String>, Error> {
    let rows = client
        .query(
            "select datname::text from pg_database \
             where datname ~ '^spare_[0-9a-f]{32}$' and pg_get_userbyid(datdba) = current_user \
             order by random()",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Makes a database that nobody can connect to.
async fn make_spare(client: &Client) -> Result<(), Error> {
    let name = Uuid::new_v4().simple();
    // Synapse refuses another collation than C.
    client
        .batch_execute(&format!(
            "create database spare_{name} template template0 encoding 'UTF8' \
             lc_collate 'C' lc_ctype 'C' allow_connections false"
        ))
        .await?;
    Ok(())
}

/// Makes a spare database that of a role, all at once. `false`: there is none.
async fn take_spare(client: &Client, name: &str) -> Result<bool, Error> {
    for spare in spares(client).await? {
        // One transaction, as every simple query of several statements. To rename is what others wait for.
        let taken = client
            .batch_execute(&format!(
                "alter database {spare} rename to {name}; \
                 revoke all on database {name} from public; \
                 alter database {name} allow_connections true; \
                 alter database {name} owner to {name}"
            ))
            .await;
        let Err(error) = taken else { return Ok(true) };
        match error.code() {
            // somebody else was faster, with this one or another
            Some(&SqlState::UNDEFINED_DATABASE) => {}
            Some(&SqlState::DUPLICATE_DATABASE) => return Ok(true),
            _ => return Err(error.into()),
        }
    }
    Ok(false)
}

/// DDL takes no parameters; what goes into its text can end no literal.
fn hex_only(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).collect()
}
