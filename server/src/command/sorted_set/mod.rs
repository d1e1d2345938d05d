//! Commands on sorted sets: one file a command, its grammar at the top.

pub(super) mod zadd;
pub(super) mod zrange;
