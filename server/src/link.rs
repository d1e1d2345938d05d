//! Links between nodes.
//!
//! Each node dials every other one ([`dial`]). On the link that it dialled it asks ([`peer::Link`]); on those dialled to it
//! ([`accept`]) it answers ([`serve`]). One multiplexed connection a direction: pipelined, in order, without a task or an
//! allocation for a question.

pub(crate) mod accept;
pub(crate) mod dial;
mod hello;
pub(crate) mod outbox;
pub(crate) mod peer;
pub(crate) mod pending;
mod serve;
pub(crate) mod sweeper;
pub(crate) mod transfer;

pub(crate) use serve::hashed;
