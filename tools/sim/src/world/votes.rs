//! Reads whose quorum the client counts: it asks two owners at once, and goes by the coordinator if they do not agree.

use std::time::Duration;

use super::{CLIENT_PATIENCE, Happening, Notable, World};
use crate::command::{Command, Reply};
use crate::letter::Parcel;
use crate::node::Ballot;

/// How long a client waits for votes.
const PATIENCE: Duration = Duration::from_millis(50);

/// How many equal votes it can collect.
const VOTES: u8 = 2;

/// A read on which two owners are to vote.
#[derive(Debug)]
pub(super) struct Election {
    first: usize,
    command: Command,
    votes: Vec<i64>,
    reply: Option<Reply>,
}

impl World {
    /// A client has the nodes at these two places vote on a read, the first of which is to answer it.
    pub(crate) fn call_voted(&mut self, (first, second): (usize, usize), command: Command) -> usize {
        let op = self.history.begin(self.now, command.clone());
        let command = Command { op, ..command };
        self.trace.note(
            self.now,
            format_args!("client -> {first}, {second}: #{op} {command}, voted"),
        );
        for (place, with_reply) in [(first, true), (second, false)] {
            let at = self.now + self.network.delay();
            let command = command.clone();
            self.put_arrival(at, usize::MAX, place, None, Parcel::Vote { command, with_reply });
        }
        let election = Election {
            first,
            command,
            votes: Vec::new(),
            reply: None,
        };
        self.elections.insert(op, election);
        self.agenda.put(self.now + PATIENCE, Happening::VotesAreLate { op });
        self.agenda
            .put(self.now + CLIENT_PATIENCE, Happening::ClientGivesUp { op });
        op
    }

    /// A node has voted, or has not.
    pub(super) fn put_vote(&mut self, op: usize, ballot: Option<Ballot>) {
        let at = self.now + self.network.delay();
        self.agenda.put(at, Happening::Vote { op, ballot });
    }

    /// The client has an owner's answer.
    pub(super) fn on_vote(&mut self, op: usize, ballot: Option<Ballot>) -> Option<Notable> {
        self.trace.note(self.now, format_args!("client <- #{op}: {ballot:?}"));
        let election = self.elections.get_mut(&op)?;
        let Some(Ballot { vote, reply }) = ballot else {
            self.go_by_coordinator(op);
            return None;
        };
        election.votes.push(vote);
        if let Some((needed, reply)) = reply {
            if needed != VOTES {
                self.go_by_coordinator(op);
                return None;
            }
            election.reply = Some(reply);
        }
        let [one, other] = election.votes[..] else { return None };
        if one != other {
            self.go_by_coordinator(op);
            return None;
        }
        let reply = self.elections.remove(&op)?.reply?;
        self.voted += 1;
        self.trace
            .note(self.now, format_args!("client <- #{op}: {reply}, by two votes"));
        self.history
            .finish(self.now, op, reply)
            .then_some(Notable::Finished { op })
    }

    /// As if nothing had been asked.
    pub(super) fn go_by_coordinator(&mut self, op: usize) {
        let Some(Election { first, command, .. }) = self.elections.remove(&op) else {
            return;
        };
        let at = self.now + self.network.delay();
        self.put_arrival(at, usize::MAX, first, None, Parcel::Command(command));
    }
}
