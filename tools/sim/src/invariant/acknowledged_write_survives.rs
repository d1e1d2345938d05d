//! A read at QUORUM sees the last acknowledged write, or a later one.
//!
//! What was read must be the value of some write that was not overwritten before the read began: no acknowledged write lies wholly between it
//! and the read. Nothing may be read if nothing was ever written, if a DEL explains it, or if a value expired that explains it, or an EXPIRE
//! does: at any moment from which on a clock that is as far ahead as one was may say so.
//!
//! What is required of a write at ONE: that it is no other write's end. One owner's acknowledgement says nothing of a quorum, so it may show at any
//! time, or never (`set_and_hash_union` and `counters_add_up` require more once all is well, if no memory was lost).

use std::time::Duration;

use circlet_core::time::Instant;

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
            if !is_explained(history, value, read, &writes) {
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
    let mut by_expiry = writes.iter().filter(|write| match write.lifetime() {
        Some(Lifetime::Ms(ms)) => {
            let least = Duration::from_millis(ms).saturating_sub(history.clocks_apart);
            write.invoked + least <= read.end()
        }
        Some(Lifetime::Endless) | None => false,
    });
    let by_expiry = by_expiry.any(|write| {
        // A part that is written inherits the expiry of its collection.
        let counts = |other: &Record| {
            let is_of_same = other.command.part.is_none() || write.command.part.is_some();
            is_of_same && (overwrites(other) || other.lifetime().is_some())
        };
        !is_over(write.end(), &counts)
    });
    by_expiry || !is_over(Instant::ZERO, &overwrites)
}
