//! From a configuration to a running node, and back.

use super::agreement::Agreement;
use super::background::Background;
use super::epochs::Epochs;
use super::join::{JoinError, join};
use super::known::Known;
use super::progress::Progress;
use super::register_file::{RegisterFile, RegisterFileError};
use super::sockets::Sockets;
use super::{Clock, HugePages, Identity, IdentityError, LastDocument, LeastSynced, Node};
use crate::config::{ClusterNode, Config, LiveConfig};
use crate::control_loop::ControlLoop;
use crate::http::HttpServer;
use crate::learned::LearnedStamps;
use crate::link::links::Links;
use crate::link::outbox::QueueLimit;
use crate::link::pace::Pace;
use crate::link::peer::Link;
use crate::link::sweeper::Sweeper;
use crate::link::{accept, dial};
use crate::logs::Logs;
use crate::metrics::NodeMetrics;
use crate::routes::Routes;
use crate::session::caller::Door;
use crate::session::clients::Clients;
use crate::session::door;
use crate::session::pause::Pause;
use crate::slowlog::SlowLog;
use crate::store::Store;
use crate::waiting::Waiting;
use arc_swap::ArcSwap;
use circlet_core::clock::DriftGuard;
use circlet_core::control::{ControlConfig, ControlPlane, Effect, Event};
use circlet_core::hint::Hints;
use circlet_core::hot_keys::HotKeys;
use circlet_core::message::hello::Purpose;
use circlet_core::register::{Acceptor, record};
use circlet_core::topology::{Addresses, ClusterSettings, MemberEntry, Topology};
use circlet_hedge::Budget;
use circlet_resp::command::all;
use circlet_ring::NodeId;
use parking_lot::Mutex;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// How long a node that stops waits for the others to hear of it.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a node cannot start. Nothing of it is left running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A socket cannot be bound.
    #[error("cannot listen on {address} ({what}): {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What for.
        what: &'static str,
        /// Why not.
        error: io::Error,
    },
    /// What it voted for and the topology that it held.
    #[error("{0}")]
    Register(String),
    /// The cluster that it was to join.
    #[error("{0}")]
    Join(String),
    /// The node has lived before, and what it voted for is gone.
    #[error(
        "the file `register` is gone from the data directory: without its votes this node must not vote; give it back, or start a new node in its place"
    )]
    Forgotten,
    /// The file of the register holds no topology.
    #[error("the register in the data directory holds no topology")]
    Nothing,
    /// The list of nodes makes no cluster.
    #[error("the list of nodes: {0}")]
    Topology(String),
    /// The control thread could not be made.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl From<RegisterFileError> for StartError {
    fn from(error: RegisterFileError) -> Self {
        Self::Register(error.to_string())
    }
}

impl From<JoinError> for StartError {
    fn from(error: JoinError) -> Self {
        Self::Join(error.to_string())
    }
}

/// A running node.
pub struct Running {
    node: Arc<Node>,
    tasks: JoinSet<()>,
    left: oneshot::Receiver<()>,
    http: HttpServer,
    _background: Background,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "node {}", self.node.identity.id)
    }
}

/// Starts a node on the current runtime. It listens when this returns. `logs`, if the node's process logs, follows `CONFIG SET log-level`.
///
/// # Errors
/// [`StartError`].
pub async fn start(config: LiveConfig, logs: Option<Logs>) -> Result<Running, StartError> {
    let settings = config.current();
    let clock = Clock::new(settings.node.clock_skew_ms);
    let identity = Identity::begin_life(&settings.node.dir, settings.node.id, clock.wall())?;
    let sockets = Sockets::bind(&settings).await?;
    let mut file = RegisterFile::open(&settings.node.dir)?;
    let acceptor = acceptor(&mut file, &settings, &identity, &sockets).await?;
    let topology = acceptor.chosen().cloned().ok_or(StartError::Nothing)?;
    let claimed = claimed(&settings, &identity, &sockets).map_err(StartError::Thread)?;
    let (plane, effects) = control_plane(control_config(&settings, &identity, claimed), &topology, &clock)?;
    let (events, received) = mpsc::unbounded_channel();
    let (agreement, requests) = mpsc::unbounded_channel();
    let (leave, left) = oneshot::channel();
    let background = Background::start().map_err(StartError::Thread)?;
    let (sweeper, least_synced) = (Arc::<Sweeper>::default(), LeastSynced::default());
    let queue_limit = QueueLimit::new(settings.limits.peer_queue_bytes_max.bytes());
    let node = Arc::new(Node {
        store: Store::new(topology.settings().arcs),
        links: links(&sweeper, &queue_limit, &least_synced),
        bulk_links: links(&sweeper, &queue_limit, &least_synced),
        background: background.handle(),
        pace: Pace::default(),
        huge_pages: HugePages::held_off(clock.mono_ns()),
        last_document: LastDocument::default(),
        hedges: Budget::new(super::hedging::HEDGES_SAVED_MAX),
        sweeper,
        queue_limit,
        epochs: Epochs::at(topology.epoch()),
        routes: ArcSwap::from_pointee(Routes::new(Arc::clone(plane.view()))),
        hints: Mutex::new(Hints::new(super::hints::caps(&settings))),
        clients: Clients::default(),
        pause: Pause::default(),
        waiting: Waiting::default(),
        learned: LearnedStamps::new(topology.settings().arcs),
        metrics: new_metrics(),
        drift: DriftGuard::new(u64::from(topology.settings().clock_off_ms_max)),
        clocks: ArcSwap::default(),
        author: identity.author(),
        least_synced,
        claimed,
        known: Known::open(&settings.node.dir),
        progress: Progress::default(),
        lease_until: AtomicU64::new(0),
        told_gone: AtomicBool::new(false),
        changed: watch::Sender::new(0),
        events,
        agreement,
        logs,
        slowlog: Mutex::new(SlowLog::new(settings.observability.slowlog_entries_max as usize)),
        latency: Mutex::default(),
        hot_keys: Mutex::new(HotKeys::new(clock.now().mono)),
        identity,
        config,
        clock,
    });
    spawn_control(Arc::clone(&node), plane, effects, sockets.gossip, received, leave)?;
    settle_in(&node);
    let mut tasks = upkeep(&node);
    tasks.spawn(Agreement::new(Arc::clone(&node), acceptor, file, requests).run());
    let clients = [(sockets.big, Door::Big), (sockets.cluster, Door::Cluster)];
    listen(&mut tasks, &node, sockets.peer, clients);
    let http = HttpServer::start(sockets.http, super::web::pages(&node)).map_err(StartError::Thread)?;
    Ok(Running {
        node,
        tasks,
        left,
        http,
        _background: background,
    })
}

