//! What of a collection a command will look at, as far as its arguments say: that much is fetched before the command runs.
//!
//! A guess: whatever it is, the command finds what it needs, only later.

use circlet_resp::Args;
use circlet_resp::command::CommandId as Id;

use crate::store::Wanted;

/// What a command, whose arity was checked, will look at; `None` if that is the beginning, which is fetched for every command: the first part of a list, or how
/// many parts there are, which is said before that.
#[inline]
pub(crate) fn wanted(id: Id, args: Args<'_>) -> Option<Wanted<'_>> {
    let named = |at: usize| args.get(at).map_or(Wanted::All, Wanted::Named);
    let wanted = match id {
        Id::Hget
        | Id::Hexists
        | Id::Hstrlen
        | Id::Hsetnx
        | Id::Hincrby
        | Id::Hincrbyfloat
        | Id::Sismember
        | Id::Zscore => named(2),
        Id::Hset if args.len() == 4 => named(2),
        Id::Sadd if args.len() == 3 => named(2),
        Id::Zadd if args.len() == 4 => named(3),
        Id::Zincrby => named(3),
        Id::Lindex if args.get(2).is_some_and(|index| index == b"0") => return None,
        Id::Hlen | Id::Scard | Id::Zcard | Id::Llen => return None,
        _ => Wanted::All,
    };
    Some(wanted)
}
