//! A read at QUORUM sees the last acknowledged write, or a later one.
//!
//! What was read must be the value of some write that was not overwritten before the read began: no acknowledged write lies wholly between it
//! and the read. Nothing may be read if nothing was ever written, if a DEL explains it, or if a value expired that explains it, or an EXPIRE
//! does: at any moment from which on a clock that is as far ahead as one was may say so.
//!
//! An element of a list is known to nodes by a name of its own, which each PUSH gives anew. LREM deletes the elements of its value *that it finds*: it reads,
//! and then writes. So it replaces those PUSHes whose elements it names, and no others: where two nodes coordinate a key because they cannot reach each
//! other, the one need not find what the other has pushed (docs/design/catchup.md, "What this does not promise"; seed 10756).
//!
//! What is required of a write at ONE: that it is no other write's end. One owner's acknowledgement says nothing of a quorum, so it may show at any
//! time, or never (`set_and_hash_union` and `counters_add_up` require more once all is well, if no memory was lost).

use std::time::Duration;

use circlet_core::state::Kind;
use circlet_core::time::Instant;

use crate::command::What;
use crate::history::{History, Lifetime, Record};

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        let writes: Vec<&Record> = records
            .iter()
            .copied()
            .filter(|record| record.may_have_happened())
            .collect();
        // Counters and appends have rules of their own.
        if !writes.iter().any(|write| write.written().is_some()) || writes.iter().any(|write| write.adds()) {
            continue;
        }
        for read in &records {
            let Some(value) = read.read() else { continue };
            let is_element = matches!(&read.command.part, Some(part) if part.kind == Kind::List);
            let is_explained = if is_element {
                is_list_explained(value.is_some(), read, &writes)
            } else {
                is_explained(history, value, read, &writes)
            };
            if !is_explained {
                let value = value.map_or("(nil)".into(), |value| value.escape_ascii().to_string());
                violations.push(format!(
                    "acknowledged write lost: #{} read {value} from {}, which an acknowledged write had replaced",
                    read.command.op,
                    key.escape_ascii(),
                ));
            }
        }
    }
    violations
}

/// What is there, somebody pushed, and nobody has deleted; what is not there, somebody deleted, element by element.
fn is_list_explained(is_there: bool, read: &Record, writes: &[&Record]) -> bool {
    let deletes = || writes.iter().filter(|write| write.command.what == What::Delete);
    let is_gone = |push: &Record| {
        let mut over = deletes().filter(|delete| delete.is_acknowledged() && delete.end() < read.invoked);
        over.any(|delete| push.elements.is_subset(&delete.elements))
    };
    let may_be_gone = |push: &Record| {
        let mut begun = deletes().filter(|delete| delete.invoked <= read.end());
        begun.any(|delete| !push.elements.is_disjoint(&delete.elements))
    };
    let mut pushes = writes.iter().filter(|write| matches!(write.command.what, What::Set(_)));
    if is_there {
        // One that names nothing was never run.
        return pushes.any(|push| push.invoked <= read.end() && !push.elements.is_empty() && !is_gone(push));
    }
    let mut must_be_gone = pushes.filter(|push| push.is_acknowledged() && push.end() < read.invoked);
    must_be_gone.all(|push| may_be_gone(push))
}

