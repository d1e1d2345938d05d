//! Commands on lists: one file a command, its grammar at the top.

pub(super) mod lpush;
pub(super) mod lrange;
