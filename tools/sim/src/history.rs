//! What clients asked and were told, and when: all that the checks of the promises look at.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use circlet_core::quorum::Level;
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
    /// The elements of a list that it pushed or deleted, in any of its attempts, by the names that nodes know them by: told to the checks, not to
    /// clients.
    pub(crate) elements: BTreeSet<Vec<u8>>,
}

impl Record {
    /// Whether the write was acknowledged at a level that promises that it survives.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.is_acknowledged_at_any() && self.command.level != Level::One
    }

    /// Whether the write was acknowledged, be it by one owner.
    pub(crate) fn is_acknowledged_at_any(&self) -> bool {
        matches!(self.reply, Some(Reply::Done(_)))
    }

    /// Whether it is a write that may have happened, or may still happen.
    pub(crate) fn may_have_happened(&self) -> bool {
        !self.command.is_read() && !matches!(self.reply, Some(Reply::Refused(_)))
    }

    /// The last moment at which it can have taken effect for those who ask a quorum: never over, for a write of unknown outcome, and for one that
    /// one owner has acknowledged.
    pub(crate) fn end(&self) -> Instant {
        let is_over = self.is_acknowledged() || matches!(self.reply, Some(Reply::Value(_)));
        self.finished.filter(|_| is_over).unwrap_or(Instant::FAR_FUTURE)
    }

    /// What a read read, if it asked a quorum.
    pub(crate) fn read(&self) -> Option<Option<&[u8]>> {
        match &self.reply {
            Some(Reply::Value(value)) if self.command.level != Level::One => Some(value.as_deref()),
            _ => None,
        }
    }

    /// The value that it leaves, if it overwrites whatever there was.
    pub(crate) fn written(&self) -> Option<Option<&[u8]>> {
        match &self.command.what {
            What::Set(value) | What::SetFor(value, _) => Some(Some(value)),
            What::Delete => Some(None),
            What::Get | What::Incr(_) | What::Append(_) | What::Expire(_) | What::Persist | What::Pop => None,
        }
    }

    /// How long what it wrote, or found, lives from then on; nothing at all for one that says nothing of it, as a write of a part says nothing of
    /// the collection's life.
    pub(crate) fn lifetime(&self) -> Option<Lifetime> {
        match self.command.what {
            What::SetFor(_, ms) | What::Expire(ms) => Some(Lifetime::Ms(ms)),
            What::Set(_) if self.command.part.is_some() => None,
            What::Set(_) | What::Persist => Some(Lifetime::Endless),
            _ => None,
        }
    }

    /// Whether it adds to what is there.
    pub(crate) fn adds(&self) -> bool {
        matches!(self.command.what, What::Incr(_) | What::Append(_))
    }

    /// Whether it may make a part or key disappear.
    pub(crate) fn may_remove(&self) -> bool {
        let removes = matches!(
            self.command.what,
            What::Delete | What::SetFor(..) | What::Expire(_) | What::Pop
        );
        removes && self.may_have_happened()
    }
}

/// How long something lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    Ms(u64),
    Endless,
}

/// All commands of a run, in the order in which they were asked.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) records: Vec<Record>,
    /// Whether a node lost its memory at some time.
    pub(crate) is_memory_lost: bool,
    /// How far any two civil clocks were apart at most.
    pub(crate) clocks_apart: Duration,
    /// When all was well again, and everything had become quiet.
    pub(crate) rested: Option<Instant>,
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
            elements: BTreeSet::new(),
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
        for record in self.records.iter().filter(|record| record.command.part.is_some()) {
            fields
                .entry(&record.command.key)
                .or_default()
                .insert(record.command.place());
        }
        let mut places: BTreeMap<Vec<u8>, Vec<&Record>> = BTreeMap::new();
        for record in &self.records {
            let command = &record.command;
            match fields.get(&command.key[..]).filter(|_| command.part.is_none()) {
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

    /// Whether the record is of a time when everything that can be made good was.
    pub(crate) fn is_at_rest(&self, record: &Record) -> bool {
        self.rested.is_some_and(|rested| record.invoked >= rested)
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
