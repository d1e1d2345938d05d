//! Commands on keys of any type: one file a command or a family of its spellings, its grammar at the top.

pub(super) mod copy;
pub(super) mod del;
pub(super) mod exists;
pub(super) mod expire;
pub(super) mod memory;
pub(super) mod object;
pub(super) mod rename;
pub(super) mod sort;
pub(super) mod ttl;
pub(super) mod type_of;
