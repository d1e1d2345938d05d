//! Commands on sets: one file a command or a family of its spellings, its grammar at the top.

mod sadd;
mod smembers;
mod sscan;

use circlet_resp::command::CommandId;

use super::KeyHandler;

/// The handler of a command on one set.
pub(super) fn key_handler(id: CommandId) -> Option<KeyHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Sadd => sadd::sadd,
        Id::Smembers => smembers::smembers,
        Id::Sscan => sscan::sscan,
        _ => return None,
    })
}
