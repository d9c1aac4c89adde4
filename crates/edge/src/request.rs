//! Requests, with everything that a client can send treated as hostile.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};
use contract::{Kind, Parameter};
use futures::StreamExt;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method, Uri};
use http_body_util::BodyStream;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use spin_sdk::wasip3::http_compat::IncomingRequestBody;
use store::Page;
use uuid::Uuid;

use crate::Error;

/// Largest body, in bytes actually read.
const LARGEST_BODY: usize = 1024 * 1024;

/// Rows of a page when `_end` is left out, and at most.
const DEFAULT_PAGE: i32 = 25;
const LARGEST_PAGE: i32 = 200;
/// Largest `_start`, so that a page can still end after it.
const LAST_START: i32 = 1_000_000_000;
/// Longest search text, in bytes.
const LONGEST_SEARCH: usize = 200;

/// A request whose route is found.
pub struct Request {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) uri: Uri,
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) body: RefCell<Body>,
}

/// A body, until and after it is read.
pub(crate) enum Body {
    /// Not read yet.
    Coming(IncomingRequestBody),
    /// Read whole.
    Read(Bytes),
    /// Being read, or refused half way.
    Gone,
}

/// What a command takes that takes nothing.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

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

    fn queries(&self) -> Result<Vec<(String, String)>, Error> {
        serde_urlencoded::from_str(self.uri.query().unwrap_or_default())
            .map_err(|_| Error::Malformed("The query cannot be read.".to_owned()))
    }

    /// Refuses query parameters of other names.
    fn knows_queries(&self, names: &[&str]) -> Result<(), Error> {
        let unknown = self
            .queries()?
            .into_iter()
            .find(|(given, _)| !names.contains(&given.as_str()));
        unknown.map_or(Ok(()), |(name, _)| {
            Err(Error::invalid(name, "is not a parameter of this list"))
        })
    }

    /// A query parameter, decoded; the last when it was sent several times.
    pub fn query(&self, name: &str) -> Result<Option<String>, Error> {
        let value = self
            .queries()?
            .into_iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value);
        match value {
            // PostgreSQL's text cannot hold it
            Some(value) if value.contains('\0') => {
                Err(Error::invalid(name, "must not hold the character U+0000"))
            }
            value => Ok(value),
        }
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

    /// Which part of a list is asked for, by the list's parameters: `_start`, `_end`, `_sort`, `_order`, `q`, and its
    /// filters. Another name is refused: a filter that is ignored shows more than was asked for.
    pub fn page(&self, default_sort: &str, parameters: &[Parameter]) -> Result<Page, Error> {
        let names: Vec<&str> = parameters.iter().map(|known| known.name).collect();
        self.knows_queries(&names)?;
        let start = self.query_number("_start", 0..=LAST_START)?.unwrap_or(0);
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
        let search = self.query_text("q", LONGEST_SEARCH)?;
        let mut filters = Vec::new();
        for parameter in parameters.iter().filter(|known| known.is_filter()) {
            if let Some(value) = self.filter(parameter)? {
                filters.push((parameter.name, value));
            }
        }
        Ok(Page {
            start,
            limit: (end - start).min(LARGEST_PAGE),
            sort: self
                .query("_sort")?
                .unwrap_or_else(|| default_sort.to_owned()),
            descending: order == "DESC",
            search: search.filter(|text| !text.is_empty()),
            filters,
        })
    }

    /// The value of a filter, as the document allows it.
    fn filter(&self, parameter: &Parameter) -> Result<Option<String>, Error> {
        match parameter.kind {
            Kind::Word(words) => match self.query(parameter.name)? {
                Some(value) if !words.contains(&value.as_str()) => {
                    let message = format!("must be one of {}", words.join(", "));
                    Err(Error::invalid(parameter.name, message))
                }
                value => Ok(value),
            },
            Kind::Text(longest) => self.query_text(parameter.name, longest),
            Kind::Uuid => match self.query(parameter.name)? {
                Some(value) if value.parse::<Uuid>().is_err() => Err(Error::invalid(
                    parameter.name,
                    "must be the id of an account",
                )),
                value => Ok(value),
            },
            Kind::Number(least, most) => {
                let number = self.query_number(parameter.name, least..=most)?;
                Ok(number.map(|number| number.to_string()))
            }
        }
    }

    /// A query parameter of at most so many bytes.
    fn query_text(&self, name: &'static str, longest: usize) -> Result<Option<String>, Error> {
        match self.query(name)? {
            Some(text) if text.len() > longest => Err(Error::invalid(
                name,
                format!("must have at most {longest} bytes"),
            )),
            text => Ok(text),
        }
    }

    /// Whether the client would rather have this kind of content than JSON.
    pub fn prefers(&self, kind: &str) -> bool {
        let accepted = self.header(ACCEPT.as_str()).unwrap_or_default();
        let mut kinds = accepted
            .split(',')
            .filter_map(|one| one.split(';').next())
            .map(str::trim);
        let json = "application/json";
        let first = kinds.find(|one| one.eq_ignore_ascii_case(kind) || *one == json);
        first.is_some_and(|first| first != json)
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
        let body = self.body.replace(Body::Gone);
        let bytes = match body {
            Body::Coming(body) => read(body).await?,
            Body::Read(bytes) => bytes,
            Body::Gone => return Err(Error::Internal("the body was refused before".to_owned())),
        };
        self.body.replace(Body::Read(bytes.clone()));
        Ok(bytes)
    }

    /// Checks that nothing was sent where nothing is taken: no body, or an empty object.
    pub async fn nothing(&self) -> Result<(), Error> {
        let Nothing {} = self.json_or_default().await?;
        Ok(())
    }

    /// The body as any JSON object that the database can keep, whatever its content type says: for bodies whose
    /// signature was checked.
    pub async fn signed_json(&self) -> Result<Value, Error> {
        let bytes = self.bytes().await?;
        refuse_nul(&bytes)?;
        serde_json::from_slice(&bytes)
            .map(Value::Object)
            .map_err(|_| Error::Malformed("The body is not a JSON object.".to_owned()))
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
        refuse_nul(bytes)?;
        parse_json(bytes)
    }
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let malformed = || Error::Malformed("The body is not valid JSON.".to_owned());
    // serde would also take a list of a structure's fields in their order
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        let _: Value = serde_json::from_slice(bytes).map_err(|_| malformed())?;
        return Err(Error::invalid("body", "must be an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        if error.inner().is_data() {
            Error::invalid(field_of(&error), error.inner().to_string())
        } else {
            malformed()
        }
    })?;
    reader.end().map_err(|_| malformed())?;
    Ok(value)
}

