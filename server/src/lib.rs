//! The Circlet node: store, sessions, peer links, gossip socket, metrics.

pub mod command;
pub mod config;
pub mod http;
pub mod latency;
pub mod logs;
pub mod metrics;
pub mod slowlog;
pub mod store;
