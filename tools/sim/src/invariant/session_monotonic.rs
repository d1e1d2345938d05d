//! Who has seen something at QUORUM never sees less of it afterwards, and nobody else does.
//!
//! Of registers `reads_never_go_back` asks more than this. Here are the others: a counter that nobody deletes is never read smaller than a read before
//! returned, acknowledged or not; a field, member, element or key that nobody removes is there from when it was first seen.

use crate::history::{History, Record};

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        if records.iter().any(|record| record.may_remove()) {
            continue;
        }
        let is_counter = records.iter().any(|record| record.adds());
        let mut reads: Vec<&Record> = (records.iter().copied())
            .filter(|record| record.read().is_some())
            .collect();
        reads.sort_by_key(|read| read.end());
        for (index, later) in reads.iter().enumerate() {
            let mut before = reads[..index].iter().filter(|earlier| earlier.end() < later.invoked);
            if let Some(earlier) = before.find(|earlier| rank(earlier, is_counter) > rank(later, is_counter)) {
                violations.push(format!(
                    "less is seen: {}: #{} after #{}",
                    key.escape_ascii(),
                    later.command.op,
                    earlier.command.op,
                ));
            }
        }
    }
    violations
}

/// How much was seen: whether something is there, and how large a number.
fn rank(read: &Record, is_counter: bool) -> (bool, i64) {
    let value = read.read().flatten();
    let number = value.filter(|_| is_counter).and_then(|text| str::from_utf8(text).ok());
    (value.is_some(), number.and_then(|text| text.parse().ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use circlet_core::stamp::Stamp;
    use circlet_core::time::Instant;

    use super::*;
    use crate::command::{Command, Reply, What};

    #[test]
    fn a_counter_that_shrinks_is_found_and_one_that_grows_is_not() {
        let read = |values: [i64; 2]| {
            let mut history = History::default();
            let op = history.begin(Instant::from_millis(1), Command::new(b"c", What::Incr(5)));
            history.finish(Instant::from_millis(2), op, Reply::Done(Stamp::ZERO));
            for (at, value) in [3, 5].into_iter().zip(values) {
                let op = history.begin(Instant::from_millis(at), Command::new(b"c", What::Get));
                let reply = Reply::Value(Some(value.to_string().into_bytes()));
                history.finish(Instant::from_millis(at + 1), op, reply);
            }
            check(&history).len()
        };
        assert_eq!(read([5, 7]), 0);
        assert_eq!(read([7, 5]), 1);
    }
}
