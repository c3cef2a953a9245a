//! Labels and values in two columns.

/// Lines of `label  value`, the values in one column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// No lines yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "twenty callers read better without `&`")]
    pub fn line(mut self, label: &str, value: impl ToString) -> Self {
        self.0.push((label.to_owned(), value.to_string()));
        self
    }

    /// Adds a line where there is a value.
    #[must_use]
    pub fn maybe(self, label: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.line(label, value),
            None => self,
        }
    }

    /// These lines and then those of `other`.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// All in one line: `label value, label value`.
    pub fn in_one_line(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().map(|(label, value)| format!("{label} {value}")).collect();
        parts.join(", ")
    }

    /// The lines, without the last line break.
    pub fn render(&self) -> String {
        let width = self.0.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let lines: Vec<String> =
            self.0.iter().map(|(label, value)| format!("{label:width$}  {value}")).collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_one_column_and_absent_ones_are_left_out() {
        let fields = Fields::new().line("a", 1).maybe("none", None::<u8>).line("long", "x");
        assert_eq!(fields.render(), "a     1\nlong  x");
        assert_eq!(fields.in_one_line(), "a 1, long x");
    }
}
