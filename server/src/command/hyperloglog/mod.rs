//! Commands on estimates of how many different elements there were: one file a command, its grammar at the top.

pub(super) mod pfadd;
pub(super) mod pfcount;
pub(super) mod pfmerge;