/// What the node makes of the topology that it starts with.
fn settle_in(node: &Arc<Node>) {
    super::gauges::register(node);
    let announced = node.config.current().node.announce_ip_given;
    node.adopt_settings();
    for (id, said) in node.known.all() {
        node.tell(Event::Moved {
            peer: id,
            gossip: said.gossip,
        });
    }
    node.links.grow(node.topology().members().len());
    // What others are told by a hello, this node's own clients are told as well.
    node.links[node.routes.load().me].on_announced(announced);
}

/// Lets peers and clients in.
fn listen(tasks: &mut JoinSet<()>, node: &Arc<Node>, peers: TcpListener, clients: [(TcpListener, Door); 2]) {
    tasks.spawn(accept::accept(Arc::clone(node), peers));
    for (sockets, door) in clients {
        tasks.spawn(door::open(Arc::clone(node), sockets, door));
    }
}

/// What goes on whoever asks for what.
fn upkeep(node: &Arc<Node>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(dial::keep_all(Arc::clone(node), Purpose::Commands));
    tasks.spawn_on(dial::keep_all(Arc::clone(node), Purpose::Bulk), &node.background);
    tasks.spawn(super::upkeep::sweep_links(Arc::clone(node)));
    tasks.spawn(super::upkeep::sweep_own_arcs(Arc::clone(node)));
    tasks.spawn(super::upkeep::close_idle(Arc::clone(node)));
    tasks.spawn_on(super::progress::watch(Arc::clone(node)), &node.background);
    tasks.spawn(super::meet::keep_meeting(Arc::clone(node)));
    tasks
}

fn links(sweeper: &Arc<Sweeper>, limit: &QueueLimit, least_synced: &LeastSynced) -> Links {
    let (sweeper, limit, least_synced) = (Arc::clone(sweeper), limit.clone(), least_synced.clone());
    Links::new(move |peer| Link::new(peer, Arc::clone(&sweeper), limit.clone(), least_synced.clone()))
}

/// The control plane, and what it wants done first.
fn control_plane(
    config: ControlConfig,
    topology: &Arc<Topology>,
    clock: &Clock,
) -> Result<(ControlPlane, Vec<Effect>), StartError> {
    let mut effects = Vec::new();
    match ControlPlane::start(config, topology, clock.now(), &mut effects) {
        Ok(plane) => Ok((plane, effects)),
        Err(error) => Err(StartError::Topology(error.to_string())),
    }
}

fn control_config(settings: &Config, identity: &Identity, claimed: Addresses) -> ControlConfig {
    ControlConfig {
        gossip_at: Some(claimed.gossip),
        profile: settings.cluster.gossip_profile,
        round_period: settings.timeouts.antientropy_period.duration(),
        ..ControlConfig::new(identity.id, identity.life, rand::random())
    }
}

impl Running {
    /// The node's id.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.node.identity.id
    }

    /// Where the node listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.node.addresses()
    }

    /// Waits until the node is a member of its cluster no more: it has left, and given away all that it had; or it was removed.
    pub async fn gone(&self) {
        self.node.gone().await;
    }

    /// Finishes what is in flight, tells the others, and stops. A stop, not a leave: the node keeps its place in the topology.
    pub async fn stop(mut self) {
        let settings = self.node.config.current();
        self.node.clients.finish(settings.timeouts.shutdown.duration()).await;
        self.node.tell(Event::Shutdown);
        // A node whose peers are gone has nobody to tell.
        let _ = tokio::time::timeout(LEAVE_TIMEOUT, &mut self.left).await;
        self.tasks.shutdown().await;
        self.http.stop();
    }
}

