//! Commands on hashes: one file a command, its grammar at the top.

pub(super) mod hget;
pub(super) mod hset;
