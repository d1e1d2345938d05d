//! Links between nodes.
//!
//! Each node dials every other one ([`dial`]). On the link that it dialled it asks ([`peer::Link`]); on those dialled to it
//! ([`accept`]) it answers ([`serve`]). One multiplexed connection a direction: pipelined, in order, without a task or an
//! allocation for a question. Both read frames by [`frames`], and states of other owners arrive by [`receive`] wherever they come from:
//! deltas and answers, and exchanges of whole arcs ([`transfer`], [`digests`] of many at once), which rounds ([`compare`]) find wanting.

pub(crate) mod accept;
pub(crate) mod checks;
pub(crate) mod compare;
pub(crate) mod dial;
pub(crate) mod digests;
mod frames;
mod hello;
pub(crate) mod links;
pub(crate) mod outbox;
pub(crate) mod pace;
pub(crate) mod peer;
pub(crate) mod pending;
mod receive;
mod serve;
mod socket;
pub(crate) mod sweeper;
pub(crate) mod transfer;
pub(crate) mod waits;

pub(crate) use serve::hashed;
