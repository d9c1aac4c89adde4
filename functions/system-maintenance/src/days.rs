//! After how many days what is done, as the variables say.

use edge::{Context, Error};
use serde_json::{Map, Value};
use store::maintenance::Days;

/// Retention and dunning, from `retention_days` and `dunning_days`.
pub(crate) async fn read(cx: &Context) -> Result<Days, Error> {
    let retention = cx.settings.get("retention_days").await?;
    let dunning = cx.settings.get("dunning_days").await?;
    let days = parse(&format!("{retention},{dunning}"))
        .map_err(|cause| Error::Misconfigured("retention_days, dunning_days", cause))?;
    if days.pause <= days.stop && days.stop <= days.remove {
        return Ok(days);
    }
    let cause = "an instance is paused before it is stopped, and stopped before it is removed";
    Err(Error::Misconfigured("dunning_days", cause.to_owned()))
}

/// `audit=90,webhooks=90,…`: each name once, none left out.
fn parse(text: &str) -> Result<Days, String> {
    let mut days = Map::new();
    for entry in text.split(',') {
        let (name, value) = entry
            .split_once('=')
            .ok_or(format!("`{entry}` is no name=days"))?;
        let value: u16 = value.trim().parse().map_err(|e| format!("{entry}: {e}"))?;
        days.insert(name.trim().to_owned(), Value::from(value));
    }
    serde_json::from_value(Value::Object(days)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_named_once() {
        let all = "audit=90,audit_rights=2557,webhooks=90,usage=365,pause=7,stop=14,remove=44";
        assert_eq!(parse(all).unwrap().remove, 44);
        for wrong in [
            "",
            "audit=90",
            &all.replace("audit=90,", ""),
            &all.replace("=7", "=-7"),
            &format!("{all},more=1"),
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
