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

    /// An amount of memory, and the same for people.
    pub(super) fn put_bytes(&mut self, name: &str, bytes: u64) {
        self.put(name, bytes);
        self.put(&format!("{name}_human"), human(bytes));
    }

    /// One line.
    pub(super) fn put(&mut self, name: &str, value: impl Display) {
        let _ = write!(self.text, "{name}:{value}\r\n");
    }
}

/// Bytes in the largest unit of which there is one at least, as Redis writes them.
#[allow(clippy::cast_precision_loss, reason = "two digits behind the point are shown")]
fn human(bytes: u64) -> String {
    let units = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];
    match units.into_iter().find(|(_, shift)| bytes >> shift > 0) {
        Some((unit, shift)) => format!("{:.2}{unit}", bytes as f64 / (1_u64 << shift) as f64),
        None => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_memory_are_written_as_redis_writes_them() {
        let mut text = String::new();
        Lines::new(&mut text).put_bytes("used_memory", 1_572_864);
        assert_eq!(text, "used_memory:1572864\r\nused_memory_human:1.50M\r\n");
        let shown = [0, 1023, 1024, 1 << 30, 5 << 40].map(human);
        assert_eq!(shown, ["0B", "1023B", "1.00K", "1.00G", "5.00T"]);
    }
}
