//! Requests, with everything that a client can send treated as hostile.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Uri};
use http_body_util::BodyStream;
use serde::de::DeserializeOwned;
use spin_sdk::wasip3::http_compat::IncomingRequestBody;
use store::Page;

use crate::Error;

/// Largest body, in bytes actually read.
const LARGEST_BODY: usize = 1024 * 1024;

/// Rows of a page when `_end` is left out, and at most.
const DEFAULT_PAGE: i32 = 25;
const LARGEST_PAGE: i32 = 200;
/// Longest search text, in bytes.
const LONGEST_SEARCH: usize = 200;

/// A request whose route is found.
pub struct Request {
    pub(crate) headers: HeaderMap,
    pub(crate) uri: Uri,
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) body: RefCell<Option<IncomingRequestBody>>,
}

impl Request {
    /// A header's last value as text. The last, since the runtime adds its own after what a client sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(name)
            .iter()
            .next_back()
            .and_then(|value| value.to_str().ok())
    }

    /// How often a header was sent.
    pub fn header_count(&self, name: &str) -> usize {
        self.headers.get_all(name).iter().count()
    }

    /// The path as it was sent.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The last segment of the path.
    pub fn last_segment(&self) -> &str {
        self.path()
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default()
    }

    /// The value of a `{name}` segment, parsed. One that cannot be parsed names nothing: 404.
    pub fn value<T: std::str::FromStr>(&self, name: &str) -> Result<T, Error> {
        let found = self.values.iter().find(|(given, _)| *given == name);
        found
            .and_then(|(_, value)| value.parse().ok())
            .ok_or(Error::NotFound)
    }

    /// A query parameter, decoded; the last when it was sent several times.
    pub fn query(&self, name: &str) -> Result<Option<String>, Error> {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(self.uri.query().unwrap_or_default())
                .map_err(|_| Error::Malformed("The query cannot be read.".to_owned()))?;
        Ok(pairs
            .into_iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value))
    }

    /// A query parameter as a number within bounds.
    pub fn query_number<T>(
        &self,
        name: &'static str,
        bounds: RangeInclusive<T>,
    ) -> Result<Option<T>, Error>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.query(name)? else {
            return Ok(None);
        };
        match text.parse::<T>() {
            Ok(number) if bounds.contains(&number) => Ok(Some(number)),
            _ => Err(Error::invalid(
                name,
                format!(
                    "must be a number from {} to {}",
                    bounds.start(),
                    bounds.end()
                ),
            )),
        }
    }

    /// Which part of a list is asked for: `_start`, `_end`, `_sort`, `_order`, `q`, `status`.
    pub fn page(&self, default_sort: &str) -> Result<Page, Error> {
        let start = self.query_number("_start", 0..=i32::MAX)?.unwrap_or(0);
        let end = self
            .query_number("_end", 0..=i32::MAX)?
            .unwrap_or(start.saturating_add(DEFAULT_PAGE));
        if end <= start {
            return Err(Error::invalid("_end", "must be greater than `_start`"));
        }
        let order = self
            .query("_order")?
            .unwrap_or_else(|| "DESC".to_owned())
            .to_ascii_uppercase();
        if !["ASC", "DESC"].contains(&order.as_str()) {
            return Err(Error::invalid("_order", "must be ASC or DESC"));
        }
        let text = |value: Option<String>| value.filter(|value| !value.is_empty());
        let (search, status) = (text(self.query("q")?), text(self.query("status")?));
        for (name, value) in [("q", &search), ("status", &status)] {
            if value
                .as_ref()
                .is_some_and(|value| value.len() > LONGEST_SEARCH || value.contains('\0'))
            {
                return Err(Error::invalid(
                    name,
                    format!("must have at most {LONGEST_SEARCH} bytes"),
                ));
            }
        }
        Ok(Page {
            start,
            limit: (end - start).min(LARGEST_PAGE),
            sort: self
                .query("_sort")?
                .unwrap_or_else(|| default_sort.to_owned()),
            descending: order == "DESC",
            search,
            status,
        })
    }

    /// The bearer value, if there is exactly one.
    pub fn bearer(&self) -> Option<&str> {
        if self.header_count("authorization") != 1 {
            return None;
        }
        let (scheme, value) = self.header("authorization")?.split_once(' ')?;
        let value = value.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !value.contains(' ') && !value.is_empty())
            .then_some(value)
    }

    /// The body's bytes. More than 1 MiB is refused as soon as it has come in, whatever its header says.
    pub async fn bytes(&self) -> Result<Bytes, Error> {
        let taken = self.body.borrow_mut().take();
        let Some(body) = taken else {
            return Ok(Bytes::new());
        };
        let mut frames = BodyStream::new(body);
        let mut all = BytesMut::new();
        while let Some(frame) = frames.next().await {
            let frame = frame.map_err(|_| {
                Error::Malformed("The body ended before it was complete.".to_owned())
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if all.len() + data.len() > LARGEST_BODY {
                return Err(Error::TooLarge);
            }
            all.extend_from_slice(&data);
        }
        Ok(all.freeze())
    }

    /// The body as JSON of a type that refuses unknown fields.
    pub async fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let bytes = self.bytes().await?;
        self.parse(&bytes)
    }

    /// As [`Self::json`]; no body at all is the default.
    pub async fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Error> {
        let bytes = self.bytes().await?;
        if bytes.is_empty() {
            Ok(T::default())
        } else {
            self.parse(&bytes)
        }
    }

    fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Error> {
        let kind = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Error::UnsupportedType);
        }
        serde_json::from_slice(bytes).map_err(|error| {
            if error.is_data() {
                Error::invalid(field_of(&error), error.to_string())
            } else {
                Error::Malformed("The body is not valid JSON.".to_owned())
            }
        })
    }
}

/// The field that a message of serde names between backticks.
fn field_of(error: &serde_json::Error) -> String {
    error
        .to_string()
        .split('`')
        .nth(1)
        .unwrap_or("body")
        .to_owned()
}
