//! The functions' tables: `edge::routes! { GET read "/my/account" => account::handle; }`.

use anyhow::{Context, Result};
use proc_macro2::TokenTree;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Item, LitStr, Token};

use super::sources::SourceFile;

/// One table.
pub(in crate::check) struct Table {
    pub(in crate::check) routes: Vec<Route>,
}

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

/// The tables in a file.
pub(super) fn tables(file: &SourceFile) -> Result<Vec<Table>> {
    let macros = file.ast.items.iter().filter_map(|item| match item {
        Item::Macro(one) => Some(&one.mac),
        _ => None,
    });
    macros
        .filter(|one| {
            one.path
                .segments
                .last()
                .is_some_and(|name| name.ident == "routes")
        })
        .map(|one| {
            let lines: Lines = one
                .parse_body()
                .with_context(|| format!("read the table of routes in {}", file.path))?;
            let routes = lines.0.into_iter().map(|line| line.route(file)).collect();
            Ok(Table { routes })
        })
        .collect()
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
        let tables = tables(&file).unwrap();
        assert_eq!(tables.len(), 1);
        let written: Vec<String> = tables[0].routes.iter().map(ToString::to_string).collect();
        assert_eq!(written, ["GET /a", "POST /a/{id}"]);
        assert_eq!(tables[0].routes[1].place, "functions/a/src/lib.rs:4");
    }

    #[test]
    fn a_table_that_cannot_be_read_is_an_error() {
        let file = SourceFile::parse("lib.rs", "edge::routes! { GET read }").unwrap();
        assert!(tables(&file).is_err());
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
