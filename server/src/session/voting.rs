//! Reads whose quorum the client counts.
//!
//! ```text
//!   VOTED GET k  --> the key's coordinator:  [needed, vote, reply]   what it would have asked the other owners to vouch for
//!   VOTE k       --> other owners:           vote                    what they would have said
//! ```
//!
//! A client that knows the owners asks them itself, at the same time, where a coordinator would ask them one after the other: the read takes one
//! way and back instead of two. It counts if `needed` owners gave the same vote, the coordinator's included; if not, the client reads by the coordinator as ever,
//! which repairs. Who may vote, and why that is safe: [`circlet_core::coordinator::vote`].
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

/// Whether a command is one of those.
pub(super) fn is_of(id: CommandId) -> bool {
    matches!(id, CommandId::Vote | CommandId::Voted)
}

/// What VOTE or VOTED is to run.
///
/// # Errors
/// VOTED of anything but a command that reads one key, which stands first among its arguments.
pub(super) fn of(
    spec: &'static CommandSpec,
    args: Args<'_>,
) -> Result<(Voting, &'static CommandSpec, Handler), CommandError> {
    if spec.id() == CommandId::Vote {
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
