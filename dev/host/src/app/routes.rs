//! Which route answers a path. Precedence is Spin's own: both use `routefinder`, and both trim
//! leading and trailing slashes of routes and of paths.

use anyhow::{Context as _, Result, anyhow, ensure};
use routefinder::{RouteSpec, Router, Segment};

/// A table of routes, each leading to a `T`.
#[derive(Debug)]
pub(crate) struct Routes<T> {
    router: Router<Route<T>>,
    ids: std::collections::HashMap<String, String>,
}

#[derive(Debug)]
struct Route<T> {
    written: String,
    target: T,
}

/// What a path led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RouteMatch<'a, T> {
    pub(crate) target: &'a T,
    /// The route as the manifest has it.
    pub(crate) route: &'a str,
    /// What a trailing wildcard stands for: empty, or beginning with a slash.
    pub(crate) trailing: String,
    /// The parts named by `:name`, as they were sent (not decoded).
    pub(crate) named: Vec<(String, String)>,
}

impl<T> Default for Routes<T> {
    fn default() -> Self {
        Self {
            router: Router::new(),
            ids: std::collections::HashMap::new(),
        }
    }
}

impl<T> Routes<T> {
    /// Adds a route. One that is already there is an error: Spin would take the last silently.
    pub(crate) fn add(&mut self, route: &str, target: T) -> Result<()> {
        check(route)?;
        let shape = shape(route);
        if let Some(other) = self.ids.insert(shape, route.to_owned()) {
            return Err(anyhow!("the route is already taken by `{other}`"));
        }
        let written = Route {
            written: route.to_owned(),
            target,
        };
        self.router
            .add(spec(route), written)
            .map_err(|error: String| anyhow!(error))
            .context("not a route")
    }

    /// Finds the best route for a path.
    pub(crate) fn find(&self, path: &str) -> Option<RouteMatch<'_, T>> {
        let found = self.router.best_match(path.trim_matches('/'))?;
        let captures = found.captures();
        let trailing = captures.wildcard().map_or_else(String::new, |rest| {
            // A wildcard that matched nothing leaves an empty text, except at the root.
            let all = found.route().segments().len() == 1;
            if rest.is_empty() && !all {
                String::new()
            } else {
                format!("/{rest}")
            }
        });
        let named = captures
            .params()
            .iter()
            .map(|capture| (capture.name().to_owned(), capture.value().to_owned()))
            .collect();
        let route = found.handler();
        Some(RouteMatch {
            target: &route.target,
            route: &route.written,
            trailing,
            named,
        })
    }
}

/// `/...` at the end is Spin's spelling of routefinder's `*`.
fn spec(route: &str) -> String {
    let route = route.trim_start_matches('/');
    match route.strip_suffix("...") {
        Some(before) => format!("{before}*"),
        None => route.trim_end_matches('/').to_owned(),
    }
}

/// The route without the names of its parameters: two routes of one shape cannot be told apart.
fn shape(route: &str) -> String {
    // A dot ends a name: `:name.csv` is not `:name`.
    let named = |segment: &str| match segment.strip_prefix(':') {
        Some(name) => name
            .find('.')
            .map_or(":".to_owned(), |dot| format!(":{}", &name[dot..])),
        None => segment.to_owned(),
    };
    spec(route)
        .split('/')
        .map(named)
        .collect::<Vec<_>>()
        .join("/")
}

