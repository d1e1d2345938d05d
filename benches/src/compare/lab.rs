//! What every section needs: the programs, the lengths of runs, the patience left.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::error::{Doing, Result};
use crate::load::{self, Keys, Op, Shape, Span, Target, Workload};
use crate::machine::affinity;
use crate::machine::quiet::Patience;
use crate::servers::{self, ClusterPlan, Peers, Server};

/// Keys that are loaded, and asked for at random.
pub(crate) const KEYS: u64 = 1_000_000;
pub(crate) const VALUE_BYTES: usize = 64;
pub(crate) const CONNECTIONS: usize = 50;
/// The depths of pipelining that the budgets name.
pub(crate) const PIPELINES: [usize; 3] = [1, 16, 64];

/// How thorough a run is.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: u32,
    pub(crate) window: Duration,
    pub(crate) floor_window: Duration,
    pub(crate) patience: Duration,
    /// A smoke run: fewer entries, fewer trials, shorter rests.
    pub(crate) is_quick: bool,
}

impl Effort {
    pub(crate) const FULL: Self = Self {
        rounds: 5,
        window: Duration::from_millis(600),
        floor_window: Duration::from_millis(400),
        patience: Duration::from_secs(180),
        is_quick: false,
    };
    pub(crate) const QUICK: Self = Self {
        rounds: 1,
        window: Duration::from_millis(200),
        floor_window: Duration::from_millis(100),
        patience: Duration::from_secs(2),
        is_quick: true,
    };
}

pub(crate) struct Lab {
    pub(crate) peers: Peers,
    pub(crate) effort: Effort,
    circlet: PathBuf,
    patience: Patience,
    logs: TempDir,
}

/// Where servers and the generator run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pinning {
    /// The server on core 0, the generator on core 1: for CPU and latency.
    Apart,
    /// Wherever the kernel puts them: for throughput and for clusters.
    Free,
}

impl Pinning {
    pub(crate) fn server_core(self) -> Option<usize> {
        (self == Self::Apart && affinity::cores() > 1).then_some(0)
    }

    fn client_core(self) -> Option<usize> {
        (self == Self::Apart && affinity::cores() > 1).then_some(1)
    }
}

impl Lab {
    pub(crate) fn new(circlet: PathBuf, effort: Effort) -> Result<Self> {
        let logs = TempDir::new().doing("making a directory for logs")?;
        Ok(Self {
            peers: Peers::find()?,
            effort,
            circlet,
            patience: Patience::new(effort.patience),
            logs,
        })
    }

    pub(crate) fn rounds(&self) -> u32 {
        self.effort.rounds
    }

    pub(crate) fn span(&self) -> Span {
        Span {
            warm_up: Duration::from_millis(100),
            window: self.effort.window,
        }
    }

    pub(crate) fn floor_span(&self) -> Span {
        Span {
            warm_up: Duration::from_millis(60),
            window: self.effort.floor_window,
        }
    }

    pub(crate) fn wait_for_quiet(&mut self) -> Result<()> {
        self.patience.wait().map(|_was_quiet| ())
    }

    pub(crate) fn start_floor(&self, pinning: Pinning) -> Result<Server> {
        servers::start_floor(pinning.server_core(), VALUE_BYTES, self.logs.path())
    }

    /// One node that keeps one copy.
    pub(crate) fn start_one_node(&self, pinning: Pinning) -> Result<Server> {
        let core = pinning.server_core();
        servers::start_circlet(
            &self.circlet,
            ClusterPlan {
                nodes: 1,
                replicas: 1,
                core,
            },
        )
    }

    pub(crate) fn start_cluster(&self, nodes: u16, replicas: u16) -> Result<Server> {
        servers::start_circlet(
            &self.circlet,
            ClusterPlan {
                nodes,
                replicas,
                core: None,
            },
        )
    }
}

/// All keys at a server's first endpoint.
pub(crate) fn whole(server: &Server) -> Vec<Target> {
    vec![Target {
        addr: server.endpoints[0],
        keys: Keys::All { count: KEYS },
    }]
}

/// The budgets' workload.
pub(crate) fn workload(server: &Server, targets: Vec<Target>, op: Op, pipeline: usize, pinning: Pinning) -> Workload {
    Workload {
        targets,
        connections: CONNECTIONS,
        pipeline,
        shape: Shape {
            op,
            value_bytes: VALUE_BYTES,
            ttl_s: None,
            get_percent: 0,
        },
        wait_replicas: None,
        threads: 1,
        core: pinning.client_core(),
        server_pids: server.pids.clone(),
    }
}

/// Writes every key once through the first endpoint.
pub(crate) fn load_keys(server: &Server, pinning: Pinning) -> Result<()> {
    load_with(Op::Set, server, pinning)
}

/// The same, by another write than SET.
pub(crate) fn load_with(op: Op, server: &Server, pinning: Pinning) -> Result<()> {
    load::fill(&workload(server, whole(server), op, 16, pinning)).map(|_| ())
}
