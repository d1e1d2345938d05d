//! No increment is lost, none counts twice, and none comes back.
//!
//! Whenever a counter is read at QUORUM: all that was acknowledged at QUORUM before the read began, and cannot have been deleted or have expired since, is
//! in it; and nothing that was not asked for, or that is gone for certain. All increments are positive.
//!
//! An acknowledged increment *is gone* once a DEL that began after it was acknowledged, or once the time is over that an acknowledged EXPIRE gave to the
//! counter, as long as nothing may have given it another: at the end of that command, plus the time, plus as much as any two clocks were ever apart. It
//! *may be gone* once a DEL has begun that was not over before it, or once the time of an EXPIRE may be over. What comes after the expiry is another counter.
//!
//! A DEL of unknown outcome may take an expiry away that was given since, and not what was added (seed 2868).
//!
//! What was acknowledged at ONE is required once all is well, and only if no node lost its memory: that owner may have been the only one to
//! have it; and only of counters that are not deleted and do not expire.

use std::time::Duration;

use circlet_core::time::Instant;

use crate::command::What;
use crate::history::{History, Lifetime, Record};

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
        let ends = Ends::of(history, &records);
        for read in &records {
            let Some(value) = read.read() else { continue };
            let text = value.map_or("0".into(), String::from_utf8_lossy);
            let value: i64 = text.parse().unwrap_or(i64::MIN);
            let at_one_too = ends.is_endless() && history.is_at_rest(read) && !history.is_memory_lost;
            let there = increments.iter().filter(|(add, _)| {
                let is_before = add.is_acknowledged() && add.end() < read.invoked && !ends.may_be_gone(add, read);
                is_before || at_one_too && add.is_acknowledged_at_any()
            });
            let least: i64 = there.map(|(_, by)| by).sum();
            let asked = increments.iter().filter(|(add, _)| add.invoked < read.end());
            let possible = asked.filter(|(add, _)| !ends.is_gone(add, read));
            let most: i64 = possible.map(|(_, by)| by).sum();
            if !(least..=most).contains(&value) {
                violations.push(format!(
                    "counter: {}: #{} read {text}, but {least} must be there and {most} may",
                    key.escape_ascii(),
                    read.command.op,
                ));
            }
        }
    }
    violations
}

/// What ends a counter's life.
struct Ends<'a> {
    deletes: Vec<&'a Record>,
    /// Each EXPIRE and PERSIST, with its time if it has one.
    lifetimes: Vec<(&'a Record, Option<Duration>)>,
    clocks_apart: Duration,
}

impl<'a> Ends<'a> {
    fn of(history: &History, records: &[&'a Record]) -> Self {
        let happened = records.iter().copied().filter(|record| record.may_have_happened());
        let (mut deletes, mut lifetimes) = (Vec::new(), Vec::new());
        for record in happened {
            match record.lifetime() {
                _ if record.written() == Some(None) => deletes.push(record),
                Some(Lifetime::Ms(ms)) => lifetimes.push((record, Some(Duration::from_millis(ms)))),
                Some(Lifetime::Endless) => lifetimes.push((record, None)),
                None => {}
            }
        }
        Self {
            deletes,
            lifetimes,
            clocks_apart: history.clocks_apart,
        }
    }

    fn is_endless(&self) -> bool {
        self.deletes.is_empty() && self.lifetimes.is_empty()
    }

    /// Whether the acknowledged increment `add` may be missing for `read`.
    fn may_be_gone(&self, add: &Record, read: &Record) -> bool {
        let mut deletes = self.deletes.iter();
        deletes.any(|delete| delete.end() >= add.invoked && delete.invoked <= read.end())
            || self.lifetimes.iter().any(|&(said, time)| {
                let Some(time) = time else { return false };
                let earliest = said.invoked + time.saturating_sub(self.clocks_apart);
                let is_over_before = said.end() < Instant::FAR_FUTURE && self.latest(said, time) < add.invoked;
                earliest <= read.end() && !is_over_before && !self.is_outdone(said, earliest)
            })
    }

    /// Whether the increment `add` must be missing for `read`.
    fn is_gone(&self, add: &Record, read: &Record) -> bool {
        let is_after = |end: &Record| end.is_acknowledged() && end.invoked > add.end();
        let mut deletes = self.deletes.iter();
        deletes.any(|delete| is_after(delete) && delete.end() < read.invoked)
            || self.lifetimes.iter().any(|&(said, time)| {
                let Some(time) = time.filter(|_| is_after(said)) else {
                    return false;
                };
                let latest = self.latest(said, time);
                // Another one, before it was over.
                let mut others = self
                    .lifetimes
                    .iter()
                    .filter(|(other, _)| other.command.op != said.command.op);
                let may_last = others.any(|(other, _)| other.end() >= said.invoked && other.invoked <= latest);
                // An expiry belongs to a generation, and goes with it: increments after a DEL that it had not seen outlive it.
                let mut deletes = self.deletes.iter();
                let may_last =
                    may_last || deletes.any(|delete| delete.end() >= said.invoked && delete.invoked <= latest);
                latest < read.invoked && !may_last
            })
    }

    /// Whether another lifetime was acknowledged after `said` and before that was over at the `earliest`.
    fn is_outdone(&self, said: &Record, earliest: Instant) -> bool {
        let mut others = self.lifetimes.iter();
        others.any(|(other, _)| other.is_acknowledged() && other.invoked > said.end() && other.end() < earliest)
    }

    /// When it is over by all clocks what the acknowledged `said` gave `time` to.
    fn latest(&self, said: &Record, time: Duration) -> Instant {
        said.end() + time + self.clocks_apart
    }
}

#[cfg(test)]
mod tests {
    use circlet_core::stamp::Stamp;

