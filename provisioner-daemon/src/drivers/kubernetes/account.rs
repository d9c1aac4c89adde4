//! The owner's Matrix account, made by the instance's own homeserver.

use super::{KubernetesDriver, values};
use crate::drivers::local::{owner, synapse};
use crate::drivers::{DriverError, Progress, Work};

impl KubernetesDriver {
    /// Makes the account unless Synapse has it.
    pub(super) async fn ensure_account(&self, work: &Work<'_>) -> Result<Progress, DriverError> {
        let instance = work.instance;
        let matrix_id = values::owner_matrix_id(&self.config, instance);
        let has_user = self
            .config
            .databases
            .has_user(instance.id, &matrix_id)
            .await;
        if instance.owner_matrix_id.is_some() || has_user.is_ok_and(|has_user| has_user) {
            return Ok(Progress::Done);
        }
        let localpart = matrix_id.trim_start_matches('@').split(':').next();
        let localpart = localpart.unwrap_or_default();
        let secret = synapse::registration_secret(work).await?;
        // Kept before it is used, so that an account never has a password that nobody knows.
        let password = work
            .secret("owner_password", synapse::random_password)
            .await?;
        let url = format!(
            "{}/_synapse/admin/v1/register",
            self.synapse_url(instance.id)
        );
        owner::register(&self.http, &url, localpart, &password, &secret)
            .await
            .map_err(|error| {
                DriverError::transient("Your Matrix account could not be made yet.", error)
            })?;
        Ok(Progress::Done)
    }
}
