//! The functions' tables: `edge::routes! { GET read "/my/account" => account::handle; }`.

use anyhow::{Context, Result};
use proc_macro2::TokenTree;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Item, LitStr, Token};

use super::sources::SourceFile;

/// One line of a table, or one operation of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Route {
    pub(in crate::check) method: String,
    /// With `{name}` for a segment that varies.
    pub(in crate::check) path: String,
    /// File and line.
    pub(in crate::check) place: String,
}

impl Route {
    /// The path without the names of its parameters: two of one shape cannot be told apart.
    pub(in crate::check) fn shape(&self) -> String {
        let segments = self.path.trim_matches('/').split('/');
        let segments: Vec<&str> = segments
            .map(|segment| if is_parameter(segment) { "{}" } else { segment })
            .collect();
        segments.join("/")
    }

    /// A path that a client could send for it: every parameter stands for something that no route spells out.
    pub(in crate::check) fn example(&self) -> String {
        let segments = self.path.trim_matches('/').split('/');
        let segments: Vec<&str> = segments
            .map(|segment| if is_parameter(segment) { "~" } else { segment })
            .collect();
        segments.join("/")
    }

    /// Whether every path of another route is also one of this one.
    pub(in crate::check) fn covers(&self, other: &Self) -> bool {
        let own: Vec<&str> = self.path.trim_matches('/').split('/').collect();
        let theirs: Vec<&str> = other.path.trim_matches('/').split('/').collect();
        let mut pairs = own.iter().zip(&theirs);
        own.len() == theirs.len() && pairs.all(|(own, their)| is_parameter(own) || own == their)
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

/// The lines of the tables in a file.
pub(super) fn of(file: &SourceFile) -> Result<Vec<Route>> {
    let mut routes = Vec::new();
    for item in &file.ast.items {
        let Item::Macro(one) = item else { continue };
        let name = one.mac.path.segments.last();
        if name.is_some_and(|name| name.ident == "routes") {
            let lines: Lines = one
                .mac
                .parse_body()
                .with_context(|| format!("read the table of routes in {}", file.path))?;
            routes.extend(lines.0.iter().map(|line| line.route(file)));
        }
    }
    Ok(routes)
}

struct Lines(Vec<Line>);

struct Line {
    method: Ident,
    path: LitStr,
}

impl Line {
    fn route(&self, file: &SourceFile) -> Route {
        Route {
            method: self.method.to_string(),
            path: self.path.value(),
            place: file.at(self.path.span().start().line),
        }
    }
}

impl Parse for Lines {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut lines = Vec::new();
        while !input.is_empty() {
            lines.push(input.parse()?);
        }
        Ok(Self(lines))
    }
}

impl Parse for Line {
    /// Only method and path count; what stands between and after them is `edge`'s to judge.
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let method = input.parse()?;
        while !input.peek(LitStr) {
            input.parse::<TokenTree>()?;
        }
        let path = input.parse()?;
        while !input.peek(Token![;]) {
            input.parse::<TokenTree>()?;
        }
        input.parse::<Token![;]>()?;
        Ok(Self { method, path })
    }
}

#[cfg(test)]
impl Route {
    /// A route from `GET /my/account`.
    pub(in crate::check) fn for_tests(written: &str) -> Self {
        let (method, path) = written.split_once(' ').unwrap();
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            place: "somewhere.rs:1".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_line_by_line() {
        let text = "mod a;\nedge::routes! {\n    GET read \"/a\" => a::handle;\n    POST start \"/a/{id}\" => b::c::handle;\n}\n";
        let file = SourceFile::parse("functions/a/src/lib.rs", text).unwrap();
        let routes = of(&file).unwrap();
        let written: Vec<String> = routes.iter().map(ToString::to_string).collect();
        assert_eq!(written, ["GET /a", "POST /a/{id}"]);
        assert_eq!(routes[1].place, "functions/a/src/lib.rs:4");
    }

    #[test]
    fn a_table_that_cannot_be_read_is_an_error() {
        let file = SourceFile::parse("lib.rs", "edge::routes! { GET read }").unwrap();
        assert!(of(&file).is_err());
    }

    #[test]
    fn shapes_and_what_covers_what() {
        let route = Route::for_tests;
        assert_eq!(
            route("GET /u/{id}").shape(),
            route("GET /u/{name}/").shape()
        );
        assert_ne!(route("GET /u/{id}").shape(), route("GET /u/me").shape());
        assert!(route("GET /u/{id}").covers(&route("GET /u/me")));
        assert!(!route("GET /u/me").covers(&route("GET /u/{id}")));
        assert!(!route("GET /u/{id}").covers(&route("GET /u/{id}/x")));
    }
}
