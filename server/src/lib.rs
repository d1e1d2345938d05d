//! The Circlet node: store, sessions, peer links, gossip socket, metrics.

pub mod command;
pub mod config;
pub mod metrics;
pub mod store;
