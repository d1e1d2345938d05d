//! No increment is lost, and none counts twice.
//!
//! Whenever a counter is read at QUORUM: all that was acknowledged at QUORUM before the read began is in it, and nothing that was not asked for.
//! All increments are positive.
//!
//! What was acknowledged at ONE is required once all is well, and only if no node lost its memory: that owner may have been the only one to
//! have it. Of a counter that is deleted, or expires, only the upper bound is required.

use crate::command::What;
use crate::history::History;

pub(super) fn check(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (key, records) in history.places() {
        let increments: Vec<_> = records
            .iter()
            .filter_map(|record| match record.command.what {
                What::Incr(by) if record.may_have_happened() => Some((*record, by)),
                _ => None,
            })
            .collect();
        if increments.is_empty() {
            continue;
        }
        let is_mortal = records.iter().any(|record| record.may_remove());
        for read in &records {
            let Some(value) = read.read() else { continue };
            let text = value.map_or("0".into(), String::from_utf8_lossy);
            let value: i64 = text.parse().unwrap_or(i64::MIN);
            let at_one_too = history.is_at_rest(read) && !history.is_memory_lost;
            let before = increments.iter().filter(|(add, _)| {
                let is_before = add.is_acknowledged() && add.end() < read.invoked;
                is_before || at_one_too && add.is_acknowledged_at_any()
            });
            let least: i64 = if is_mortal { 0 } else { before.map(|(_, by)| by).sum() };
            let asked = increments.iter().filter(|(add, _)| add.invoked < read.end());
            let most: i64 = asked.map(|(_, by)| by).sum();
            if !(least..=most).contains(&value) {
                violations.push(format!(
                    "counter: {}: #{} read {text}, but {least} was acknowledged and {most} asked for",
                    key.escape_ascii(),
                    read.command.op,
                ));
            }
        }
    }
    violations
}