fn is_explained(history: &History, value: Option<&[u8]>, read: &Record, writes: &[&Record]) -> bool {
    // An acknowledged one of the others lies wholly between.
    let is_over = |end: Instant, counts: &dyn Fn(&Record) -> bool| {
        let mut between = (writes.iter()).filter(|other| other.is_acknowledged() && counts(other));
        between.any(|other| end < other.invoked && other.end() < read.invoked)
    };
    let overwrites = |write: &Record| write.written().is_some();
    let mut by_write = (writes.iter()).filter(|write| write.written() == Some(value) && write.invoked <= read.end());
    if by_write.any(|write| !is_over(write.end(), &overwrites)) {
        return true;
    }
    if value.is_some() {
        return false;
    }
    let due = |write: &Record| match write.lifetime() {
        Some(Lifetime::Ms(ms)) => Some(write.invoked + Duration::from_millis(ms).saturating_sub(history.clocks_apart)),
        Some(Lifetime::Endless) | None => None,
    };
    let by_expiry = writes.iter().any(|write| {
        let Some(due) = due(write).filter(|due| *due <= read.end()) else {
            return false;
        };
        // A part that is written inherits the expiry of its collection.
        let counts = |other: &Record| {
            let is_of_same = other.command.part.is_none() || write.command.part.is_some();
            // A collection that has expired may live again by another part, and what is said of its expiry then is too late for this one.
            let is_in_time = read.command.part.is_none() || other.end() < due;
            is_of_same && (overwrites(other) || other.lifetime().is_some() && is_in_time)
        };
        !is_over(write.end(), &counts)
    });
    by_expiry || !is_over(Instant::ZERO, &overwrites)
}

#[cfg(test)]
mod tests {
    use circlet_core::stamp::Stamp;

    use super::*;
    use crate::command::{Command, Reply};

    /// Two PUSHes of the same value as the elements a and b, a LREM that finds these, and a read: whether it is explained.
    fn is_explained_after_two_pushes(deleted: &[&[u8]], is_read: bool) -> bool {
        let mut history = History::default();
        let mut run = |what: What, elements: &[&[u8]], reply: Reply| {
            let at = 10 * history.records.len() as u64;
            let command = Command::new(b"l", what).on(Kind::List, b"v");
            let op = history.begin(Instant::from_millis(at), command);
            history.finish(Instant::from_millis(at + 1), op, reply);
            history.records[op].elements = elements.iter().map(|name| name.to_vec()).collect();
        };
        run(What::Set(Vec::new()), &[b"a"], Reply::Done(Stamp::ZERO));
        run(What::Set(Vec::new()), &[b"b"], Reply::Done(Stamp::ZERO));
        run(What::Delete, deleted, Reply::Done(Stamp::ZERO));
        run(What::Get, &[], Reply::Value(is_read.then(Vec::new)));
        check(&history).is_empty()
    }

    /// A member that is added at 5, whose set is to expire 20 ms after 10, and is to live for long from `longer_ms` on: whether it may be missing at 200.
    fn may_be_missing(longer_ms: u64) -> bool {
        let mut history = History::default();
        let mut run = |at: u64, command: Command, reply: Reply| {
            let op = history.begin(Instant::from_millis(at), command);
            history.finish(Instant::from_millis(at + 1), op, reply);
        };
        let done = || Reply::Done(Stamp::ZERO);
        run(5, Command::new(b"s", What::Set(Vec::new())).on(Kind::Set, b"m"), done());
        run(10, Command::new(b"s", What::Expire(20)), done());
        run(longer_ms, Command::new(b"s", What::Expire(3_000)), done());
        run(
            200,
            Command::new(b"s", What::Get).on(Kind::Set, b"m"),
            Reply::Value(None),
        );
        check(&history).is_empty()
    }

    #[test]
    fn a_set_that_lives_again_by_another_member_has_not_the_one_that_expired_with_it() {
        assert!(may_be_missing(100), "it had expired by then (seed 7018)");
        assert!(!may_be_missing(15), "it was told in time");
    }

    #[test]
    fn an_element_is_there_until_it_was_deleted_by_its_own_name() {
        assert!(is_explained_after_two_pushes(&[b"b"], true), "a is left");
        assert!(!is_explained_after_two_pushes(&[b"a", b"b"], true), "none is left");
        assert!(is_explained_after_two_pushes(&[b"a", b"b"], false));
        assert!(!is_explained_after_two_pushes(&[b"b"], false), "nobody deleted a");
    }
}
