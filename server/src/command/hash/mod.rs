//! Commands on hashes: one file a command or a family of its spellings, its grammar at the top.

mod fields;
mod hdel;
mod hexists;
mod hexpire;
mod hget;
mod hgetall;
mod hincrby;
mod hrandfield;
mod hscan;
mod hset;
mod httl;

use circlet_resp::command::CommandId;

use super::KeyHandler;

/// What HTTL, HPERSIST and their kin answer for a field that does not expire.
const NO_EXPIRY: i64 = -1;

/// What they answer for a field that there is not.
const NO_SUCH_FIELD: i64 = -2;

/// The handler of a command on a hash.
pub(super) fn key_handler(id: CommandId) -> Option<KeyHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Hget => hget::hget,
        Id::Hmget => hget::hmget,
        Id::Hgetall => hgetall::hgetall,
        Id::Hkeys => hgetall::hkeys,
        Id::Hvals => hgetall::hvals,
        Id::Hlen => hexists::hlen,
        Id::Hexists => hexists::hexists,
        Id::Hstrlen => hexists::hstrlen,
        Id::Hrandfield => hrandfield::hrandfield,
        Id::Hscan => hscan::hscan,
        Id::Hset => hset::hset,
        Id::Hmset => hset::hmset,
        Id::Hsetnx => hset::hsetnx,
        Id::Hdel => hdel::hdel,
        Id::Hincrby => hincrby::hincrby,
        Id::Hincrbyfloat => hincrby::hincrbyfloat,
        Id::Hexpire => hexpire::hexpire,
        Id::Hpexpire => hexpire::hpexpire,
        Id::Hexpireat => hexpire::hexpireat,
        Id::Hpexpireat => hexpire::hpexpireat,
        Id::Hpersist => hexpire::hpersist,
        Id::Httl => httl::httl,
        Id::Hpttl => httl::hpttl,
        Id::Hexpiretime => httl::hexpiretime,
        Id::Hpexpiretime => httl::hpexpiretime,
        _ => return None,
    })
}
