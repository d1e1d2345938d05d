//! Parts on which the client counts the owners' votes. See [`crate::session::voting`].

use super::super::gate::Gate;
use super::super::plan::{Handler, Part};
use super::super::scene::Scene;
use super::super::voting::Voting;
use super::{Executor, tracked};
use crate::command::{CommandError, KeyCx};
use crate::metrics::Count;
use circlet_core::coordinator::vote;
use circlet_resp::{Args, ReplyBuf};

/// Why a part is not answered here.
#[derive(Debug, thiserror::Error)]
enum NotVoted {
    /// Another time, or another node, may.
    #[error("NOVOTE this node cannot vouch for the key now")]
    NoVote,
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl Executor {
    /// Answers this owner's vote, behind how many are needed and before the reply if it is the one to give that.
    pub(super) fn run_voted(
        &mut self,
        scene: &Scene<'_>,
        gate: &Gate<'_>,
        part: &Part,
        args: Args<'_>,
        replies: &mut ReplyBuf,
    ) {
        let start = replies.len();
        match self.vote(scene, gate, part, args, replies) {
            Ok(()) => scene.node.metrics.inc(Count::Votes),
            Err(not_voted) => {
                replies.truncate(start);
                replies.error_display(&not_voted);
            }
        }
    }

    fn vote(
        &mut self,
        scene: &Scene<'_>,
        gate: &Gate<'_>,
        part: &Part,
        args: Args<'_>,
        replies: &mut ReplyBuf,
    ) -> Result<(), NotVoted> {
        let route = scene.routes.arc(part.arc);
        let key = part.key(args);
        let epoch = scene.routes.epoch;
        let lock = || scene.node.lock_in_force(part.arc, epoch).ok_or(NotVoted::NoVote);
        let (Voting::Reply, Handler::Key(handler)) = (part.voting, part.handler) else {
            if !route.votes {
                return Err(NotVoted::NoVote);
            }
            let vote = vote::of(epoch, lock()?.digest_of(&key));
            replies.integer(vote);
            return Ok(());
        };
        // Whoever may coordinate a read counts in it.
        let level = scene.caller.levels(&scene.config.cluster, key.key).read;
        if !(route.coordinator == Some(scene.routes.me) && gate.may_coordinate && route.is_ready(level)) {
            return Err(NotVoted::NoVote);
        }
        let mut shard = lock()?;
        let vote = vote::of(epoch, shard.digest_of(&key));
        replies.array(3);
        replies.integer(level.needed(scene.routes.owners(route).read_n).into());
        replies.integer(vote);
        if scene.caller.tracks {
            tracked::track(&mut shard, part, args, key.key, scene.caller.client);
        }
        let writer = scene.node.writer(&shard, scene.now.wall, true);
        self.delta.clear();
        let mut cx = KeyCx::new(&mut shard, key, writer, &mut self.delta);
        handler(&mut cx, part.handler_args(args), replies)?;
        drop(shard);
        debug_assert!(!self.delta.is_changed(), "a command that reads");
        self.lookups = self.lookups.plus(self.delta.lookups());
        Ok(())
    }
}
