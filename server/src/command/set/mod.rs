//! Commands on sets: one file a command, its grammar at the top.

pub(super) mod sadd;
pub(super) mod smembers;
