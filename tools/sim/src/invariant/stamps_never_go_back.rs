//! A SET or DEL that began after another was acknowledged has no lesser stamp, if both are at QUORUM or above.
//!
//! An equal one is possible, and then its contents win; increments add up whatever their stamps. So do the elements of a list: each PUSH writes one of its
//! own, which no stamp of another one's outranks.
//!
//! That no entry's generation sinks in a node's memory is checked where entries change, by the store.

use circlet_core::state::Kind;

use crate::command::Reply;
use crate::history::{History, Record};

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        let outranks = |record: &Record| {
            let is_element = record.command.kind() == Some(Kind::List);
            record.written().is_some() && record.is_acknowledged() && !is_element
        };
        let stamped = records.iter().filter_map(|record| match record.reply {
            Some(Reply::Done(stamp)) if outranks(record) => Some((*record, stamp)),
            _ => None,
        });
        let stamped: Vec<_> = stamped.collect();
        for (earlier, first) in &stamped {
            for (later, second) in &stamped {
                if earlier.end() < later.invoked && second < first {
                    violations.push(format!(
                        "stamps went back: {}: #{} at {first}, then #{} at {second}",
                        key.escape_ascii(),
                        earlier.command.op,
                        later.command.op,
                    ));
                }
            }
        }
    }
    violations
}
