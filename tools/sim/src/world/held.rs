//! Letters that arrive much later than what was sent after them.
//!
//! A connection keeps its order, but a node that finds it silent dials another one, and what waits on the first, in a socket that nobody
//! has read yet, comes in when much has been said on the second: also when its sender is no more.

use super::World;
use crate::letter::{Letter, Parcel};

/// Which letters are late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Late {
    /// Those of this name: fixed schedules hold back what they are about.
    Named(&'static str),
    /// All on this connection.
    On(u64),
    /// All on connections that the sender has dialled, or will.
    Dialled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hold {
    from: usize,
    to: usize,
    late: Late,
}

#[derive(Debug)]
pub(super) struct Held {
    from: usize,
    to: usize,
    connection: u64,
    letter: Letter,
}

impl Hold {
    fn holds(&self, from: usize, to: usize, connection: u64, letter: &Letter) -> bool {
        let is_late = match self.late {
            Late::Named(name) => letter.name() == name,
            Late::On(number) => connection == number,
            Late::Dialled => crate::node::dialer_of(connection) == from,
        };
        (self.from, self.to) == (from, to) && is_late
    }
}

impl World {
    /// Holds back such letters from one node to the other from now on.
    pub(crate) fn hold(&mut self, from: usize, to: usize, late: Late) {
        self.trace
            .note(self.now, format_args!("{from} -> {to}: {late:?} is held back"));
        self.holds.push(Hold { from, to, late });
    }

    /// Holds back what comes on the connection that one node has dialled to the other.
    pub(crate) fn hold_connection(&mut self, from: usize, to: usize) {
        for connection in self.network.dialled(from, to) {
            self.hold(from, to, Late::On(connection));
        }
    }

    /// Lets letters between the two pass again; those that were held back stay so.
    pub(crate) fn stop_holding(&mut self, from: usize, to: usize) {
        self.holds.retain(|hold| (hold.from, hold.to) != (from, to));
    }

    /// What was held back between the two comes in now, in its order.
    pub(crate) fn release(&mut self, from: usize, to: usize) {
        self.stop_holding(from, to);
        let (released, held) = (self.held.drain(..)).partition(|held| (held.from, held.to) == (from, to));
        self.held = held;
        let released: Vec<Held> = released;
        for Held { connection, letter, .. } in released {
            let name = letter.name();
            self.trace
                .note(self.now, format_args!("{from} -> {to}: {name} on {connection:x}, late"));
            self.deliver(to, from, Parcel::Letter { connection, letter });
        }
    }

    /// Lets everything come in that was held back.
    pub(crate) fn release_all(&mut self) {
        while let Some(&Held { from, to, .. }) = self.held.first() {
            self.release(from, to);
        }
    }

    /// Nothing more is held back; what was, still is.
    pub(super) fn stop_holding_all(&mut self) {
        self.holds.clear();
    }

    /// How many letters between the two are held back.
    pub(crate) fn held_count(&self, from: usize, to: usize) -> usize {
        let held = self.held.iter();
        held.filter(|held| (held.from, held.to) == (from, to)).count()
    }

    /// The letter, unless it is held back.
    pub(super) fn unless_held(&mut self, from: usize, to: usize, connection: u64, letter: Letter) -> Option<Letter> {
        if !self.holds.iter().any(|hold| hold.holds(from, to, connection, &letter)) {
            return Some(letter);
        }
        self.held.push(Held {
            from,
            to,
            connection,
            letter,
        });
        None
    }
}
