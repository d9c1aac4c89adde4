//! Answers over a small site.

use super::*;
use crate::site::Site;

struct Fixture {
    site: CachedSite,
    _folder: tempfile::TempDir,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("index.html", "<h1>start</h1>"),
        ("instance.html", "<h1>instance</h1>"),
        ("404.html", "<h1>not here</h1>"),
        ("_not-found.html", "<h1>not here</h1>"),
        ("admin/accounts.html", "<h1>accounts</h1>"),
        ("instance/__next._tree.txt", "tree"),
        ("_next/static/chunks/a.js", "a()"),
        ("_next/static/chunks/a.js.br", "a, by brotli"),
        ("_next/static/chunks/a.js.gz", "a, by gzip"),
        ("404.html.gz", "not here, by gzip"),
        ("icon.svg", "<svg/>"),
        (
            "csp.json",
            r#"{"index.html":["sha256-OBTN3RiyCV4Bq7dFqZ5a2pAXjnCcCYeTJMO2I/LYKeo="]}"#,
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    Fixture {
        site: CachedSite::new(Site::new(folder.path())),
        _folder: folder,
    }
}

impl Fixture {
    fn get(&mut self, path: &str) -> Reply {
        self.ask(path, None, None)
    }

    fn ask(&mut self, path: &str, query: Option<&str>, if_none_match: Option<&str>) -> Reply {
        let question = Question {
            path,
            query,
            if_none_match,
            accept_encoding: "",
            talks_to: &["https://api.mindroom.example"],
        };
        answer(&mut self.site, &question).unwrap()
    }

    fn get_packed(&mut self, path: &str, accept_encoding: &str) -> Reply {
        let question = Question {
            path,
            query: None,
            if_none_match: None,
            accept_encoding,
            talks_to: &[],
        };
        answer(&mut self.site, &question).unwrap()
    }
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map_or("", |(_, value)| value)
    }

    fn text(&self) -> &str {
        self.content
            .as_ref()
            .map_or("", |(_, body)| std::str::from_utf8(body).unwrap())
    }
}

#[test]
fn pages_are_asked_for_again_and_have_a_policy() {
    let mut site = fixture();
    let reply = site.get("/");
    assert_eq!(
        (reply.status, reply.text()),
        (StatusCode::OK, "<h1>start</h1>")
    );
    assert_eq!(
        reply.content.as_ref().unwrap().0,
        "text/html; charset=utf-8"
    );
    assert_eq!(reply.header("cache-control"), "no-cache");
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("'sha256-OBTN3"), "{policy}");
    assert!(policy.contains("https://api.mindroom.example"), "{policy}");
    assert_eq!(site.get("/admin/accounts").text(), "<h1>accounts</h1>");
}

#[test]
fn hashed_files_are_kept_for_good_and_others_are_not() {
    let mut site = fixture();
    let hashed = site.get("/_next/static/chunks/a.js");
    assert_eq!(hashed.header("cache-control"), IMMUTABLE);
    assert_eq!(hashed.text(), "a()");
    let icon = site.get("/icon.svg");
    assert_eq!(icon.header("cache-control"), "no-cache");
    assert_eq!(icon.header("content-security-policy"), FOR_ASSETS);
    assert_eq!(site.get("/instance/__next._tree.txt").text(), "tree");
}

#[test]
fn packed_files_go_to_those_who_take_them() {
    let mut site = fixture();
    let mut seen = Vec::new();
    for (takes, text) in [
        ("gzip, deflate, br", "a, by brotli"),
        ("gzip", "a, by gzip"),
        ("", "a()"),
        ("zstd", "a()"),
    ] {
        let reply = site.get_packed("/_next/static/chunks/a.js", takes);
        assert_eq!(reply.text(), text, "{takes}");
        assert_eq!(
            reply.content.as_ref().unwrap().0,
            "text/javascript; charset=utf-8"
        );
        assert_eq!(reply.header("vary"), "accept-encoding");
        assert_eq!(reply.header("cache-control"), IMMUTABLE);
        seen.push((
            reply.header("content-encoding").to_owned(),
            reply.header("etag").to_owned(),
        ));
    }
    let encodings: Vec<&str> = seen.iter().map(|(encoding, _)| encoding.as_str()).collect();
    assert_eq!(encodings, ["br", "gzip", "", ""]);
    assert_ne!(seen[0].1, seen[1].1, "each is named by its own content");
    // what was not packed, and a name that only the build uses
    assert_eq!(site.get_packed("/icon.svg", "br").text(), "<svg/>");
    let missing = site.get_packed("/_next/static/chunks/a.js.br", "gzip");
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.text(), "not here, by gzip");
}

#[test]
fn who_has_it_is_told_so() {
    let mut site = fixture();
    let etag = site.get("/instance").header("etag").to_owned();
    for tags in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"x\", {etag}"),
        "*".to_owned(),
    ] {
        let reply = site.ask("/instance", None, Some(&tags));
        assert_eq!(reply.status, StatusCode::NOT_MODIFIED, "{tags}");
        assert!(reply.content.is_none());
        assert_eq!(reply.header("etag"), etag);
        assert_eq!(reply.header("cache-control"), "no-cache");
    }
    for tags in ["\"x\"", "", ",,", etag.trim_matches('"')] {
        let reply = site.ask("/instance", None, Some(tags));
        assert_eq!(reply.status, StatusCode::OK, "{tags}");
    }
}

#[test]
fn what_is_not_there_gets_the_page_for_it() {
    let mut site = fixture();
    for path in [
        "/nothing",
        "/a.js",
        "/../../etc/passwd",
        "/404",
        "/_not-found",
        "/csp.json",
    ] {
        let reply = site.ask(path, None, Some("*"));
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.text(), "<h1>not here</h1>", "{path}");
        assert_eq!(reply.header("etag"), "", "{path}");
    }
}

#[test]
fn unclean_addresses_lead_on_with_their_query() {
    let mut site = fixture();
    let reply = site.ask("/instance/", Some("id=3"), None);
    assert_eq!(reply.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(reply.header("location"), "/instance?id=3");
    assert_eq!(site.get("/index.html").header("location"), "/");
    // never to another host
    assert_eq!(site.get("//evil.example/").status, StatusCode::NOT_FOUND);
}

#[test]
fn a_site_that_was_not_built_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = CachedSite::new(Site::new(folder.path()));
    let question = Question {
        path: "/",
        query: None,
        if_none_match: None,
        accept_encoding: "",
        talks_to: &[],
    };
    assert!(answer(&mut site, &question).is_err());
}
