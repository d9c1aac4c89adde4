//! What a rule found: where, what is wrong, and what to do about it.

use std::fmt;

use anyhow::{Result, bail};

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    place: String,
    wrong: String,
    remedy: String,
}

impl Finding {
    /// At `place` (a file, below the root), something is wrong; `remedy` says what to do.
    pub(super) fn new(
        place: impl Into<String>,
        wrong: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            wrong: wrong.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    {}", self.place, self.wrong, self.remedy)
    }
}

/// Fails with all that the rules found, each under its rule's name; nothing found is success.
pub(super) fn refuse(found: &[(&str, Vec<Finding>)]) -> Result<()> {
    let lines: Vec<String> = found
        .iter()
        .flat_map(|(rule, findings)| findings.iter().map(move |one| format!("[{rule}] {one}")))
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    bail!(
        "the architecture's rules are broken, findings: {} (docs/checks.md says why the rules are there)\n{}",
        lines.len(),
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_findings_are_told_at_once_with_their_rules() {
        let one = Finding::new("a.rs:1", "is wrong", "mend it");
        let other = Finding::new("b.rs", "is bad", "leave it");
        let text = refuse(&[("first", vec![one]), ("second", vec![other])])
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("[first] a.rs:1: is wrong\n    mend it"),
            "{text}"
        );
        assert!(text.contains("[second] b.rs"), "{text}");
        assert!(refuse(&[("first", vec![])]).is_ok());
    }
}
