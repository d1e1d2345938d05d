//! The Circlet node: store, sessions, peer links, gossip socket, metrics.

pub mod command;
pub mod store;
