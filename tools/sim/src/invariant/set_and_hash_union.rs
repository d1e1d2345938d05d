//! Nothing that can be kept is dropped: what was added on two sides is all there once all is well.
//!
//! Required of each field, member, element and key that nobody removed, nor let expire, be it with an unknown outcome: if a write of it was
//! acknowledged at QUORUM or ALL, it is there. If no node lost its memory during the run, this is required of writes acknowledged at ONE, too; otherwise
//! the owner that acknowledged may have been the only one to have it, and lost it.
//!
//! Which of several values is there is not asked here: between two sides the last writer wins.

use crate::history::History;

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        if records.iter().any(|record| record.may_remove()) {
            continue;
        }
        let must_be_there = records.iter().any(|record| {
            let at_one = record.is_acknowledged_at_any() && !history.is_memory_lost;
            at_one || record.is_acknowledged()
        });
        let reads = records.iter().filter(|read| history.is_at_rest(read));
        for read in reads.filter(|read| must_be_there && read.read() == Some(None)) {
            violations.push(format!(
                "not merged: #{} finds nothing at {}, which was added and not removed",
                read.command.op,
                key.escape_ascii(),
            ));
        }
    }
    violations
}