fn check(route: &str) -> Result<()> {
    ensure!(route.starts_with('/'), "a route begins with `/`");
    let trimmed = spec(route);
    let mut segments = trimmed.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        ensure!(segment != "*" || last, "a wildcard stands only at the end");
        ensure!(
            segment == "*" || !(segment.contains('*') || segment.contains("...")),
            "a wildcard is a whole segment, the last"
        );
    }
    let parsed = RouteSpec::try_from(trimmed.as_str()).map_err(|error| anyhow!(error))?;
    let segments = parsed.segments();
    for (position, segment) in segments.iter().enumerate() {
        if let Segment::Param(name) = segment {
            let end = matches!(
                segments.get(position + 1),
                None | Some(Segment::Slash | Segment::Dot)
            );
            // The name becomes a header's; routefinder panics on another end.
            let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            ensure!(
                end && !name.is_empty() && name.chars().all(word),
                "`:{name}` is not a parameter"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[&'static str]) -> Routes<&'static str> {
        let mut table = Routes::default();
        for route in routes {
            table.add(route, *route).unwrap();
        }
        table
    }

    const ROUTES: [&str; 8] = [
        "/",
        "/items/new",
        "/items/:item_id",
        "/items/:a/parts/:b",
        "/files/*",
        "/portal/...",
        "/deep/:one/...",
        "/...",
    ];

    #[test]
    fn the_more_exact_route_wins_in_any_order() {
        let mut backwards = ROUTES;
        backwards.reverse();
        for order in [ROUTES, backwards] {
            let table = table(&order);
            for (path, expected) in [
                ("/", "/"),
                ("/items/new", "/items/new"),
                ("/items/new/", "/items/new"),
                ("/items/5", "/items/:item_id"),
                ("//items/5", "/items/:item_id"),
                ("/items/5/parts/6", "/items/:a/parts/:b"),
                ("/items/5/parts", "/..."),
                ("/items//5", "/..."),
                ("/files", "/files/*"),
                ("/files/x/y", "/files/*"),
                ("/portal/admin", "/portal/..."),
                ("/Items/new", "/..."),
            ] {
                assert_eq!(table.find(path).unwrap().route, expected, "{path}");
            }
        }
    }

    #[test]
    fn the_rest_of_a_wildcard() {
        let table = table(&ROUTES);
        for (path, rest) in [
            ("/files", ""),
            ("/files/x/y", "/x/y"),
            ("/nobody", "/nobody"),
            ("/items/5", ""),
            ("/deep/1/2/3", "/2/3"),
        ] {
            assert_eq!(table.find(path).unwrap().trailing, rest, "{path}");
        }
        let root = self::table(&["/..."]);
        assert_eq!(root.find("/").unwrap().trailing, "/");
    }

    #[test]
    fn named_parts_stay_encoded() {
        let table = table(&ROUTES);
        let found = table.find("/items/a%20b%2Fc").unwrap();
        assert_eq!(
            found.named,
            [("item_id".to_owned(), "a%20b%2Fc".to_owned())]
        );
        let dotted = table.find("/items/a.b").unwrap();
        assert_eq!(dotted.named[0].1, "a.b");
    }

    #[test]
    fn a_dot_ends_a_parameter() {
        let table = table(&["/reports/:name.csv", "/reports/:any-one"]);
        let csv = table.find("/reports/may.csv").unwrap();
        assert_eq!(csv.named, [("name".to_owned(), "may".to_owned())]);
        let other = table.find("/reports/may").unwrap();
        assert_eq!(other.named, [("any-one".to_owned(), "may".to_owned())]);
    }

    #[test]
    fn nothing_matches_without_a_route() {
        assert!(table(&["/a"]).find("/b").is_none());
        assert!(table(&["/items/:id"]).find("/items").is_none());
    }

    #[test]
    fn wrong_routes_are_refused() {
        for wrong in [
            "a", "/a/*/b", "/a*", "/:", "/:a b", "/:a:b", "/.../a", "/é/:ü",
        ] {
            assert!(Routes::default().add(wrong, ()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn equal_routes_are_refused() {
        for (one, other) in [("/a", "/a/"), ("/u/:id", "/u/:name"), ("/f/*", "/f/...")] {
            let mut table = Routes::default();
            table.add(one, ()).unwrap();
            assert!(table.add(other, ()).is_err(), "{other}");
        }
    }
}
