//! The Circlet node: store, sessions, peer links, gossip socket, metrics.

mod alarm;
pub mod command;
pub mod config;
mod control_loop;
pub mod http;
pub mod latency;
mod learned;
mod link;
pub mod logs;
pub mod metrics;
mod node;
mod routes;
mod session;
pub mod slowlog;
pub mod store;
mod tracking;
mod turn;
mod waiting;

pub use node::{Identity, IdentityError, Running, StartError, begin_without_huge_pages, start};
