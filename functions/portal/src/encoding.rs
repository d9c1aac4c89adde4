//! Files that the build has packed beside the originals (`portal/scripts/pack.mjs`), for clients that take them.

/// How a file may be packed, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl Encoding {
    const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Its registered name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What the packed file of `name` is called.
    pub(crate) fn file_of(self, name: &str) -> String {
        match self {
            Self::Brotli => format!("{name}.br"),
            Self::Gzip => format!("{name}.gz"),
        }
    }

    /// Those that a client takes by its `Accept-Encoding` (RFC 9110 §12.5.3), the best first. What it only takes by
    /// `*` it did not name, and gets plain.
    pub(crate) fn accepted(header: &str) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |encoding| header.split(',').any(|entry| takes(entry, encoding.name())))
    }
}

/// Whether `br;q=0.5` takes `br`; with a weight of zero it does not.
fn takes(entry: &str, name: &str) -> bool {
    let mut parts = entry.split(';').map(str::trim);
    let is_named = parts
        .next()
        .is_some_and(|given| given.eq_ignore_ascii_case(name));
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    is_named && weight.is_none_or(|weight| weight.trim().parse().is_ok_and(|q: f32| q > 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_what_they_take() {
        let accepted =
            |header| -> Vec<&str> { Encoding::accepted(header).map(Encoding::name).collect() };
        assert_eq!(accepted("gzip, deflate, br, zstd"), ["br", "gzip"]);
        assert_eq!(accepted("GZIP;q=0.5"), ["gzip"]);
        assert_eq!(accepted("br;q=0, gzip ; q=1.0"), ["gzip"]);
        for nothing in ["", "*", "identity", "brotli", "gzip;q=x", "br;q=0.000"] {
            assert_eq!(accepted(nothing), [""; 0], "{nothing}");
        }
    }
}
