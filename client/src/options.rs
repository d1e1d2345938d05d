//! What a client is told when it is made.

use crate::observer::Observer;
use crate::tls::Tls;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How many owners of a key must take part: of a read, how many must have spoken; of a write, how many must have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consistency {
    /// The one that runs the command. Fast, and stale when owners were apart.
    One,
    /// A majority. What one such write acknowledged, every later such read sees.
    Quorum,
    /// All. No owner may be away.
    All,
}

impl Consistency {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Consistency::One => "ONE",
            Consistency::Quorum => "QUORUM",
            Consistency::All => "ALL",
        }
    }
}

/// A user and a password.
#[derive(Clone)]
pub struct Credentials {
    /// Redis's `default` where there is only a password.
    pub user: String,
    /// Never shown.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Credentials({})", self.user)
    }
}

/// How often and when a call is made again. What may be made again at all is written at [`Repeat`](crate::Repeat).
#[derive(Debug, Clone, Copy)]
pub struct RetryOptions {
    /// Retries of one call. Default 16; 0: none. The call's time bounds them as well.
    pub max: u32,
    /// The first pause. The first retry on another node comes without one. Default 10 ms.
    pub pause: Duration,
    /// Pauses double up to this. Each is drawn between half of its length and all of it. Default 300 ms.
    pub pause_max: Duration,
    /// Whether unconditional SETs whose fate is unknown are sent again, unless they got no answer. Such a SET may then undo a write that another client made in between.
    /// Default true.
    pub overwrites: bool,
    /// After so long without an answer a read, or a call that says it may be repeated, is made on another node. Default 500 ms. Lowering it: a node that
    /// stands still costs less time, one that is only busy gets more work.
    pub attempt_timeout: Duration,
}

impl Default for RetryOptions {
    fn default() -> Self {
        RetryOptions {
            max: 16,
            pause: Duration::from_millis(10),
            pause_max: Duration::from_millis(300),
            overwrites: true,
            attempt_timeout: Duration::from_millis(500),
        }
    }
}

/// When a read is made a second time, on another owner, because the first is slow.
#[derive(Debug, Clone, Copy)]
pub struct HedgeOptions {
    /// Whether at all. Default false.
    pub enabled: bool,
    /// Hedged reads among a hundred reads, at most. Default 5.
    pub budget_percent: u32,
    /// A read is not hedged before this, however fast the node was lately. Default 1 ms.
    pub after_min: Duration,
}

impl Default for HedgeOptions {
    fn default() -> Self {
        HedgeOptions {
            enabled: false,
            budget_percent: 5,
            after_min: Duration::from_millis(1),
        }
    }
}

/// What a client is told when it is made. All of it has defaults.
#[derive(Clone)]
pub struct Options {
    /// For one node to accept a connection and to answer the greeting. Default 500 ms.
    pub connect_timeout: Duration,
    /// For one call with all its retries, unless the call says otherwise. Default 2 s. Blocking commands have their own time besides.
    pub call_timeout: Duration,
    /// Connections to each node and level, 1 to 16. Default 1. A key always goes by the same one. More help when one connection's task is
    /// a core's whole work.
    pub connections_per_node: usize,
    /// Calls of up to 4 KiB that may be under way on one connection; a longer one counts as several. Further callers wait. Default 4096.
    pub inflight_max: u32,
    /// A connection on which nothing came for so long while calls waited is given up. Default 5 s.
    pub silence_max: Duration,
    /// After so many calls in a row without an answer in time a node is left alone for a while. One that refuses connections is at once.
    /// Default 5.
    pub failures_max: u32,
    /// How long a node that fails is left alone at first; doubles up to `rest_max`. Default 50 ms.
    pub rest: Duration,
    /// See `rest`. Default 2 s.
    pub rest_max: Duration,
    /// How often the client asks whether the placement has changed, 20 % more or less. Default 5 s. A lost connection makes it ask at once.
    pub refresh_every: Duration,
    /// Level of reads; `None`: what the cluster, or the key's prefix, has as its default.
    pub reads: Option<Consistency>,
    /// The same for writes.
    pub writes: Option<Consistency>,
    /// Whether reads of one key at QUORUM go to two owners at once, and the client compares their votes, where two are a quorum: one way to the cluster and back
    /// instead of two. Those whose owners differ are made by way of the key's coordinator as ever. Default true.
    pub votes: bool,
    /// See [`RetryOptions`].
    pub retry: RetryOptions,
    /// See [`HedgeOptions`].
    pub hedge: HedgeOptions,
    /// Who the client is, for nodes that ask.
    pub credentials: Option<Credentials>,
    /// The connections' name in `CLIENT LIST`: printable characters without blanks.
    pub name: Option<String>,
    /// Encrypted connections; `None`: plain ones.
    pub tls: Option<Tls>,
    /// Hears of calls and events.
    pub observer: Option<Arc<dyn Observer>>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connect_timeout: Duration::from_millis(500),
            call_timeout: Duration::from_secs(2),
            connections_per_node: 1,
            inflight_max: 4096,
            silence_max: Duration::from_secs(5),
            failures_max: 5,
            rest: Duration::from_millis(50),
            rest_max: Duration::from_secs(2),
            refresh_every: Duration::from_secs(5),
            reads: None,
            writes: None,
            votes: true,
            retry: RetryOptions::default(),
            hedge: HedgeOptions::default(),
            credentials: None,
            name: None,
            tls: None,
            observer: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("connections_per_node", &self.connections_per_node)
            .field("reads", &self.reads)
            .field("writes", &self.writes)
            .field("votes", &self.votes)
            .field("retry", &self.retry)
            .field("hedge", &self.hedge)
            .field("credentials", &self.credentials)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}
