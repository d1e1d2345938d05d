//! The Rust client of Circlet.
//!
//! ```no_run
//! # async fn example() -> Result<(), circlet_client::Error> {
//! use circlet_client::prelude::*;
//!
//! let client = Client::connect(["127.0.0.1:7001", "127.0.0.1:7002"], Options::default()).await?;
//! client.set("greeting", "hello").await?;
//! let greeting: Option<String> = client.get("greeting").await?;
//! assert_eq!(greeting.as_deref(), Some("hello"));
//! # Ok(())
//! # }
//! ```
//!
//! - **One pipelined connection a node**, shared by all tasks: a [`Client`] is cheap to clone, and its clones' requests leave in common writes.
//! - **Straight to the owner.** The client knows who owns which key, and follows the cluster through joins, leaves and deaths. It need not be right: any node
//!   answers any command.
//! - **Every call ends in time**, with an answer or an [`Error`] that says what happened. What is safe to repeat is repeated ([`Repeat`]).
//! - **A near cache** kept right by the servers: [`Client::near_cache`].
//! - **Levels** for each call: `.consistency(Consistency::One)`.
//! - Typed [`commands`], any command as a [`cmd`](cmd()), [`Pipeline`]s, `SCAN` as a stream; one's own types as arguments ([`ToArg`]) and replies
//!   ([`FromValue`]).
//!
//! # Features
//!
//! - `tls`: encrypted connections, by rustls.
//! - `prometheus`: a ready [`Observer`].

mod breaker;
mod call;
mod client;
mod cmd;
pub mod commands;
mod connection;
mod error;
mod fan_out;
mod from_value;
mod hedge;
mod join;
mod near;
mod node;
mod observer;
mod options;
mod pipeline;
mod plan;
#[cfg(feature = "prometheus")]
mod prometheus;
mod refresh;
mod repeat;
mod route;
mod tls;
mod to_arg;
mod topology;
mod votes;

#[cfg(feature = "prometheus")]
pub use self::prometheus::PrometheusObserver;
pub use call::{Call, Calling};
pub use circlet_resp::Value;
pub use client::Client;
pub use cmd::{Cmd, cmd};
pub use error::{Error, ErrorKind, Shortfall};
pub use from_value::{FromValue, conversion_error};
pub use near::{NearCache, NearOptions};
pub use observer::{CallReport, Event, Observer};
pub use options::{Consistency, Credentials, HedgeOptions, Options, RetryOptions};
pub use pipeline::{Pipeline, PipelineReplies, Place};
pub use repeat::Repeat;
pub use tls::Tls;
pub use to_arg::ToArg;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// What a program that uses the client wants to have at hand: the client, its options, and the commands of all families.
pub mod prelude {
    pub use crate::commands::*;
    pub use crate::{Client, Consistency, Error, ErrorKind, FromValue, Options, ToArg, Value, cmd};
}
