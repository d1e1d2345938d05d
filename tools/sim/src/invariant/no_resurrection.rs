//! What was deleted, overwritten or has expired does not come back, nor what a re-created key had before.
//!
//! Each value is written once. It is *seen* when its write was acknowledged at QUORUM, or when a read at QUORUM returned it, whichever came first:
//! from then on it counts, also if nobody knows what became of the write. It is *gone* when a SET or DEL that began after that was
//! acknowledged at QUORUM; then it must not be read any more.
//!
//! A value is gone, too, when the time is over that was said last: by its SET, an EXPIRE or a PERSIST. A lifetime counts unless another one was
//! acknowledged at QUORUM wholly after it; it is over at the end of its command, plus the time, plus as much as any two clocks were ever apart.
//!
//! `acknowledged_write_survives` asks the same of acknowledged values only, and also what is read instead.

use circlet_core::time::Instant;

use crate::history::{History, Lifetime, Record};

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        if records.iter().any(|record| record.adds()) {
            continue;
        }
        for read in &records {
            let Some(Some(value)) = read.read() else { continue };
            let write = records.iter().find(|write| write.written() == Some(Some(value)));
            // Members and elements have no values: whether they are there is for other checks.
            let Some(write) = write.filter(|_| !value.is_empty()) else {
                continue;
            };
            let why = if is_replaced(read, value, write, &records) {
                "had been replaced"
            } else if read.invoked > end_of_life(history, write, &records) {
                "had expired"
            } else {
                continue;
            };
            violations.push(format!(
                "resurrection: #{} read {} from {}, which {why}",
                read.command.op,
                value.escape_ascii(),
                key.escape_ascii(),
            ));
        }
    }
    violations
}

fn is_replaced(read: &Record, value: &[u8], write: &Record, records: &[&Record]) -> bool {
    let reads = records.iter().filter(|other| other.read() == Some(Some(value)));
    let seen = reads.map(|other| other.end()).fold(write.end(), Instant::min);
    let mut others = records
        .iter()
        .filter(|other| other.is_acknowledged() && other.written().is_some_and(|other| other != Some(value)));
    others.any(|other| seen < other.invoked && other.end() < read.invoked)
}

/// When what `write` wrote has expired for certain.
fn end_of_life(history: &History, write: &Record, records: &[&Record]) -> Instant {
    let says = |record: &&&Record| {
        let is_own = record.command.op == write.command.op;
        let is_of_it = record.written().is_none() && record.end() >= write.invoked;
        record.may_have_happened() && record.lifetime().is_some() && (is_own || is_of_it)
    };
    let is_outdone = |said: &Record| {
        let mut later = records.iter().filter(says);
        later.any(|other| other.is_acknowledged() && other.invoked > said.end())
    };
    let counting = records.iter().filter(says).filter(|said| !is_outdone(said));
    let ends = counting.map(|said| match said.lifetime() {
        Some(Lifetime::Ms(ms)) if said.end() < Instant::FAR_FUTURE => {
            said.end() + std::time::Duration::from_millis(ms) + history.clocks_apart
        }
        _ => Instant::FAR_FUTURE,
    });
    ends.max().unwrap_or(Instant::FAR_FUTURE)
}

#[cfg(test)]
mod tests {
    use circlet_core::stamp::Stamp;

    use super::*;
    use crate::command::{Command, Reply, What};

    /// Commands that take a millisecond each, and are acknowledged, or read this.
    fn history(ops: &[(u64, What, Option<&str>)]) -> History {
        let mut history = History::default();
        for (at, what, read) in ops {
            let op = history.begin(Instant::from_millis(*at), Command::new(b"k", what.clone()));
            let reply = match what {
                What::Get => Reply::Value(read.map(|text| text.as_bytes().to_vec())),
                _ if *read == Some("unknown") => Reply::Unknown(String::new()),
                _ => Reply::Done(Stamp::ZERO),
            };
            history.finish(Instant::from_millis(at + 1), op, reply);
        }
        history
    }

    fn set(value: &str) -> What {
        What::Set(value.into())
    }

    #[test]
    fn a_value_of_unknown_outcome_that_was_seen_and_deleted_must_not_come_back() {
        let ops = [
            (1, set("a"), Some("unknown")),
            (3, What::Get, Some("a")),
            (5, What::Delete, None),
            (7, What::Get, Some("a")),
        ];
        assert_eq!(check(&history(&ops)).len(), 1, "seen, deleted, back");
        let never_seen = [ops[0].clone(), ops[2].clone(), ops[3].clone()];
        assert_eq!(check(&history(&never_seen)), [] as [String; 0], "it happened late");
    }

    #[test]
    fn a_value_is_gone_when_the_last_word_on_its_life_is_over() {
        let life = |more: &[(u64, What, Option<&str>)]| {
            let ops = [(1, What::SetFor(b"a".to_vec(), 100), None)];
            let ops: Vec<_> = ops.iter().chain(more).cloned().collect();
            check(&history(&ops)).len()
        };
        assert_eq!(life(&[(90, What::Get, Some("a"))]), 0);
        assert_eq!(life(&[(103, What::Get, Some("a"))]), 1, "the SET's time is over");
        assert_eq!(
            life(&[(50, What::Expire(200), None), (240, What::Get, Some("a"))]),
            0,
            "the EXPIRE counts"
        );
        assert_eq!(
            life(&[(50, What::Expire(20), None), (80, What::Get, Some("a"))]),
            1,
            "and the SET's time does not any more"
        );
        assert_eq!(
            life(&[(50, What::Persist, Some("unknown")), (300, What::Get, Some("a"))]),
            0,
            "it may have been made to stay"
        );
    }
}
