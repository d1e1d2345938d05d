//! Reads whose quorum the client counts.
//!
//! ```text
//!   VOTED GET k  --> the key's coordinator:  [needed, vote, reply]   what it would have asked the other owners to vouch for
//!   VOTE k       --> other owners:           vote                    what they would have said
//! ```
//!
//! A client that knows the owners asks them itself, at the same time, where a coordinator would ask them one after the other: the read takes one
//! way and back instead of two. It counts if `needed` owners gave the same vote, the coordinator's included; if not, the client reads by the coordinator as ever,
//! which repairs.
//!
//! It is the coordinator's read, with its question carried by the client: VOTED runs only where and when the node might coordinate the command itself
//! (its lease holds, it has caught up, it has taken the arc over), VOTE only where the node would answer another's check, and **a vote tells the epoch as well as
//! the digest**, so owners of different epochs never agree. Both hold the entry at some moment between question and answer. What was acknowledged, or read at
//! QUORUM, before the question is on a majority then, so one of them at least holds it, and since they agree, all do.
//!
//! A node that cannot vote says `NOVOTE`. Nothing waits: neither command asks anybody.

use super::plan::Handler;
use crate::command::{CommandError, KeyCx, key_handler};
use circlet_resp::command::{CommandId, CommandSpec, resolve};
use circlet_resp::{Args, ReplyBuf};

/// How a part takes part in a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voting {
    /// It does not: this node counts.
    No,
    /// It gives this owner's vote.
    Vote,
    /// It is run here, and gives the vote with its reply.
    Reply,
}

impl Voting {
    /// Where the key stands.
    pub(super) fn key_at(self) -> usize {
        if self == Voting::Reply { 2 } else { 1 }
    }
}

/// An owner's vote: the same number if, and but for one chance in 2^63 only if, the epoch and the digest of the entry are the same.
pub(super) fn vote(epoch: u64, digest: u64) -> i64 {
    // An odd number, so that no two epochs less than 2^63 apart move a digest alike.
    const EPOCH: u64 = 0x9e37_79b9_7f4a_7c15;
    (digest.wrapping_add(epoch.wrapping_mul(EPOCH)) >> 1) as i64
}

/// Whether a command is one of those.
pub(super) fn is_of(id: CommandId) -> bool {
    matches!(id, CommandId::Vote | CommandId::Voted)
}

/// What VOTE or VOTED is to run.
///
/// # Errors
/// VOTED of anything but a command that reads one key, which stands first among its arguments.
pub(super) fn of(id: CommandId, args: Args<'_>) -> Result<(Voting, &'static CommandSpec, Handler), CommandError> {
    if id == CommandId::Vote {
        let spec = resolve(args).map_err(|_| CommandError::Syntax)?;
        return Ok((Voting::Vote, spec, Handler::Key(nothing)));
    }
    let spec = resolve(args.skip(1)).ok().filter(|spec| spec.reads_one_key());
    let spec = spec.ok_or(CommandError::NotVotable)?;
    let handler = key_handler(spec.id()).ok_or(CommandError::NotVotable)?;
    Ok((Voting::Reply, spec, Handler::Key(handler)))
}

/// A vote alone runs nothing.
fn nothing(_: &mut KeyCx<'_>, _: Args<'_>, _: &mut ReplyBuf) -> Result<(), CommandError> {
    Ok(())
}
