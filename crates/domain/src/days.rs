//! After how many days what is done, as an operator writes it: `pause=7,stop=14,remove=44`.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Days after the first failed charge on which a step is taken with an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DunningDays {
    /// Its agents are paused.
    pub pause: u16,
    /// It is stopped.
    pub stop: u16,
    /// It is deleted.
    pub remove: u16,
}

/// Days for which something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionDays {
    /// Entries of the audit log.
    pub audit: u16,
    /// Those of rights and of ends.
    pub audit_rights: u16,
    /// What Stripe sent.
    pub webhooks: u16,
    /// What was used.
    pub usage: u16,
}

impl FromStr for DunningDays {
    type Err = String;

    /// Each name once, none left out, each step after the one before.
    fn from_str(text: &str) -> Result<Self, String> {
        let days: Self = named(text)?;
        if days.pause <= days.stop && days.stop <= days.remove {
            return Ok(days);
        }
        Err(
            "an instance is paused before it is stopped, and stopped before it is removed"
                .to_owned(),
        )
    }
}

impl FromStr for RetentionDays {
    type Err = String;

    /// Each name once, none left out.
    fn from_str(text: &str) -> Result<Self, String> {
        named(text)
    }
}

fn named<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut days = Map::new();
    for entry in text.split(',') {
        let (name, value) = entry
            .split_once('=')
            .ok_or(format!("`{entry}` is no name=days"))?;
        let value: u16 = value.trim().parse().map_err(|e| format!("{entry}: {e}"))?;
        if days.insert(name.trim().to_owned(), value.into()).is_some() {
            return Err(format!("`{}` is there twice", name.trim()));
        }
    }
    serde_json::from_value(Value::Object(days)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_named_once() {
        let all = "audit=90,audit_rights=2557,webhooks=90,usage=365";
        assert_eq!(all.parse::<RetentionDays>().unwrap().audit_rights, 2557);
        for wrong in [
            "",
            "audit=90",
            &all.replace("audit=90,", ""),
            &all.replace("=365", "=-7"),
            &format!("{all},more=1"),
            &format!("{all},usage=1"),
        ] {
            assert!(wrong.parse::<RetentionDays>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn steps_follow_one_another() {
        let days: DunningDays = "pause=7, stop=14, remove=44".parse().unwrap();
        assert_eq!((days.pause, days.stop, days.remove), (7, 14, 44));
        for wrong in ["pause=15,stop=14,remove=44", "pause=7,stop=45,remove=44"] {
            assert!(wrong.parse::<DunningDays>().is_err(), "{wrong}");
        }
    }
}
