//! What clients asked and were told, and when: all that the checks of the promises look at.

use std::collections::{BTreeMap, BTreeSet};

use circlet_core::time::Instant;

use crate::command::{Command, Reply, What};

/// One command of a client.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) command: Command,
    pub(crate) invoked: Instant,
    /// When the reply came; none for a client that gave up.
    pub(crate) finished: Option<Instant>,
    /// None as long as, or if ever, nothing came.
    pub(crate) reply: Option<Reply>,
}

impl Record {
    /// Whether the write was acknowledged.
    pub(crate) fn is_acknowledged(&self) -> bool {
        matches!(self.reply, Some(Reply::Done(_)))
    }

    /// Whether it is a write that may have happened, or may still happen.
    pub(crate) fn may_have_happened(&self) -> bool {
        !self.command.is_read() && !matches!(self.reply, Some(Reply::Refused(_)))
    }

    /// The last moment at which it can have taken effect: never over, for a write of unknown outcome.
    pub(crate) fn end(&self) -> Instant {
        match (&self.reply, self.finished) {
            (Some(Reply::Done(_) | Reply::Value(_)), Some(finished)) => finished,
            _ => Instant::FAR_FUTURE,
        }
    }

    /// What a read read.
    pub(crate) fn read(&self) -> Option<Option<&[u8]>> {
        match &self.reply {
            Some(Reply::Value(value)) => Some(value.as_deref()),
            _ => None,
        }
    }

    /// The value that a SET or DEL leaves.
    pub(crate) fn written(&self) -> Option<Option<&[u8]>> {
        match &self.command.what {
            What::Set(value) => Some(Some(value)),
            // Schedules look at such a key only when it has expired.
            What::Delete | What::SetFor(..) => Some(None),
            What::Get | What::Incr(_) | What::Append(_) => None,
        }
    }
}

/// All commands of a run, in the order in which they were asked.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) records: Vec<Record>,
}

impl History {
    pub(crate) fn begin(&mut self, now: Instant, mut command: Command) -> usize {
        let op = self.records.len();
        command.op = op;
        self.records.push(Record {
            command,
            invoked: now,
            finished: None,
            reply: None,
        });
        op
    }

    /// The first reply counts.
    pub(crate) fn finish(&mut self, now: Instant, op: usize, reply: Reply) -> bool {
        let record = &mut self.records[op];
        let is_open = record.finished.is_none();
        if is_open {
            record.finished = Some(now);
            record.reply = Some(reply);
        }
        is_open
    }

    /// The registers and counters in order (keys, and fields of hashes), each with its records. Deleting a hash deletes each of its fields.
    pub(crate) fn places(&self) -> Vec<(Vec<u8>, Vec<&Record>)> {
        let mut fields: BTreeMap<&[u8], BTreeSet<Vec<u8>>> = BTreeMap::new();
        for record in self.records.iter().filter(|record| record.command.field.is_some()) {
            fields
                .entry(&record.command.key)
                .or_default()
                .insert(record.command.place());
        }
        let mut places: BTreeMap<Vec<u8>, Vec<&Record>> = BTreeMap::new();
        for record in &self.records {
            let command = &record.command;
            match fields.get(&command.key[..]).filter(|_| command.field.is_none()) {
                None => places.entry(command.place()).or_default().push(record),
                Some(fields) => {
                    for field in fields {
                        places.entry(field.clone()).or_default().push(record);
                    }
                }
            }
        }
        places.into_iter().collect()
    }

    /// How many replies pass.
    pub(crate) fn count(&self, which: impl Fn(&Reply) -> bool) -> usize {
        self.records
            .iter()
            .filter_map(|record| record.reply.as_ref())
            .filter(|reply| which(reply))
            .count()
    }
}
