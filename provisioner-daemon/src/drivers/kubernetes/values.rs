//! An instance's values for the chart: the operator's for all instances, under those of its row and its secrets.

use domain::{Plan, Wish};
use serde_json::{Value, json};
use store::daemon::instance_databases;
use store::daemon::instances::Instance;

use super::Config;
use crate::drivers::local::{owner, synapse};
use crate::drivers::{DriverError, Work};

const UNKNOWN_PLAN: &str = "The instance's plan is unknown. Please contact support.";

/// The owner's Matrix id: chosen once.
pub(super) fn owner_matrix_id(config: &Config, instance: &Instance) -> String {
    instance.owner_matrix_id.clone().unwrap_or_else(|| {
        let localpart = owner::localpart(&instance.owner_email);
        format!("@{localpart}:{}.{}", instance.subdomain, config.domain)
    })
}

/// All values that are no secrets.
pub(super) fn without_secrets(config: &Config, instance: &Instance) -> Result<Value, DriverError> {
    let plan: Plan = instance.tier.parse().map_err(|_| {
        DriverError::permanent(UNKNOWN_PLAN, anyhow::anyhow!("plan {}", instance.tier))
    })?;
    let place = config.databases.place();
    let database = instance_databases::name(instance.id);
    let mut values = config.values.clone();
    let of_instance = json!({
        "subdomain": instance.subdomain,
        "domain": config.domain,
        "instanceId": instance.id,
        "title": instance.name,
        "ownerMatrixId": owner_matrix_id(config, instance),
        "running": instance.wish == Wish::Running,
        "agentsPaused": instance.is_ai_paused,
        "restart": instance.restart_gen,
        "profile": plan.terms().resource_profile,
        "database": {"host": place.host, "port": place.port, "name": database, "user": database},
    });
    merge(&mut values, of_instance);
    if let Some(model) = &config.model {
        merge(
            &mut values,
            json!({"model": {"url": model.url, "id": model.id}}),
        );
    }
    Ok(values)
}

/// The same with the secrets, which are made when they are asked for the first time.
pub(super) async fn with_secrets(
    mut values: Value,
    config: &Config,
    work: &Work<'_>,
) -> Result<Value, DriverError> {
    let hex = synapse::random_hex;
    let (signing_key, macaroon, form, registration, database, dashboard) = futures::try_join!(
        work.secret("signing_key", synapse::fresh_signing_key),
        work.secret("macaroon_secret_key", hex),
        work.secret("form_secret", hex),
        synapse::registration_secret(work),
        work.secret("database_password", hex),
        work.secret("dashboard_key", hex),
    )?;
    let secrets = json!({
        "signingKey": signing_key,
        "macaroon": macaroon,
        "form": form,
        "registration": registration,
        "database": database,
        "dashboard": dashboard,
        "model": config.model.as_ref().map_or("", |model| model.key.as_str()),
    });
    merge(&mut values, json!({"secrets": secrets}));
    Ok(values)
}

/// Puts `over` over `values`, object by object.
fn merge(values: &mut Value, over: Value) {
    match (values, over) {
        (Value::Object(values), Value::Object(over)) => {
            for (name, value) in over {
                merge(values.entry(name).or_insert(Value::Null), value);
            }
        }
        (values, over) => *values = over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instance_wins_and_the_rest_stays() {
        let mut values = json!({"images": {"synapse": "a", "mindroom": "b"}, "domain": "x"});
        merge(
            &mut values,
            json!({"images": {"mindroom": "c"}, "domain": "y", "new": {"z": 1}}),
        );
        let expected =
            json!({"images": {"synapse": "a", "mindroom": "c"}, "domain": "y", "new": {"z": 1}});
        assert_eq!(values, expected);
    }
}