async fn read(body: IncomingRequestBody) -> Result<Bytes, Error> {
    let mut frames = BodyStream::new(body);
    let mut all = BytesMut::new();
    while let Some(frame) = frames.next().await {
        let frame = frame
            .map_err(|_| Error::Malformed("The body ended before it was complete.".to_owned()))?;
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

/// PostgreSQL's text cannot hold U+0000, which JSON can only write as an escape. Most bodies have none, and only
/// one that seems to is read twice.
fn refuse_nul(bytes: &[u8]) -> Result<(), Error> {
    let seems_to = bytes.windows(6).any(|six| six == br"\u0000");
    if seems_to && serde_json::from_slice(bytes).is_ok_and(|body| holds_nul(&body)) {
        return Err(Error::Malformed(
            "The body holds the character U+0000.".to_owned(),
        ));
    }
    Ok(())
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// The field that is wrong: where reading stopped, or for one that is missing or unknown the name that the message
/// has between backticks.
fn field_of(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let message = error.inner().to_string();
    let named = ["missing field", "unknown field", "duplicate field"]
        .iter()
        .any(|start| message.starts_with(start));
    let path = error.path().to_string();
    match message.split('`').nth(1) {
        Some(name) if named => name.to_owned(),
        _ if path == "." => "body".to_owned(),
        _ => path,
    }
}

#[cfg(test)]
impl Request {
    /// A GET of a path, without headers or body.
    pub(crate) fn for_tests(path: &'static str) -> Self {
        Self {
            method: Method::GET,
            headers: HeaderMap::new(),
            uri: Uri::from_static(path),
            values: Vec::new(),
            body: RefCell::new(Body::Read(Bytes::new())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_found_wherever_it_is_written_and_nowhere_else() {
        for bad in [r#"{"a":"x\u0000"}"#, r#"{"\u0000":1}"#, r#"[["\u0000"]]"#] {
            assert!(refuse_nul(bad.as_bytes()).is_err(), "{bad}");
        }
        for good in [r#"{"a":"x"}"#, r#"{"a":"\\u0000"}"#, r#"{"a":"\u0001"}"#] {
            assert!(refuse_nul(good.as_bytes()).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_wrong_field_is_named() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only read")]
        struct Body {
            tier: String,
        }
        let field = |body: &str| match parse_json::<Body>(body.as_bytes()) {
            Err(Error::Invalid { field, .. }) => field,
            other => panic!("{body}: {other:?}"),
        };
        assert_eq!(field(r#"{"tier":5}"#), "tier");
        assert_eq!(field(r#"{"tier":"a","x":1}"#), "x");
        assert_eq!(field("{}"), "tier");
        assert_eq!(field(r#"{"tier":"a","tier":"b"}"#), "tier");
        assert_eq!(field("[]"), "body");
        assert_eq!(field(r#" ["a"]"#), "body");
        assert!(matches!(parse_json::<Body>(b"{"), Err(Error::Malformed(_))));
        assert!(matches!(
            parse_json::<Body>(br#"{"tier":"a"} x"#),
            Err(Error::Malformed(_))
        ));
    }

    #[test]
    fn of_two_kinds_the_first_is_preferred() {
        let prefers = |accepted: &str| {
            let mut request = Request::for_tests("/");
            request.headers.insert(ACCEPT, accepted.parse().unwrap());
            request.prefers("text/csv")
        };
        for csv in [
            "text/csv",
            "text/html, Text/CSV;q=0.9",
            "text/csv, application/json",
        ] {
            assert!(prefers(csv), "{csv}");
        }
        for json in ["*/*", "application/json, text/csv", "text/html", ""] {
            assert!(!prefers(json), "{json}");
        }
    }

    #[test]
    fn pages_are_checked() {
        let page = |path| Request::for_tests(path).page("created_at", contract::INSTANCES);
        assert_eq!(page("/?_start=5&_end=500").unwrap().limit, LARGEST_PAGE);
        let running = page("/?status=running").unwrap();
        assert_eq!(running.filters, [("status", "running".to_owned())]);
        let jobs = Request::for_tests("/?state=dead&kind=x").page("id", contract::JOBS);
        let filters = [("state", "dead".to_owned()), ("kind", "x".to_owned())];
        assert_eq!(jobs.unwrap().filters, filters);
        let of = "account_id=00000000-0000-0000-0000-0000000000a1";
        let path: &'static str = Box::leak(format!("/?{of}").into_boxed_str());
        let payments = Request::for_tests(path).page("created_at", contract::PAYMENTS);
        assert_eq!(payments.unwrap().filters[0].0, "account_id");
        let nobody = Request::for_tests("/?account_id=1").page("created_at", contract::PAYMENTS);
        assert!(nobody.is_err());
        for wrong in [
            "_start=-1",
            "_start=5&_end=5",
            "_order=up",
            "_sort=%00",
            "_start=x",
            "status=",
            "status=nonsense",
            "account=1",
        ] {
            let path: &'static str = Box::leak(format!("/?{wrong}").into_boxed_str());
            assert!(page(path).is_err(), "{wrong}");
        }
    }
}
