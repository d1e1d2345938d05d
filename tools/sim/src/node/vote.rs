//! What a node votes on a read whose quorum the client counts.

use circlet_core::coordinator::vote;

use super::store::digest_of;
use super::{Node, Output};
use crate::bug::Bug;
use crate::command::{Command, Reply};

/// An owner's vote on a read.
#[derive(Debug, Clone)]
pub(crate) struct Ballot {
    pub(crate) vote: i64,
    /// Of the coordinator: how many equal votes are needed, and its reply.
    pub(crate) reply: Option<(u8, Reply)>,
}

impl Node {
    pub(super) fn on_vote(&mut self, command: &Command, with_reply: bool) {
        let ballot = self.ballot(command, with_reply);
        self.out.push(Output::Vote { op: command.op, ballot });
    }

    fn ballot(&self, command: &Command, with_reply: bool) -> Option<Ballot> {
        let arc = self.arc_of(&command.key);
        let view = self.view.arc(arc);
        let may_vote = view.may_vote() || self.bug == Some(Bug::EmptyNodeCounts);
        if !may_vote || with_reply && !self.may_coordinate(command) {
            return None;
        }
        let entry = self.store.get(arc, &command.key);
        let epoch = match self.bug {
            Some(Bug::VoteWithoutEpoch) => 0,
            _ => self.view.epoch().get(),
        };
        // At most 16 owners.
        let needed = command.level.needed(view.read_set().len() as u8);
        Some(Ballot {
            vote: vote::of(epoch, digest_of(&command.key, entry)),
            reply: with_reply.then(|| (needed, self.reply_of(command, entry))),
        })
    }
}
