//! Commands at the RESP edge: what each of them does to the keys it names, and what it answers.
//!
//! ```text
//!   CommandId --> key_handler    one key                      GET SET INCR EXPIRE ...
//!             |-> slot_handler   several keys of one slot     RENAME COPY MSETNX LCS
//!             |-> fan_out        split into single keys       MGET MSET DEL EXISTS ...
//!             \-> introspection  no key at all                COMMAND, HELP
//! ```
//!
//! A handler is a plain function that runs under its arc's lock: it sees the key through a [`KeyCx`] (or keys through a
//! [`SlotCx`]), answers into a [`ReplyBuf`], and touches nothing else. It never waits. It may be run again from the start:
//! when the key's full state had to be fetched, or when another owner knew a greater stamp.
//!
//! **On an error** nothing was changed, but a part of an answer may have been written: the caller cuts the reply back to
//! what it was before the handler, and writes the error instead.
//!
//! Arity was checked before (`circlet_resp::command::resolve`), so handlers index the arguments that they cannot be
//! without. Refused: commands parsed into an enum of structs first, as mini-redis does. It copies or boxes each argument,
//! and a command's grammar then stands in two places.

mod conditions;
mod cx;
mod deadline;
pub(crate) mod encoding;
mod error;
mod fan_out;
mod geo;
mod hash;
mod help;
mod hyperloglog;
mod introspection;
mod key;
mod list;
mod lookups;
pub mod pure;
mod sample;
pub(crate) mod scan;
mod set;
mod sorted_set;
mod string;
#[cfg(test)]
mod test_args;
mod wanted;

use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};

pub(crate) use cx::kind_of;
pub use cx::{
    Delta, Deltas, Expiry, HashEdit, HyperLogLogEdit, KeyCx, ListEdit, SetEdit, SlotCx, SortedSetEdit, Whole, Writer,
};
pub use error::CommandError;
pub use fan_out::{Combine, FanOut, fan_out};
pub use introspection::{TableHandler, introspection};
pub use lookups::Lookups;
pub(crate) use wanted::wanted;

/// The longest value that a command may build, in bytes: Redis's default `proto-max-bulk-len`.
pub const VALUE_BYTES_MAX: usize = 512 << 20;

/// The longest reply of random elements with repetitions, in bytes: a negative count may ask for any number of them.
const RANDOM_REPLY_BYTES_MAX: usize = 64 << 20;

/// Executes a command on its one key.
pub type KeyHandler = fn(&mut KeyCx<'_>, Args<'_>, &mut ReplyBuf) -> Result<(), CommandError>;

/// Executes a command on several keys of one slot.
pub type SlotHandler = fn(&mut SlotCx<'_>, Args<'_>, &mut ReplyBuf) -> Result<(), CommandError>;

