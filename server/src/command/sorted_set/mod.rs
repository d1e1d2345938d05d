//! Commands on sorted sets: one file a command or a family of its spellings, its grammar at the top.

pub(super) mod answer;
mod bounds;
mod bzpop;
mod combine;
pub(super) mod combined;
pub(super) mod error;
mod pop;
pub(super) mod zadd;
mod zcard;
mod zcount;
mod zrandmember;
mod zrange;
mod zrangestore;
mod zrank;
mod zrem;
mod zremrange;
mod zscan;
mod zscore;

use circlet_resp::command::CommandId;

use super::pure::number::length as count;
use super::{KeyHandler, SlotHandler};

/// The handler of a command on one sorted set.
pub(super) fn key_handler(id: CommandId) -> Option<KeyHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Zadd => zadd::zadd,
        Id::Zincrby => zadd::zincrby,
        Id::Zrem => zrem::zrem,
        Id::Zremrangebyrank => zremrange::zremrangebyrank,
        Id::Zremrangebyscore => zremrange::zremrangebyscore,
        Id::Zremrangebylex => zremrange::zremrangebylex,
        Id::Zpopmin => pop::zpopmin,
        Id::Zpopmax => pop::zpopmax,
        Id::Zcard => zcard::zcard,
        Id::Zscore => zscore::zscore,
        Id::Zmscore => zscore::zmscore,
        Id::Zcount => zcount::zcount,
        Id::Zlexcount => zcount::zlexcount,
        Id::Zrank => zrank::zrank,
        Id::Zrevrank => zrank::zrevrank,
        Id::Zrandmember => zrandmember::zrandmember,
        Id::Zscan => zscan::zscan,
        Id::Zrange => zrange::zrange,
        Id::Zrevrange => zrange::zrevrange,
        Id::Zrangebyscore => zrange::zrangebyscore,
        Id::Zrevrangebyscore => zrange::zrevrangebyscore,
        Id::Zrangebylex => zrange::zrangebylex,
        Id::Zrevrangebylex => zrange::zrevrangebylex,
        _ => return None,
    })
}

/// The handler of a command on several sorted sets of one slot.
pub(super) fn slot_handler(id: CommandId) -> Option<SlotHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Zrangestore => zrangestore::zrangestore,
        Id::Zmpop => pop::zmpop,
        Id::Bzpopmin => bzpop::bzpopmin,
        Id::Bzpopmax => bzpop::bzpopmax,
        Id::Bzmpop => bzpop::bzmpop,
        Id::Zunion => combine::zunion,
        Id::Zinter => combine::zinter,
        Id::Zdiff => combine::zdiff,
        Id::Zintercard => combine::zintercard,
        Id::Zunionstore => combine::zunionstore,
        Id::Zinterstore => combine::zinterstore,
        Id::Zdiffstore => combine::zdiffstore,
        _ => return None,
    })
}
