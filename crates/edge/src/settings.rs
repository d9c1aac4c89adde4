//! Variables of the component, read on use and kept for the life of the instance: they are the same for every
//! request.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::Error;
use crate::route::Limits;

thread_local! {
    static READ: RefCell<HashMap<&'static str, String>> = RefCell::new(HashMap::new());
}

/// The component's variables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings;

impl Settings {
    /// A variable; an unset or undeclared one is the operator's mistake.
    pub async fn get(self, name: &'static str) -> Result<String, Error> {
        if let Some(value) = READ.with_borrow(|read| read.get(name).cloned()) {
            return Ok(value);
        }
        let value = spin_sdk::variables::get(name)
            .await
            .map_err(|error| Error::Misconfigured(name, error.to_string()))?;
        READ.with_borrow_mut(|read| read.insert(name, value.clone()));
        Ok(value)
    }

    /// A variable that may not be empty.
    pub async fn required(self, name: &'static str) -> Result<String, Error> {
        let value = self.get(name).await?;
        if value.trim().is_empty() {
            return Err(Error::Misconfigured(name, "is empty".to_owned()));
        }
        Ok(value)
    }

    /// A variable that is written in a way of its own.
    pub async fn parsed<T: FromStr<Err: Display>>(self, name: &'static str) -> Result<T, Error> {
        let value = self.get(name).await?.parse();
        value.map_err(|error: T::Err| Error::Misconfigured(name, error.to_string()))
    }

    /// Scheme, domain and port of the platform, such as `https://mindroom.example`.
    pub async fn public_url(self) -> Result<String, Error> {
        Ok(self
            .required("public_url")
            .await?
            .trim_end_matches('/')
            .to_owned())
    }

    /// Where the portal is: the only origin that browsers may call from.
    pub async fn app_url(self) -> Result<String, Error> {
        Ok(host_url(&self.public_url().await?, "app"))
    }

    pub(crate) async fn is_local(self) -> Result<bool, Error> {
        Ok(self.get("environment").await? == "local")
    }

    pub(crate) async fn limits(self) -> Result<Limits, Error> {
        let text = self.get("rate_limits").await?;
        Limits::parse(&text).map_err(|entry| {
            Error::Misconfigured("rate_limits", format!("`{entry}` cannot be read"))
        })
    }

    pub(crate) async fn trusted_hops(self) -> Result<usize, Error> {
        self.parsed("trusted_hops").await
    }
}

/// `https://mindroom.example` and `app` make `https://app.mindroom.example`.
pub(crate) fn host_url(public_url: &str, label: &str) -> String {
    match public_url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{label}.{rest}"),
        None => format!("{label}.{public_url}"),
    }
}
