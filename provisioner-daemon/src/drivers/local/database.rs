//! The instance's database and role.

use store::daemon::instance_databases::Server;

use super::super::{DriverError, Progress, Work};
use super::synapse::random_hex;

/// The role's password.
pub(super) async fn password(work: &Work<'_>) -> Result<String, DriverError> {
    work.secret("database_password", random_hex).await
}

pub(super) async fn ensure(server: &Server, work: &Work<'_>) -> Result<Progress, DriverError> {
    let password = password(work).await?;
    server
        .ensure(work.instance.id, &password)
        .await
        .map_err(|error| DriverError::transient("The database could not be made.", error))?;
    Ok(Progress::Done)
}

/// Before Synapse is started: clears away what it left when it was cut off while it made its tables.
pub(super) async fn clear(server: &Server, work: &Work<'_>) -> Result<(), DriverError> {
    let password = password(work).await?;
    server
        .renew_unfinished(work.instance.id, &password)
        .await
        .map_err(|error| DriverError::transient("The database could not be looked at.", error))
}
