//! Text with `{{ name }}` in it, as component variables and allowed hosts may have.

use anyhow::{Context as _, Result, bail};

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

impl Template {
    /// Reads `text`; an opening without its closing (or the reverse) is an error.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("{{") {
            push_literal(&mut parts, literal)?;
            let (name, after) = after.split_once("}}").context("`{{` without `}}`")?;
            let name = name.trim();
            super::variables::check_name(name).map_err(anyhow::Error::msg)?;
            parts.push(Part::Variable(name.to_owned()));
            rest = after;
        }
        push_literal(&mut parts, rest)?;
        Ok(Self(parts))
    }

    /// The text with every variable put in; an unknown variable is an error that names it.
    pub(crate) fn resolve<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> Result<String> {
        let mut text = String::new();
        for part in &self.0 {
            text.push_str(match part {
                Part::Literal(literal) => literal,
                Part::Variable(name) => value(name)
                    .with_context(|| format!("`{name}` is not a variable of the application"))?,
            });
        }
        Ok(text)
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: &str) -> Result<()> {
    if literal.contains("}}") {
        bail!("`}}}}` without `{{{{`");
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<String> {
        Template::parse(text)?.resolve(|name| match name {
            "host" => Some("db"),
            "port" => Some("5432"),
            "braces" => Some("{{ host }}"),
            _ => None,
        })
    }

    #[test]
    fn variables_are_put_in() {
        assert_eq!(
            resolved("postgres://{{ host }}:{{port}}").unwrap(),
            "postgres://db:5432"
        );
        assert_eq!(resolved("plain { text }").unwrap(), "plain { text }");
        assert_eq!(resolved("").unwrap(), "");
    }

    #[test]
    fn values_are_not_templates() {
        assert_eq!(resolved("{{ braces }}").unwrap(), "{{ host }}");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            resolved("{{ other }}")
                .unwrap_err()
                .to_string()
                .contains("other")
        );
        assert!(Template::parse("{{ host").is_err());
        assert!(Template::parse("host }}").is_err());
        assert!(Template::parse("{{ }}").is_err());
        assert!(Template::parse("{{ Not-a-name }}").is_err());
    }
}
