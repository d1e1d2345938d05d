//! A client of Circlet: one multiplexed, pipelined connection at a time, and another node when that one is lost.
//!
//! ```no_run
//! # async fn example() -> Result<(), circlet_client::Error> {
//! use circlet_client::{Client, Options};
//!
//! let client = Client::new(vec!["127.0.0.1:7001".parse().unwrap(), "127.0.0.1:7002".parse().unwrap()], Options::default());
//! client.call(&[b"SET", b"greeting", b"hello"]).await?;
//! let greeting = client.call(&[b"GET", b"greeting"]).await?;
//! assert_eq!(greeting.as_bytes(), Some(&b"hello"[..]));
//! # Ok(())
//! # }
//! ```
//!
//! Any node answers any command on its one-big-Redis port, so the client needs no map of the cluster to be right. It has none yet: a
//! command for a key that another node coordinates is forwarded once by the node that gets it.

mod client;
mod connection;
mod error;

pub use circlet_resp::Value;
pub use client::{Client, Options};
pub use error::{Error, ErrorKind};
