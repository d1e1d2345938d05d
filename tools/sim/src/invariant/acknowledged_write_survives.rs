//! A read at QUORUM sees the last acknowledged write, or a later one.
//!
//! What was read must be the value of some write that was not overwritten before the read began: no acknowledged write lies wholly between it
//! and the read. So a lost write, and a deleted or overwritten value that comes back, are the same violation.

use circlet_core::time::Instant;

use crate::history::{History, Record};

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        let writes: Vec<&Record> = records
            .iter()
            .copied()
            .filter(|record| record.written().is_some() && record.may_have_happened())
            .collect();
        // Counters and appends have rules of their own.
        if writes.is_empty() {
            continue;
        }
        for read in &records {
            let Some(value) = read.read() else { continue };
            if !is_explained(value, read, &writes) {
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

fn is_explained(value: Option<&[u8]>, read: &Record, writes: &[&Record]) -> bool {
    let never_written = value.is_none().then_some(Instant::ZERO);
    let ends = writes
        .iter()
        .filter(|write| write.written() == Some(value) && write.invoked <= read.end())
        .map(|write| write.end());
    never_written.into_iter().chain(ends).any(|end| {
        !writes
            .iter()
            .any(|other| other.is_acknowledged() && end < other.invoked && other.end() < read.invoked)
    })
}
