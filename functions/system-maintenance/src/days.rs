//! After how many days what is done, as the variables say.

use edge::{Context, Error};
use store::maintenance::Days;

/// Retention and dunning, from `retention_days` and `dunning_days`.
pub(crate) async fn read(cx: &Context) -> Result<Days, Error> {
    Ok(Days {
        retention: cx.settings.parsed("retention_days").await?,
        dunning: cx.settings.parsed("dunning_days").await?,
    })
}
