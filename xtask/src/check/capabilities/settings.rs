//! Which variables sources read: `settings.get("name")`, `settings.parsed("name")` and `settings.required("name")`.

use super::super::finding::Finding;
use super::super::tree::sources::SourceFile;
use super::super::tree::tokens::Token;

/// How the component's variables are called where they are read.
const RECEIVERS: &[&str] = &["settings", "Settings"];
/// The file of `edge` where the reader itself is `self`.
const READER: &str = "crates/edge/src/settings.rs";
/// What reads a variable.
const METHODS: &[&str] = &["get", "parsed", "required"];

/// One reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) variable: String,
    pub(super) place: String,
}

/// The readings in these files, and those whose variable cannot be told.
pub(super) fn readings(files: &[SourceFile]) -> (Vec<Reading>, Vec<Finding>) {
    let (mut read, mut unclear) = (Vec::new(), Vec::new());
    for file in files {
        for five in file
            .tokens
            .windows(5)
            .filter(|five| is_reading(five, &file.path))
        {
            let place = file.at(five[2].line);
            match five[4].text() {
                Some(variable) => read.push(Reading {
                    variable: variable.to_owned(),
                    place,
                }),
                None if file.path == READER => {} // one reader goes by way of the other
                None => unclear.push(Finding::new(
                    place,
                    "reads a variable whose name cannot be told",
                    "write the variable's name there as a literal, so that its need can be seen",
                )),
            }
        }
    }
    (read, unclear)
}

fn is_reading(five: &[Token], path: &str) -> bool {
    let receiver = five[0].is_any(RECEIVERS) || path == READER && five[0].is_name("self");
    receiver && five[1].is_mark('.') && five[2].is_any(METHODS) && five[3].is_mark('(')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Vec<SourceFile> {
        vec![SourceFile::parse(path, text).unwrap()]
    }

    #[test]
    fn readings_are_found_however_they_are_written() {
        let text = "fn f() {\n cx.settings.required(\"one\");\n let settings = &cx.settings;\n settings\n.get(\"two\");\n\
                    Settings.get(\"three\"); join!(self.settings.parsed(\"four\")); headers.get(\"five\"); }";
        let (read, unclear) = readings(&file("functions/a/src/lib.rs", text));
        let names: Vec<&str> = read.iter().map(|one| one.variable.as_str()).collect();
        assert_eq!(names, ["one", "two", "three", "four"]);
        assert_eq!(read[1].place, "functions/a/src/lib.rs:5");
        assert_eq!(unclear, []);
    }

    #[test]
    fn a_name_that_is_no_literal_is_told() {
        let text = "fn f() { cx.settings.get(NAME); self.get(\"own\"); }";
        let (read, unclear) = readings(&file("functions/a/src/lib.rs", text));
        assert_eq!((read.len(), unclear.len()), (0, 1));
        let (read, unclear) = readings(&file(
            READER,
            "fn f() { self.get(name); self.get(\"own\"); }",
        ));
        assert_eq!((read.len(), unclear.len()), (1, 0));
    }
}
