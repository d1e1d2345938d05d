//! Clients that go after nodes which are behind: they write through one of them, and read what they wrote from a node that is not.
//!
//! A node that stays in an older epoch does harm only if it is written through in that moment, and only until others have made it good. Clients
//! that ask any node miss that moment nearly always.

use std::collections::BTreeMap;

use circlet_core::quorum::Level;

use crate::command::{Command, Reply, What};
use crate::random::Random;
use crate::world::World;

/// Aims some commands.
#[derive(Debug)]
pub(crate) struct Stalker {
    random: Random,
    /// Reads of what was sent to nodes that are behind, by the op that they follow.
    sent: BTreeMap<usize, Command>,
    /// Those that are due.
    due: Vec<Command>,
}

impl Stalker {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            random,
            sent: BTreeMap::new(),
            due: Vec::new(),
        }
    }

    /// Where a command goes instead, and which one: a read that is due goes first.
    pub(crate) fn aim(&mut self, world: &World, place: usize, command: Command) -> (usize, Command) {
        let (behind, ahead) = (world.running_members(true), world.running_members(false));
        if behind.is_empty() {
            self.due.clear();
            return (place, command);
        }
        if let Some(read) = self.due.pop()
            && !ahead.is_empty()
        {
            return (ahead[self.random.index(ahead.len())], read);
        }
        let trapped = world.trapped().first().filter(|place| behind.contains(place));
        if let Some(&trapped) = trapped
            && !command.is_read()
            && self.random.chance(500)
        {
            return (trapped, command);
        }
        if !command.is_read() && self.random.chance(700) {
            return (behind[self.random.index(behind.len())], command);
        }
        (place, command)
    }

    /// It was sent there.
    pub(crate) fn on_sent(&mut self, world: &World, op: usize, place: usize, command: &Command) {
        let is_shown = matches!(command.what, What::Set(_) | What::SetFor(..) | What::Incr(_)) && command.key != b"q";
        if is_shown && world.running_members(true).contains(&place) {
            let read = Command {
                what: What::Get,
                ..command.clone()
            };
            self.sent.insert(op, read.at(Level::Quorum));
        }
    }

    /// It is over.
    pub(crate) fn on_finished(&mut self, world: &World, op: usize) {
        let is_done = matches!(world.history.records[op].reply, Some(Reply::Done(_)));
        if let Some(read) = self.sent.remove(&op).filter(|_| is_done) {
            self.due.push(read);
        }
    }
}
