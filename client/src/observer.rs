//! What a client tells about itself: a hook for metrics.

use crate::error::ErrorKind;
use std::time::Duration;

/// Hears of calls and events. Called by the tasks that make the calls, so it must not block; counting is what it is for.
///
/// Feature `prometheus` has a ready one, `PrometheusObserver`.
pub trait Observer: Send + Sync + 'static {
    /// A call has ended.
    fn on_call(&self, call: &CallReport) {
        let _ = call;
    }

    /// Something happened beside the calls, or within one.
    fn on_event(&self, event: &Event<'_>) {
        let _ = event;
    }
}

/// One call, from the first attempt to the answer.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CallReport {
    /// The command in small letters, `other` if this client does not know it, `pipeline` for a pipeline.
    pub command: &'static str,
    /// How long it took, retries and pauses included.
    pub took: Duration,
    /// How often it was sent, or tried to be; hedges not included.
    pub attempts: u32,
    /// Why it failed, if it did.
    pub error: Option<ErrorKind>,
}

impl CallReport {
    pub(crate) fn new(command: &'static str, took: Duration, attempts: u32, error: Option<ErrorKind>) -> Self {
        CallReport {
            command,
            took,
            attempts,
            error,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A connection was made.
    Connected {
        /// The node's address.
        node: &'a str,
    },
    /// A connection has ended.
    Disconnected {
        /// The node's address.
        node: &'a str,
    },
    /// A node failed, and is left alone for a while.
    NodeRests {
        /// The node's address.
        node: &'a str,
    },
    /// A node that was left alone answers again.
    NodeIsBack {
        /// The node's address.
        node: &'a str,
    },
    /// A node was asked for the placement.
    TopologyFetched {
        /// The epoch of the placement in use now.
        epoch: u64,
        /// Whether it differs from the one before.
        changed: bool,
    },
    /// No node answered when asked for the placement.
    TopologyFetchFailed,
    /// A call is made again.
    Retried {
        /// The command in small letters.
        command: &'static str,
        /// Why.
        error: ErrorKind,
    },
    /// A read was slow, and is made on another owner as well.
    Hedged,
    /// The second owner answered first.
    HedgeWon,
    /// A read counted: so many owners as it needs gave the same vote.
    Voted,
    /// Owners' votes on a read differed, or one did not come: it is made by way of the coordinator.
    VoteFailed,
    /// A read was answered from the near cache.
    NearHit,
    /// A read was not in the near cache.
    NearMiss,
    /// A node's push has come and is about to drop a key from the near cache, or all keys of an arc. Pushes of one connection are told one after the other: when one is told,
    /// what those before it named is gone.
    NearPush {
        /// The node's address.
        node: &'a str,
        /// The arc.
        arc: u16,
        /// The key; `None`: all of the arc.
        key: Option<&'a [u8]>,
    },
}
