//! From a path to what lies there: pages have clean URLs, other files their own names.

/// What a path means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A page: the file's name below the site's root.
    Page(String),
    /// Another file, with its content type.
    Asset(String, &'static str),
    /// The page has another address, which is the clean one.
    Moved(String),
    /// Nothing can lie there.
    Nothing,
}

/// Longest path, in bytes.
const LONGEST: usize = 512;

/// Types of the files that a build writes, by extension. Others are not served.
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
];

/// Written by the build for this function alone.
const PRIVATE: &str = "csp.json";

/// Finds what `path` (as sent, below the prefix, such as `/instance`) means, without looking at any file.
pub(crate) fn locate(path: &str) -> Location {
    if path.len() > LONGEST {
        return Location::Nothing;
    }
    let relative = path.strip_prefix('/').unwrap_or(path);
    if relative.is_empty() {
        return Location::Page("index.html".to_owned());
    }
    let (name, slash) = match relative.strip_suffix('/') {
        Some(name) => (name, true),
        None => (relative, false),
    };
    if !name.split('/').all(is_plain) || name == PRIVATE {
        return Location::Nothing;
    }
    match extension(name) {
        Some(("html", _)) => moved(name.trim_end_matches(".html")),
        None if slash => moved(name),
        Some(_) if slash => Location::Nothing,
        Some((_, content_type)) => Location::Asset(name.to_owned(), content_type),
        None if name == "index" => moved(name),
        None => Location::Page(format!("{name}.html")),
    }
}

fn moved(name: &str) -> Location {
    match name {
        "index" => Location::Moved("/".to_owned()),
        name => Location::Moved(format!("/{name}")),
    }
}

/// Whether a segment is a name that a build may write. Nothing is decoded: an encoded name is no name, and so are
/// `..`, hidden files, empty segments, backslashes and control characters.
fn is_plain(segment: &str) -> bool {
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(ordinary)
}

fn extension(name: &str) -> Option<(&'static str, &'static str)> {
    let (_, given) = name.rsplit('/').next()?.rsplit_once('.')?;
    TYPES.iter().find(|(known, _)| *known == given).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str) -> Location {
        Location::Page(name.to_owned())
    }

    #[test]
    fn pages_have_clean_addresses() {
        assert_eq!(locate(""), page("index.html"));
        assert_eq!(locate("/"), page("index.html"));
        assert_eq!(locate("/instance"), page("instance.html"));
        assert_eq!(locate("/admin/accounts"), page("admin/accounts.html"));
        assert_eq!(locate("/v1.2"), page("v1.2.html"));
    }

    #[test]
    fn other_spellings_lead_to_the_clean_one() {
        for (path, clean) in [
            ("/instance/", "/instance"),
            ("/instance.html", "/instance"),
            ("/admin/accounts/", "/admin/accounts"),
            ("/index.html", "/"),
            ("/index", "/"),
        ] {
            assert_eq!(locate(path), Location::Moved(clean.to_owned()), "{path}");
        }
    }

    #[test]
    fn files_have_types() {
        let Location::Asset(name, content_type) = locate("/_next/static/chunks/a-1~b.js") else {
            panic!("no asset");
        };
        assert_eq!(name, "_next/static/chunks/a-1~b.js");
        assert_eq!(content_type, "text/javascript; charset=utf-8");
        assert_eq!(
            locate("/instance/__next._tree.txt"),
            Location::Asset(
                "instance/__next._tree.txt".to_owned(),
                "text/plain; charset=utf-8"
            )
        );
    }

    #[test]
    fn hostile_paths_name_nothing() {
        for path in [
            "/..",
            "/../etc/passwd",
            "/a/../../etc/passwd",
            "/%2e%2e/etc/passwd",
            "/..%2fetc",
            "/.env",
            "/a/.git/config",
            "//evil.example",
            "/a//b",
            "/a\\..\\b",
            "/a\0.js",
            "/csp.json",
            "/csp.json/",
            "/a.js/",
            "/ä",
            "//",
            &format!("/{}", "a".repeat(600)),
        ] {
            assert_eq!(locate(path), Location::Nothing, "{path:?}");
        }
    }
}
