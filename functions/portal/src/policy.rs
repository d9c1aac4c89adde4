//! Each page's Content-Security-Policy: our own files, its inline scripts by hash, our API and auth service.

use std::collections::HashMap;

use http::Uri;

/// What the build writes as `csp.json`: a page's file to the sources of its inline scripts.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct InlineScripts(HashMap<String, Vec<String>>);

/// What a file that is no page may do when it is opened by itself: nothing.
pub(crate) const FOR_ASSETS: &str = "default-src 'none'; frame-ancestors 'none'";

impl InlineScripts {
    /// The policy of a page that talks to the given bases. One of them that is no URL is left out, as is a source
    /// that is no hash: the page then fails loudly in the browser instead of the policy growing a hole.
    pub(crate) fn policy(&self, page: &str, talks_to: &[&str]) -> String {
        let hashes = self.0.get(page).map(Vec::as_slice).unwrap_or_default();
        let hashes = hashes.iter().filter(|source| is_hash(source));
        let scripts = sources(hashes.map(|source| format!("'{source}'")));
        let connections = sources(talks_to.iter().filter_map(|base| origin(base)));
        format!(
            "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; \
             font-src 'self'; connect-src {connections}; manifest-src 'self'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'"
        )
    }
}

fn sources(more: impl Iterator<Item = String>) -> String {
    std::iter::once("'self'".to_owned())
        .chain(more)
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_hash(source: &str) -> bool {
    source.strip_prefix("sha256-").is_some_and(|hash| {
        hash.len() == 44
            && hash
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    })
}

fn origin(base: &str) -> Option<String> {
    let base: Uri = base.parse().ok()?;
    let (scheme, authority) = (base.scheme_str()?, base.authority()?);
    // Of what an authority may hold, these alone could be read as more than one source.
    let plain = !authority.as_str().contains([';', ',', '@', '\'']);
    (plain && matches!(scheme, "http" | "https")).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha256-OBTN3RiyCV4Bq7dFqZ5a2pAXjnCcCYeTJMO2I/LYKeo=";

    fn scripts() -> InlineScripts {
        serde_json::from_value(serde_json::json!({
            "index.html": [HASH, "sha256-x'; script-src *", "unsafe-inline"],
        }))
        .unwrap()
    }

    #[test]
    fn a_page_runs_its_own_scripts_and_talks_to_our_parts() {
        let policy = scripts().policy(
            "index.html",
            &[
                "http://api.mindroom.localhost:8080",
                "https://x.supabase.co/",
            ],
        );
        assert!(
            policy.contains(&format!("script-src 'self' '{HASH}';")),
            "{policy}"
        );
        assert!(
            policy.contains(
                "connect-src 'self' http://api.mindroom.localhost:8080 https://x.supabase.co;"
            ),
            "{policy}"
        );
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn an_unknown_page_runs_no_inline_script() {
        let policy = scripts().policy(
            "new.html",
            &[
                "no url",
                "data:,x",
                "http://a;script-src",
                "http://a'b",
                "http://a,b",
            ],
        );
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(policy.contains("connect-src 'self';"), "{policy}");
    }
}
