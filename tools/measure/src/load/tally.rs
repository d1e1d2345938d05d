//! What the connections of one thread have seen.

use crate::Histogram;
use std::collections::BTreeMap;

/// Kinds of error that are told apart; further ones count as the last.
const KINDS_MAX: usize = 32;
const OTHERS: &str = "others";

/// Bytes of an error's text that are kept.
const EXAMPLE_BYTES_MAX: usize = 200;

/// Errors that begin with the same word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorKind {
    /// How many.
    pub count: u64,
    /// The text of the first.
    pub example: String,
}

/// Counts of one thread, or of a run.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Operations answered, and not with an error, while measuring.
    pub operations: u64,
    /// Those of them whose answer was nil: a key that is not there.
    pub nils: u64,
    /// Requests that were asked of another server, because one said so; in all phases. They are no errors.
    pub redirects: u64,
    /// Error replies, and requests whose connection was lost, by the first word; in all phases.
    pub errors: BTreeMap<String, ErrorKind>,
    /// Nanoseconds that operations took, while measuring: in a closed loop from the write of their batch to its last reply, in an open one
    /// from the moment at which they were due to their own.
    pub latency: Histogram,
    /// Open loop: nanoseconds after its time that each operation was handed to its connection.
    pub lateness: Histogram,
    /// Open loop: operations that were due and never sent.
    pub unsent: u64,
}

impl Tally {
    /// Adds what another thread has counted.
    pub fn merge(&mut self, other: Self) {
        self.operations += other.operations;
        self.nils += other.nils;
        self.redirects += other.redirects;
        for (kind, errors) in other.errors {
            self.add_errors(&kind, &errors.example, errors.count);
        }
        self.latency.merge(&other.latency);
        self.lateness.merge(&other.lateness);
        self.unsent += other.unsent;
    }

    /// All errors.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.errors.values().map(|errors| errors.count).sum()
    }

    /// Counts an error reply, as it came.
    pub(super) fn on_error_reply(&mut self, reply: &[u8]) {
        // A bulk error has its length on a line of its own.
        let text = match reply.split_first() {
            Some((b'!', rest)) => rest.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default(),
            Some((_, rest)) => rest,
            None => reply,
        };
        let text = String::from_utf8_lossy(&text[..text.len().min(EXAMPLE_BYTES_MAX)]);
        let text = text.trim_end();
        let kind = text.split(' ').next().unwrap_or_default();
        self.add_errors(kind, text, 1);
    }

    /// Counts errors of a kind.
    pub(super) fn add_errors(&mut self, kind: &str, example: &str, count: u64) {
        if count == 0 {
            return;
        }
        let is_known = self.errors.contains_key(kind);
        let kind = if is_known || self.errors.len() < KINDS_MAX {
            kind
        } else {
            OTHERS
        };
        let errors = self.errors.entry(kind.to_owned()).or_insert_with(|| ErrorKind {
            count: 0,
            example: example.to_owned(),
        });
        errors.count += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_their_first_word_and_keep_an_example() {
        let mut tally = Tally::default();
        tally.on_error_reply(b"-MOVED 7 127.0.0.1:1\r\n");
        tally.on_error_reply(b"-MOVED 8 127.0.0.1:2\r\n");
        tally.on_error_reply(b"!5\r\nERR x\r\n");
        let mut both = Tally::default();
        both.merge(tally.clone());
        both.merge(tally);
        let seen: Vec<_> = both
            .errors
            .iter()
            .map(|(kind, errors)| (kind.as_str(), errors.count, errors.example.as_str()))
            .collect();
        assert_eq!(seen, [("ERR", 2, "ERR x"), ("MOVED", 4, "MOVED 7 127.0.0.1:1")]);
    }

    #[test]
    fn kinds_of_error_are_bounded() {
        let mut tally = Tally::default();
        for number in 0..100 {
            tally.on_error_reply(format!("-E{number} x\r\n").as_bytes());
        }
        assert_eq!((tally.errors.len(), tally.error_count()), (KINDS_MAX + 1, 100));
    }
}
