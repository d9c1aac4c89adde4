//! What was measured, beside what it should be.

use std::fmt::Write as _;

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aim {
    AtLeast(f64),
    AtMost(f64),
    /// Told for orientation.
    None,
}

/// One figure with all its samples.
struct Row {
    what: String,
    unit: &'static str,
    aim: Aim,
    samples: Vec<f64>,
}

/// All figures of a run.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a figure; one without a sample was not measured and is left out.
    pub(super) fn add(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        aim: Aim,
        samples: Vec<f64>,
    ) {
        if samples.is_empty() {
            return;
        }
        let row = Row {
            what: what.into(),
            unit,
            aim,
            samples,
        };
        eprintln!("{}", row.line());
        self.rows.push(row);
    }

    /// Prints it, as docs/bench.md holds it.
    pub(super) fn print(&self) {
        println!("| figure | aim | median | spread | reached |\n| --- | --- | --- | --- | --- |");
        for row in &self.rows {
            println!("{}", row.line());
        }
    }
}

impl Row {
    fn line(&self) -> String {
        let median = median(&self.samples);
        let (aim, reached) = match self.aim {
            Aim::AtLeast(least) => (format!("≥ {}", number(least)), yes(median >= least)),
            Aim::AtMost(most) => (format!("≤ {}", number(most)), yes(median <= most)),
            Aim::None => (String::new(), ""),
        };
        let mut line = format!("| {} | {aim} | {}", self.what, number(median));
        if !self.unit.is_empty() {
            // writing to a string cannot fail
            let _ = write!(line, " {}", self.unit);
        }
        let least = self.samples.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self
            .samples
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let _ = write!(
            line,
            " | {} … {} | {reached} |",
            number(least),
            number(most)
        );
        line
    }
}

fn yes(reached: bool) -> &'static str {
    if reached { "yes" } else { "**no**" }
}

/// The sample in the middle.
pub(super) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.get(middle) {
        None => f64::NAN,
        Some(upper) if sorted.len().is_multiple_of(2) => f64::midpoint(sorted[middle - 1], *upper),
        Some(only) => *only,
    }
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_the_median_reached_the_aim() {
        let row = |aim| Row {
            what: "speed".to_owned(),
            unit: "req/s",
            aim,
            samples: vec![4510.4, 4400.0, 4600.0],
        };
        let line = row(Aim::AtLeast(4500.0)).line();
        assert_eq!(line, "| speed | ≥ 4500 | 4510 req/s | 4400 … 4600 | yes |");
        assert!(row(Aim::AtMost(4500.0)).line().contains("**no**"));
        assert!(row(Aim::None).line().ends_with("|  |"));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }
}
