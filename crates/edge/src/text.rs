//! Texts that people write and read: names, reasons, notes.

use crate::Error;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// A text of one line, trimmed: 1 to `longest` characters, none of which is a control character.
pub fn line(field: &str, text: &str, longest: usize) -> Result<String, Error> {
    checked(field, text, longest, char::is_control)
}

/// Why an administrator does something: the [`line`] `reason`, of at most 500 characters.
pub fn reason(text: &str) -> Result<String, Error> {
    line("reason", text, LONGEST_REASON)
}

/// As [`line`], but of several lines.
pub fn lines(field: &str, text: &str, longest: usize) -> Result<String, Error> {
    checked(field, text, longest, |letter| {
        letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')
    })
}

fn checked(
    field: &str,
    text: &str,
    longest: usize,
    is_wrong: impl Fn(char) -> bool,
) -> Result<String, Error> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > longest || text.chars().any(is_wrong) {
        return Err(Error::invalid(
            field,
            format!("must have 1 to {longest} printable characters"),
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_bounded_and_printable() {
        assert_eq!(
            line("name", "  Ann O\u{2019}Hara ☃ ", 20).unwrap(),
            "Ann O\u{2019}Hara ☃"
        );
        assert!(line("name", &"ä".repeat(20), 20).is_ok());
        for wrong in ["", "   ", "a\nb", "a\u{7}b", &"a".repeat(21)] {
            assert!(line("name", wrong, 20).is_err(), "{wrong:?}");
        }
        assert_eq!(lines("notes", "one\n\ttwo\n", 20).unwrap(), "one\n\ttwo");
        assert!(lines("notes", "a\u{1b}[0m", 20).is_err());
    }
}