/// What this node votes by: what its disk holds; else, in its first life, the topology that it joins, or forms with the nodes of its list.
///
/// It is on disk before anything is said: a node that forgot what it voted for, or that it had joined, may not take part under its id again.
async fn acceptor(
    file: &mut RegisterFile,
    config: &Config,
    identity: &Identity,
    sockets: &Sockets,
) -> Result<Acceptor<Arc<Topology>>, StartError> {
    if let Some(known) = file.load()? {
        return Ok(known);
    }
    let topology = if config.node.join.is_empty() {
        form(config, identity, sockets)?
    } else {
        let myself = alone(config, identity, sockets).map_err(StartError::Thread)?;
        join(&config.node.join, &myself, config.node.replace).await?
    };
    let acceptor = Acceptor::formed(Arc::new(topology));
    file.save(&record::encode(&acceptor))?;
    Ok(acceptor)
}

/// The topology that the configuration lists; a list of none is this node alone, at the ports that it was given.
fn form(config: &Config, identity: &Identity, sockets: &Sockets) -> Result<Topology, StartError> {
    let settings = ClusterSettings {
        replicas: config.cluster.replicas,
        read: config.cluster.read_level,
        write: config.cluster.write_level,
        arcs: config.cluster.arcs,
        clock_off_ms_max: u32::try_from(config.cluster.clock_ahead_ms_max.0).unwrap_or(u32::MAX),
    };
    let members = if config.cluster.nodes.is_empty() {
        vec![alone(config, identity, sockets).map_err(StartError::Thread)?]
    } else {
        config.cluster.nodes.iter().map(founding).collect()
    };
    Topology::form(settings, members).map_err(|error| StartError::Topology(error.to_string()))
}

/// Counters for every command, by its number, and for every error code that a client can get.
fn new_metrics() -> NodeMetrics {
    const ERROR_CODES: [&str; 10] = [
        "ERR",
        "WRONGTYPE",
        "CROSSSLOT",
        "MOVED",
        "NOQUORUM",
        "WRITETIMEOUT",
        "READTIMEOUT",
        "OOM",
        "BUSY",
        "EXECABORT",
    ];
    let commands = all().iter().map(|spec| spec.name().to_owned()).collect();
    NodeMetrics::new(commands, &ERROR_CODES)
}

fn founding(node: &ClusterNode) -> MemberEntry {
    let at = |port| SocketAddr::new(node.ip, port);
    let addresses = Addresses {
        client: at(node.port),
        cluster: at(node.redis_cluster_port),
        peer: at(node.peer_port),
        gossip: at(node.peer_port),
        http: at(node.http_port),
    };
    MemberEntry::founding(node.id, node.zone.clone(), node.weight, addresses)
}

fn alone(config: &Config, identity: &Identity, sockets: &Sockets) -> io::Result<MemberEntry> {
    let at =
        |bound: io::Result<SocketAddr>| Ok::<_, io::Error>(SocketAddr::new(config.node.announced_ip(), bound?.port()));
    let addresses = Addresses {
        client: at(sockets.big.local_addr())?,
        cluster: at(sockets.cluster.local_addr())?,
        peer: at(sockets.peer.local_addr())?,
        gossip: at(sockets.gossip.local_addr())?,
        http: at(sockets.http.local_addr())?,
    };
    Ok(MemberEntry::founding(
        identity.id,
        config.node.zone.clone(),
        config.node.weight,
        addresses,
    ))
}

/// Where this node is, as it says itself: where its list of nodes says, else where it listens.
fn claimed(config: &Config, identity: &Identity, sockets: &Sockets) -> io::Result<Addresses> {
    match config.cluster.node(&identity.id) {
        Some(listed) => Ok(founding(listed).addresses),
        None => Ok(alone(config, identity, sockets)?.addresses),
    }
}

fn spawn_control(
    node: Arc<Node>,
    plane: ControlPlane,
    effects: Vec<Effect>,
    gossip: UdpSocket,
    events: mpsc::UnboundedReceiver<Event>,
    left: oneshot::Sender<()>,
) -> Result<(), StartError> {
    let data_plane = Handle::current();
    let gossip = gossip.into_std().map_err(StartError::Thread)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Thread)?;
    let run = move || {
        let done = runtime.block_on(async {
            let socket = UdpSocket::from_std(gossip)?;
            ControlLoop {
                node,
                plane,
                socket,
                events,
                data_plane,
                refused: 0,
                left: Some(left),
            }
            .run(effects)
            .await
        });
        if let Err(error) = done {
            tracing::error!(%error, "the control plane stopped");
        }
    };
    std::thread::Builder::new()
        .name("control".into())
        .spawn(run)
        .map(drop)
        .map_err(StartError::Thread)
}
