//! Reads and writes of a register at QUORUM happen as if one after the other.
//!
//! Values are unique, so each write and the reads of its value make a cluster, and the cluster a zone of time: from the first end to the last
//! beginning in it. If the end comes first, the value was the register's through the whole zone (*forward*); otherwise it may have been
//! there for a moment in it (*backward*). An order exists iff no two forward zones overlap and no backward zone lies within a forward
//! one (Gibbons and Korach, Testing Shared Memories, 1997). A write of unknown outcome that nobody read is left out: it need not have
//! happened.
//!
//! Refused: searching for an order (Wing and Gong), which takes exponential time with many writes of unknown outcome.

use std::collections::BTreeMap;

use circlet_core::time::Instant;

use crate::command::What;
use crate::history::{History, Record};

#[derive(Debug, Clone, Copy)]
struct Zone {
    first_end: Instant,
    last_begin: Instant,
}

impl Zone {
    fn is_forward(self) -> bool {
        self.first_end < self.last_begin
    }

    fn low(self) -> Instant {
        self.first_end.min(self.last_begin)
    }

    fn high(self) -> Instant {
        self.first_end.max(self.last_begin)
    }
}

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        // Members and elements are all written with the same value, none.
        let is_register = |record: &&Record| match &record.command.what {
            What::Get => true,
            What::Set(value) => !value.is_empty(),
            _ => false,
        };
        if records.iter().all(is_register) {
            let zones = zones(&records);
            if let Some((a, b)) = conflict(&zones) {
                violations.push(format!(
                    "a read went back: {}: no order of {a} and {b} explains the reads",
                    key.escape_ascii()
                ));
            }
        }
    }
    violations
}

fn zones(records: &[&Record]) -> Vec<(String, Zone)> {
    let mut zones: BTreeMap<Option<&[u8]>, (Zone, bool)> = BTreeMap::new();
    // The value that was there before all.
    let begin = Zone {
        first_end: Instant::ZERO,
        last_begin: Instant::ZERO,
    };
    zones.insert(None, (begin, true));
    for record in records {
        let (value, counts) = match (record.written(), record.read()) {
            (Some(value), _) if record.may_have_happened() => (value, record.is_acknowledged()),
            (None, Some(value)) => (value, true),
            _ => continue,
        };
        let (zone, is_seen) = zones.entry(value).or_insert((
            Zone {
                first_end: record.end(),
                last_begin: record.invoked,
            },
            counts,
        ));
        zone.first_end = zone.first_end.min(record.end());
        zone.last_begin = zone.last_begin.max(record.invoked);
        *is_seen |= counts;
    }
    let name = |value: Option<&[u8]>| value.map_or("(nil)".into(), |value| value.escape_ascii().to_string());
    let seen = zones.into_iter().filter(|(_, (_, is_seen))| *is_seen);
    seen.map(|(value, (zone, _))| (name(value), zone)).collect()
}

fn conflict(zones: &[(String, Zone)]) -> Option<(&str, &str)> {
    for (index, (a_name, a)) in zones.iter().enumerate() {
        for (b_name, b) in &zones[index + 1..] {
            let is_conflict = match (a.is_forward(), b.is_forward()) {
                (true, true) => a.low() < b.high() && b.low() < a.high(),
                (true, false) => a.low() < b.low() && b.high() < a.high(),
                (false, true) => b.low() < a.low() && a.high() < b.high(),
                (false, false) => false,
            };
            if is_conflict {
                return Some((a_name, b_name));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use circlet_core::stamp::Stamp;

    use super::*;
    use crate::command::{Command, Reply};

    fn history(ops: &[(u64, u64, Option<&str>, Option<&str>)]) -> History {
        let mut history = History::default();
        let bytes = |text: &str| text.as_bytes().to_vec();
        for &(begin, end, set, get) in ops {
            let what = set.map_or(What::Get, |value| What::Set(bytes(value)));
            let op = history.begin(Instant::from_millis(begin), Command::new(b"k", what));
            let reply = match set {
                Some(_) if end == 0 => Reply::Unknown(String::new()),
                Some(_) => Reply::Done(Stamp::ZERO),
                None => Reply::Value(get.map(bytes)),
            };
            history.finish(Instant::from_millis(end.max(begin)), op, reply);
        }
        history
    }

    #[test]
    fn reads_that_go_back_and_forth_are_found() {
        let both = [(1, 9, Some("a"), None), (1, 9, Some("b"), None)];
        let order = |reads: &[(u64, u64, Option<&'static str>, Option<&'static str>)]| {
            let ops: Vec<_> = both.iter().chain(reads).copied().collect();
            check(&history(&ops)).is_empty()
        };
        assert!(order(&[
            (2, 3, None, Some("a")),
            (4, 5, None, Some("b")),
            (6, 7, None, Some("b"))
        ]));
        assert!(
            !order(&[
                (2, 3, None, Some("a")),
                (4, 5, None, Some("b")),
                (6, 7, None, Some("a"))
            ]),
            "a, b, a"
        );
        assert!(!order(&[(10, 11, None, None)]), "nothing, after two writes");
    }

    #[test]
    fn a_write_of_unknown_outcome_may_happen_late_or_never() {
        let ops = [
            (1, 0, Some("a"), None),
            (2, 3, Some("b"), None),
            (4, 5, None, Some("b")),
            (6, 7, None, Some("a")),
        ];
        assert_eq!(check(&history(&ops)), [] as [String; 0], "late");
        assert_eq!(check(&history(&ops[..3])), [] as [String; 0], "never");
    }
}
