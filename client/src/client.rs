//! The client: a map of the cluster, and the nodes on it.

use crate::call::{Call, CallOptions};
use crate::cmd::Cmd;
use crate::error::{Error, ErrorKind};
use crate::from_value::FromValue;
use crate::node::{Node, Surroundings};
use crate::options::Options;
use crate::pipeline::Pipeline;
use crate::refresh;
use crate::topology::Topology;
use crate::votes::Votes;
use arc_swap::ArcSwap;
use circlet_hedge::Budget;
use circlet_resp::Value;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Notify;

/// Hedges that may be saved up: what a pause of some milliseconds needs at ten thousand reads a second.
const HEDGES_SAVED_MAX: u32 = 32;

/// What clones of a client share.
pub(crate) struct Inner {
    pub(crate) around: Arc<Surroundings>,
    pub(crate) topology: ArcSwap<Topology>,
    /// The nodes that the client was given: asked when those of the map do not answer.
    pub(crate) seeds: Vec<Arc<Node>>,
    pub(crate) hedges: Budget,
    pub(crate) votes: Votes,
    pub(crate) fetches: AtomicU64,
    /// Whether a node has said that it knows no `CLUSTER TOPOLOGY`: it is no Circlet, and any node is as good as another.
    pub(crate) without_map: AtomicBool,
}

/// A client of a cluster. Cheap to clone; clones share connections, and calls of many tasks share their writes.
///
/// Commands are methods of the traits in [`commands`](crate::commands), which the [prelude](crate::prelude) has all of; any command
/// is a [`cmd`](crate::cmd()) that [`call`](Client::call) makes. Dropping the last clone closes the connections.
///
/// ```no_run
/// # async fn example() -> Result<(), circlet_client::Error> {
/// use circlet_client::prelude::*;
///
/// let client = Client::connect(["127.0.0.1:7001", "127.0.0.1:7002"], Options::default()).await?;
/// client.set("greeting", "hello").await?;
/// let greeting: Option<String> = client.get("greeting").consistency(Consistency::One).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes: Vec<_> = self.nodes();
        formatter
            .debug_struct("Client")
            .field("nodes", &nodes)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the cluster that these nodes belong to: addresses (`ip:port` or `name:port`) of some of them, either of their ports for
    /// clients. Asks them who owns what, and connects to all nodes.
    ///
    /// # Errors
    /// [`ErrorKind::Unreachable`] when none of them answers; what they refuse the greeting with.
    pub async fn connect<A: Into<String>>(nodes: impl IntoIterator<Item = A>, options: Options) -> Result<Self, Error> {
        let client = Self::unconnected(nodes.into_iter().map(Into::into), options);
        refresh::fetch(&client.inner).await?;
        let nodes = client.inner.topology.load().nodes.clone();
        for node in nodes {
            node.warm_up().await;
        }
        client.start_refreshing();
        Ok(client)
    }

    /// The same, connecting at the first call. To be called within a tokio runtime.
    #[must_use]
    pub fn new(nodes: Vec<SocketAddr>, options: Options) -> Self {
        let client = Self::unconnected(nodes.into_iter().map(|node| node.to_string()), options);
        client.start_refreshing();
        client.inner.around.wants_topology.notify_one();
        client
    }

    fn unconnected(nodes: impl Iterator<Item = String>, options: Options) -> Self {
        let around = Arc::new(Surroundings {
            options,
            wants_topology: Notify::new(),
        });
        let seeds: Vec<Arc<Node>> = nodes.map(|address| Node::new(&address, Arc::clone(&around))).collect();
        Client {
            inner: Arc::new(Inner {
                around,
                topology: ArcSwap::from_pointee(Topology::unmapped(seeds.clone())),
                seeds,
                hedges: Budget::new(HEDGES_SAVED_MAX),
                votes: Votes::default(),
                fetches: AtomicU64::new(0),
                without_map: AtomicBool::new(false),
            }),
        }
    }

    fn start_refreshing(&self) {
        tokio::spawn(refresh::keep_fresh(
            Arc::downgrade(&self.inner),
            Arc::clone(&self.inner.around),
        ));
    }

    /// Begins a call of any command: to be awaited, perhaps after `.consistency(..)` and the like.
    ///
    /// ```no_run
    /// # async fn example(client: circlet_client::Client) -> Result<(), circlet_client::Error> {
    /// use circlet_client::cmd;
    ///
    /// let length: u64 = client.call(cmd("STRLEN").arg("greeting")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<T: FromValue>(&self, cmd: Cmd) -> Call<'_, T> {
        Call::new(self, cmd, CallOptions::default())
    }

    /// Makes one call of the arguments given, name first, and waits for its reply as it is.
    ///
    /// # Errors
    /// See [`Error`]. An error reply too is one.
    pub async fn call_raw(&self, arguments: &[&[u8]]) -> Result<Value, Error> {
        let (name, rest) = arguments
            .split_first()
            .ok_or_else(|| Error::new(ErrorKind::Usage, "no command"))?;
        let cmd = crate::cmd(&String::from_utf8_lossy(name));
        self.call(rest.iter().fold(cmd, |cmd, argument| cmd.arg(*argument)))
            .await
    }

    /// Begins a pipeline: several commands that are sent together, each to the node that owns its key.
    pub fn pipeline(&self) -> Pipeline<'_> {
        Pipeline::new(self)
    }

    /// The addresses of the nodes that the client knows.
    #[must_use]
    pub fn nodes(&self) -> Vec<String> {
        let topology = self.inner.topology.load();
        topology.nodes.iter().map(|node| node.address.to_string()).collect()
    }

    /// The epoch of the placement that the client goes by; 0 as long as it has none.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.inner.topology.load().epoch
    }

    /// How often this client asked for the placement, answers of "nothing new" included.
    #[must_use]
    pub fn topology_fetches(&self) -> u64 {
        self.inner.fetches.load(Ordering::Relaxed)
    }

    /// Asks for the placement now.
    ///
    /// # Errors
    /// [`ErrorKind::Unreachable`] when no node answers.
    pub async fn refresh(&self) -> Result<(), Error> {
        refresh::fetch(&self.inner).await
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.around.options
    }
}

#[cfg(test)]
mod tests;
