//! Requests for tests of grammars.

use circlet_resp::{ArgRange, Args};

/// A line of words, as the arguments of a command.
pub(super) struct Line {
    text: String,
    ranges: Vec<ArgRange>,
}

impl Line {
    /// Words are separated by single spaces.
    pub(super) fn new(text: &str) -> Self {
        let mut ranges = Vec::new();
        let mut start = 0;
        for word in text.split(' ') {
            let end = start + word.len() as u32;
            ranges.extend(ArgRange::new(start, end));
            start = end + 1;
        }
        Line {
            text: text.to_owned(),
            ranges,
        }
    }

    pub(super) fn args(&self) -> Args<'_> {
        Args::new(self.text.as_bytes(), &self.ranges).unwrap_or(Args::EMPTY)
    }
}
