//! Clients: from the bytes of a connection to the bytes of its replies.
//!
//! ```text
//!   read -> parse some commands -> plan, warm, run (Executor) -> wait for the turn, if any -> one write
//! ```
//!
//! Long replies are sent before the rest of their batch runs: docs/design/replies.md.
//!
//! A connection is one task. It does not read on while a batch waits for other nodes: what arrives meanwhile becomes the next,
//! larger batch, so a client with many commands in flight pays for fewer turns. Commands that are not on keys run between batches,
//! in order. `client-inflight-max` bounds a batch, and with it what of one connection waits at once.

mod accesses;
pub(crate) mod batch;
pub(crate) mod blocking;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod clients;
pub(crate) mod connection;
mod detour;
pub(crate) mod door;
pub(crate) mod everyone;
pub(crate) mod executor;
pub(crate) mod forwarded;
mod gate;
pub(crate) mod held;
mod kit;
pub(crate) mod local;
pub(crate) mod outcomes;
pub(crate) mod output;
pub(crate) mod pause;
pub(crate) mod plan;
mod scene;
pub(crate) mod server_command;
mod serving;
mod settle;
mod timing;
mod transaction;
mod voting;

pub(crate) use client::{ClientHandle, Flag};