/// The handler of a command on a single key.
#[must_use]
pub fn key_handler(id: CommandId) -> Option<KeyHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Get => string::get::get,
        Id::Set => string::set::set,
        Id::Setnx => string::setnx::setnx,
        Id::Setex => string::setnx::setex,
        Id::Psetex => string::setnx::psetex,
        Id::Getset => string::setnx::getset,
        Id::Getdel => string::getdel::getdel,
        Id::Getex => string::getex::getex,
        Id::Append => string::append::append,
        Id::Strlen => string::append::strlen,
        Id::Getrange | Id::Substr => string::getrange::getrange,
        Id::Setrange => string::setrange::setrange,
        Id::Incr => string::incr::incr,
        Id::Decr => string::incr::decr,
        Id::Incrby => string::incr::incrby,
        Id::Decrby => string::incr::decrby,
        Id::Incrbyfloat => string::incrbyfloat::incrbyfloat,
        Id::Setbit => string::setbit::setbit,
        Id::Getbit => string::setbit::getbit,
        Id::Bitcount => string::bitcount::bitcount,
        Id::Bitpos => string::bitpos::bitpos,
        Id::Bitfield => string::bitfield::bitfield,
        Id::BitfieldRo => string::bitfield::bitfield_ro,
        Id::Lpush => list::push::lpush,
        Id::Rpush => list::push::rpush,
        Id::Lpushx => list::push::lpushx,
        Id::Rpushx => list::push::rpushx,
        Id::Lpop => list::pop::lpop,
        Id::Rpop => list::pop::rpop,
        Id::Llen => list::index::llen,
        Id::Lindex => list::index::lindex,
        Id::Lset => list::index::lset,
        Id::Lrange => list::lrange::lrange,
        Id::Ltrim => list::lrange::ltrim,
        Id::Lrem => list::lrem::lrem,
        Id::Linsert => list::linsert::linsert,
        Id::Lpos => list::lpos::lpos,
        Id::Type => key::type_of::type_of,
        Id::Expire => key::expire::expire,
        Id::Pexpire => key::expire::pexpire,
        Id::Expireat => key::expire::expireat,
        Id::Pexpireat => key::expire::pexpireat,
        Id::Persist => key::expire::persist,
        Id::Ttl => key::ttl::ttl,
        Id::Pttl => key::ttl::pttl,
        Id::Expiretime => key::ttl::expiretime,
        Id::Pexpiretime => key::ttl::pexpiretime,
        Id::ObjectEncoding => key::object::encoding,
        Id::ObjectRefcount => key::object::refcount,
        Id::ObjectIdletime => key::object::idletime,
        Id::ObjectFreq => key::object::freq,
        Id::MemoryUsage => key::memory::usage,
        Id::Pfadd => hyperloglog::pfadd::pfadd,
        _ => {
            return hash::key_handler(id)
                .or_else(|| set::key_handler(id))
                .or_else(|| sorted_set::key_handler(id))
                .or_else(|| geo::key_handler(id));
        }
    })
}

/// The handler of a command on several keys, which must be of one slot.
#[must_use]
pub fn slot_handler(id: CommandId) -> Option<SlotHandler> {
    Some(match id {
        CommandId::Msetnx => string::mset::msetnx,
        CommandId::Lcs => string::lcs::lcs,
        CommandId::Bitop => string::bitop::bitop,
        CommandId::Lmove => list::lmove::lmove,
        CommandId::Rpoplpush => list::lmove::rpoplpush,
        CommandId::Lmpop => list::lmpop::lmpop,
        CommandId::Blpop => list::blpop::blpop,
        CommandId::Brpop => list::blpop::brpop,
        CommandId::Blmove => list::blmove::blmove,
        CommandId::Brpoplpush => list::blmove::brpoplpush,
        CommandId::Blmpop => list::blmpop::blmpop,
        CommandId::Rename => key::rename::rename,
        CommandId::Renamenx => key::rename::renamenx,
        CommandId::Copy => key::copy::copy,
        CommandId::Sort => key::sort::sort,
        CommandId::SortRo => key::sort::sort_ro,
        CommandId::Pfcount => hyperloglog::pfcount::pfcount,
        CommandId::Pfmerge => hyperloglog::pfmerge::pfmerge,
        _ => {
            return set::slot_handler(id)
                .or_else(|| sorted_set::slot_handler(id))
                .or_else(|| geo::slot_handler(id));
        }
    })
}

#[cfg(test)]
mod tests {
    use circlet_resp::command::all;

    use super::*;

    #[test]
    fn every_command_that_names_keys_has_exactly_one_way() {
        for spec in all() {
            let ways = [
                key_handler(spec.id()).is_some(),
                slot_handler(spec.id()).is_some(),
                fan_out(spec.id()).is_some(),
                // It runs nothing: the session answers it.
                spec.id() == CommandId::Vote,
            ];
            let expected = usize::from(spec.has_keys());
            assert_eq!(ways.into_iter().filter(|&way| way).count(), expected, "{}", spec.name());
        }
    }
}
