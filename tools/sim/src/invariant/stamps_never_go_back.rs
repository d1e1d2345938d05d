//! A SET or DEL that began after another was acknowledged has no lesser stamp, if both are at QUORUM or above.
//!
//! An equal one is possible, and then its contents win; increments add up whatever their stamps.
//!
//! That no entry's generation sinks in a node's memory is checked where entries change, by the store.

use crate::command::Reply;
use crate::history::History;

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        let stamped = records.iter().filter_map(|record| match record.reply {
            Some(Reply::Done(stamp)) if record.written().is_some() && record.is_acknowledged() => {
                Some((*record, stamp))
            }
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
