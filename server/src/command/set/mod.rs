//! Commands on sets: one file a command or a family of its spellings, its grammar at the top.

mod algebra;
mod sadd;
mod sismember;
mod smembers;
mod smove;
mod spop;
mod srandmember;
mod srem;
mod sscan;

use circlet_resp::command::CommandId;

use super::{KeyHandler, SlotHandler};

/// The handler of a command on one set.
pub(super) fn key_handler(id: CommandId) -> Option<KeyHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Sadd => sadd::sadd,
        Id::Srem => srem::srem,
        Id::Sismember => sismember::sismember,
        Id::Smismember => sismember::smismember,
        Id::Scard => sismember::scard,
        Id::Smembers => smembers::smembers,
        Id::Spop => spop::spop,
        Id::Srandmember => srandmember::srandmember,
        Id::Sscan => sscan::sscan,
        _ => return None,
    })
}

/// The handler of a command on several sets.
pub(super) fn slot_handler(id: CommandId) -> Option<SlotHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Smove => smove::smove,
        Id::Sinter => algebra::sinter,
        Id::Sinterstore => algebra::sinterstore,
        Id::Sintercard => algebra::sintercard,
        Id::Sunion => algebra::sunion,
        Id::Sunionstore => algebra::sunionstore,
        Id::Sdiff => algebra::sdiff,
        Id::Sdiffstore => algebra::sdiffstore,
        _ => return None,
    })
}