    use super::*;
    use crate::command::{Command, Reply};

    /// Commands that take a millisecond each, and then a read at `at` that reads this: whether it may.
    fn may_be_read(ops: &[(u64, What, bool)], at: u64, read: &str) -> bool {
        let mut history = History {
            clocks_apart: Duration::from_millis(10),
            ..History::default()
        };
        for (at, what, is_known) in ops {
            let op = history.begin(Instant::from_millis(*at), Command::new(b"c", what.clone()));
            let reply = if *is_known {
                Reply::Done(Stamp::ZERO)
            } else {
                Reply::Unknown(String::new())
            };
            history.finish(Instant::from_millis(at + 1), op, reply);
        }
        let op = history.begin(Instant::from_millis(at), Command::new(b"c", What::Get));
        history.finish(Instant::from_millis(at + 1), op, Reply::Value(Some(read.into())));
        check(&history).is_empty()
    }

    #[test]
    fn an_expired_counter_does_not_come_back() {
        let ops = [(1, What::Incr(5), true), (10, What::Expire(100), true)];
        assert!(may_be_read(&ops, 90, "5") && !may_be_read(&ops, 90, "0"), "it lives");
        assert!(
            may_be_read(&ops, 115, "5") && may_be_read(&ops, 115, "0"),
            "as the clocks are"
        );
        assert!(
            may_be_read(&ops, 130, "0") && !may_be_read(&ops, 130, "5"),
            "it is over"
        );
        let anew = [&ops[..], &[(130, What::Incr(2), true)]].concat();
        assert!(
            may_be_read(&anew, 140, "2") && !may_be_read(&anew, 140, "7"),
            "it begins anew"
        );
        assert!(!may_be_read(&anew, 5_000, "0"), "and without an expiry");
    }

    #[test]
    fn what_was_said_last_of_its_life_counts() {
        let ops = [
            (1, What::Incr(5), true),
            (10, What::Expire(100), true),
            (50, What::Persist, true),
        ];
        assert!(may_be_read(&ops, 500, "5") && !may_be_read(&ops, 500, "0"));
        let unknown = [ops[0].clone(), ops[1].clone(), (50, What::Persist, false)];
        assert!(
            may_be_read(&unknown, 500, "5") && may_be_read(&unknown, 500, "0"),
            "nobody knows"
        );
    }

    #[test]
    fn a_deleted_counter_begins_anew() {
        let ops = [
            (1, What::Incr(5), true),
            (10, What::Delete, true),
            (20, What::Incr(1), true),
        ];
        assert!(may_be_read(&ops, 30, "1") && !may_be_read(&ops, 30, "6") && !may_be_read(&ops, 30, "0"));
        let late = [(1, What::Incr(5), false), ops[1].clone(), ops[2].clone()];
        assert!(may_be_read(&late, 30, "6"), "it may come in late");
    }
}
