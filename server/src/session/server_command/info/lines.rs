//! The text of INFO.

use std::fmt::{Display, Write as _};

/// `name:value` lines.
pub(super) struct Lines<'a> {
    text: &'a mut String,
}

impl<'a> Lines<'a> {
    /// Lines that are appended to a text.
    pub(super) fn new(text: &'a mut String) -> Self {
        Lines { text }
    }

    /// A section begins.
    pub(super) fn head(&mut self, name: &str) {
        let (first, rest) = name.split_at(1);
        // Writing to a string does not fail.
        let _ = write!(self.text, "# {}{rest}\r\n", first.to_ascii_uppercase());
    }

    /// One line.
    pub(super) fn put(&mut self, name: &str, value: impl Display) {
        let _ = write!(self.text, "{name}:{value}\r\n");
    }
}
