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
        scene: Scene<'_>,
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
        scene: Scene<'_>,
        gate: &Gate<'_>,
        part: &Part,
        args: Args<'_>,
        replies: &mut ReplyBuf,
    ) -> Result<(), NotVoted> {
        let route = scene.routes.arc(part.arc);
        let key = part.key(args);
        let levels = scene.caller.levels(&scene.config.cluster, key.key);
        let may_read = part.voting == Voting::Vote
            || route.coordinator == Some(scene.routes.me) && gate.may_coordinate && route.is_ready(levels.read);
        if !(route.votes && may_read) {
            return Err(NotVoted::NoVote);
        }
        let epoch = scene.routes.epoch;
        let mut shard = scene.node.lock_in_force(part.arc, epoch).ok_or(NotVoted::NoVote)?;
        let vote = vote::of(epoch, shard.digest_of(&key));
        let (Voting::Reply, Handler::Key(handler)) = (part.voting, part.handler) else {
            replies.integer(vote);
            return Ok(());
        };
        replies.array(3);
        let read_n = scene.routes.owners(route).read_n;
        replies.integer(levels.read.needed(read_n).into());
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
