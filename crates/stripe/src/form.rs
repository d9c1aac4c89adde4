//! Stripe's request bodies: form fields whose names nest by brackets (`a[b][0]`).

/// Fields in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "so that calls take numbers and texts alike"
    )]
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds the field only when there is a value: Stripe reads an empty one as "unset this".
    pub(crate) fn with_some(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds `name[key]` for each pair.
    pub(crate) fn with_map(mut self, name: &str, pairs: &[(&str, &str)]) -> Self {
        for (key, value) in pairs {
            self = self.with(&format!("{name}[{key}]"), value);
        }
        self
    }

    /// Adds another form's fields after these.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn encode(&self) -> Result<String, crate::Error> {
        serde_urlencoded::to_string(&self.0)
            .map_err(|_| crate::Error::InvalidRequest("a form field cannot be encoded"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_and_odd_values_are_escaped() {
        let form = Form::new()
            .with("line_items[0][price]", "price_1")
            .with_some("trial", None::<u32>)
            .with_map("metadata", &[("name", "Zoë & co = 1+1")]);
        assert_eq!(
            form.encode().unwrap(),
            "line_items%5B0%5D%5Bprice%5D=price_1&metadata%5Bname%5D=Zo%C3%AB+%26+co+%3D+1%2B1"
        );
    }
}
