//! One node as the client sees it: its connections, whether it is asked, how fast it is.

use crate::breaker::{Admission, Breaker};
use crate::cmd;
use crate::connection::{Bounds, Connection, Greeting, PushSink, greet};
use crate::error::{Error, ErrorKind};
use crate::observer::Event;
use crate::options::{Consistency, Options};
use crate::votes::Rest;
use arc_swap::{ArcSwapOption, Guard};
use circlet_hedge::RecentAnswers;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

/// A level and its connections: a connection's level is fixed, since calls of many tasks share it.
const LANES: usize = 2 * LEVELS.len();

/// Where reads' recent times begin, before there are any.
const FIRST_P95: Duration = Duration::from_millis(20);

/// Connections kept for blocking commands, of those that are free.
const IDLE_MAX: usize = 16;

/// What all nodes of a client share.
pub(crate) struct Surroundings {
    pub(crate) options: Options,
    /// Wakes whoever fetches the placement.
    pub(crate) wants_topology: Notify,
}

impl Surroundings {
    pub(crate) fn tell(&self, event: Event<'_>) {
        tracing::trace!(target: "circlet_client", ?event);
        if let Some(observer) = &self.options.observer {
            observer.on_event(&event);
        }
    }
}

/// See the module's header.
pub(crate) struct Node {
    pub(crate) address: Box<str>,
    lanes: [Lane; LANES],
    /// Free connections of blocking commands.
    idle: Mutex<Vec<Connection>>,
    breaker: Mutex<Breaker>,
    /// Whether the breaker is not closed: what calls look at first.
    rests: AtomicBool,
    /// Calls in a row that failed are counted; a success need not be told while this is false.
    failed_lately: AtomicBool,
    /// How often it took no connection.
    refusals: AtomicU32,
    pub(crate) reads: RecentAnswers<95>,
    /// Until when it is not asked for votes.
    pub(crate) no_votes: Rest,
    around: Arc<Surroundings>,
}

/// The connections of one level.
struct Lane {
    slots: Box<[Slot]>,
}

#[derive(Default)]
struct Slot {
    connection: ArcSwapOption<Connection>,
    /// Held by the one that connects.
    connecting: tokio::sync::Mutex<()>,
}

/// A place in [`Node::lanes`].
pub(crate) fn lane_of(level: Option<Consistency>) -> usize {
    level.map_or(0, |level| level as usize + 1)
}

/// The lane of hedged reads: what is sent there is run by that node itself if it owns the key.
pub(crate) fn hedge_lane_of(level: Option<Consistency>) -> usize {
    LEVELS.len() + lane_of(level)
}

const LEVELS: [Option<Consistency>; 4] = [
    None,
    Some(Consistency::One),
    Some(Consistency::Quorum),
    Some(Consistency::All),
];

impl Node {
    pub(crate) fn new(address: &str, around: Arc<Surroundings>) -> Arc<Self> {
        let options = &around.options;
        let lane = || Lane {
            slots: (0..options.connections_per_node.clamp(1, 16))
                .map(|_| Slot::default())
                .collect(),
        };
        Arc::new(Node {
            address: address.into(),
            lanes: std::array::from_fn(|_| lane()),
            idle: Mutex::default(),
            breaker: Mutex::new(Breaker::new(options.failures_max, options.rest, options.rest_max)),
            rests: AtomicBool::new(false),
            failed_lately: AtomicBool::new(false),
            refusals: AtomicU32::new(0),
            reads: RecentAnswers::new(FIRST_P95),
            no_votes: Rest::default(),
            around,
        })
    }

    /// Whether calls should go to it. When it is time to look whether it is back, somebody does in the background.
    pub(crate) fn is_available(self: &Arc<Self>) -> bool {
        if !self.rests.load(Ordering::Acquire) {
            return true;
        }
        match self.breaker.lock().admit(Instant::now()) {
            Admission::Pass => true,
            Admission::Refuse => false,
            Admission::Probe => {
                tokio::spawn(Arc::clone(self).probe());
                false
            }
        }
    }

    /// Finds out whether it answers, and tells the breaker. A connection that stands proves nothing: a node that hangs keeps its own.
    async fn probe(self: Arc<Self>) {
        let deadline = Instant::now() + self.around.options.connect_timeout;
        let asked = async {
            let connection = self.connection(0, 0).await.ok()?;
            let answered = connection.send(std::iter::once(&cmd("PING")), deadline).await.ok()?;
            answered.await.ok()?.ok()
        };
        match timeout_at(deadline, asked).await {
            Ok(Some(_)) => self.on_answer(),
            _ => self.on_refusal(),
        }
    }

    /// The connection of a lane, if there is one that works. `spread` chooses among several.
    pub(crate) fn ready(&self, lane: usize, spread: usize) -> Option<Guard<Option<Arc<Connection>>>> {
        let slots = &self.lanes[lane].slots;
        let connection = slots[spread % slots.len()].connection.load();
        connection
            .as_ref()
            .is_some_and(|connection| connection.is_open())
            .then_some(connection)
    }

    /// The connection of a lane, made if need be. Those who want the same one wait for one attempt.
    ///
    /// # Errors
    /// When the node takes none, or refuses the greeting.
    pub(crate) async fn connection(self: &Arc<Self>, lane: usize, spread: usize) -> Result<Arc<Connection>, Error> {
        let slots = &self.lanes[lane].slots;
        let slot = &slots[spread % slots.len()];
        let open = || slot.connection.load_full().filter(|connection| connection.is_open());
        if let Some(connection) = open() {
            return Ok(connection);
        }
        let refusals = self.refusals.load(Ordering::Acquire);
        let _connecting = slot.connecting.lock().await;
        if let Some(connection) = open() {
            return Ok(connection);
        }
        // The one that was waited for found nobody.
        if refusals != self.refusals.load(Ordering::Acquire) {
            return Err(Error::new(
                ErrorKind::Unreachable,
                format!("{} takes no connections", self.address),
            ));
        }
        let connection = Arc::new(self.connect(self.greeting(lane), self.bounds(), None).await?);
        slot.connection.store(Some(Arc::clone(&connection)));
        Ok(connection)
    }

    fn greeting(&self, lane: usize) -> Greeting {
        let greeting = Greeting::new(&self.around.options, LEVELS[lane % LEVELS.len()]);
        if lane < LEVELS.len() {
            return greeting;
        }
        greeting.and(cmd("CLIENT").arg("CONSISTENCY").arg(["AT", "OWNER"]))
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            inflight_max: self.around.options.inflight_max.max(1),
            silence_max: Some(self.around.options.silence_max),
        }
    }

    /// A connection for one blocking command at a time: others would wait behind it. Give it back with [`Node::keep`] once it is answered.
    ///
    /// # Errors
    /// As [`Node::connection`].
    pub(crate) async fn dedicated(self: &Arc<Self>, level: Option<Consistency>) -> Result<Connection, Error> {
        let free = level.is_none().then(|| self.idle.lock().pop()).flatten();
        if let Some(connection) = free.filter(Connection::is_open) {
            return Ok(connection);
        }
        let bounds = Bounds {
            silence_max: None,
            ..self.bounds()
        };
        self.connect(Greeting::new(&self.around.options, level), bounds, None)
            .await
    }

    /// Tells that this node has sent a push.
    pub(crate) fn tell_push(&self, arc: u16, key: Option<&[u8]>) {
        let node = &*self.address;
        self.around.tell(Event::NearPush { node, arc, key });
    }

    /// Keeps a connection of no level for the next blocking command.
    pub(crate) fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock();
        if idle.len() < IDLE_MAX && connection.is_open() {
            idle.push(connection);
        }
    }

    /// Connects and greets.
    ///
    /// # Errors
    /// As [`Node::connection`].
    pub(crate) async fn connect(
        self: &Arc<Self>,
        greeting: Greeting,
        bounds: Bounds,
        pushes: Option<PushSink>,
    ) -> Result<Connection, Error> {
        let made = timeout(
            self.around.options.connect_timeout,
            self.connect_now(&greeting, bounds, pushes),
        );
        let late = || Error::new(ErrorKind::Unreachable, format!("{} does not answer", self.address));
        let made = made.await.unwrap_or_else(|_| Err(late()));
        match &made {
            Ok(_) => {
                self.on_answer();
                self.around.tell(Event::Connected { node: &self.address });
            }
            // It is there, and says no.
            Err(error) if error.kind() != ErrorKind::Unreachable => self.on_answer(),
            Err(_) => self.on_refusal(),
        }
        made
    }

    async fn connect_now(
        self: &Arc<Self>,
        greeting: &Greeting,
        bounds: Bounds,
        pushes: Option<PushSink>,
    ) -> Result<Connection, Error> {
        let failed = |error: std::io::Error| Error::new(ErrorKind::Unreachable, format!("{}: {error}", self.address));
        let mut socket = TcpStream::connect(&*self.address).await.map_err(failed)?;
        socket.set_nodelay(true).map_err(failed)?;
        let node = Arc::downgrade(self);
        let on_end = move || {
            if let Some(node) = node.upgrade() {
                node.around.tell(Event::Disconnected { node: &node.address });
                node.around.wants_topology.notify_one();
            }
        };
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.around.options.tls {
            let mut socket = tls.connect(&self.address, socket).await?;
            let unread = greet(&mut socket, greeting).await?;
            return Ok(Connection::start(socket, unread, bounds, pushes, on_end));
        }
        let unread = greet(&mut socket, greeting).await?;
        Ok(Connection::start(socket, unread, bounds, pushes, on_end))
    }

    /// The node answered.
    pub(crate) fn on_answer(&self) {
        if self.failed_lately.load(Ordering::Relaxed) && self.failed_lately.swap(false, Ordering::AcqRel) {
            let mut breaker = self.breaker.lock();
            let is_back = breaker.on_success();
            self.rests.store(false, Ordering::Release);
            drop(breaker);
            if is_back {
                self.around.tell(Event::NodeIsBack { node: &self.address });
            }
        }
    }

    /// A call was not answered in time.
    pub(crate) fn on_silence(&self) {
        self.on_failure(Breaker::on_failure);
    }

    fn on_refusal(&self) {
        self.refusals.fetch_add(1, Ordering::AcqRel);
        self.on_failure(Breaker::on_refusal);
    }

    fn on_failure(&self, how: impl Fn(&mut Breaker, Instant, f64) -> bool) {
        self.failed_lately.store(true, Ordering::Release);
        let mut breaker = self.breaker.lock();
        let opened = how(&mut breaker, Instant::now(), rand::random());
        let rests = breaker.is_open();
        self.rests.store(rests, Ordering::Release);
        drop(breaker);
        if opened {
            self.around.tell(Event::NodeRests { node: &self.address });
            self.around.wants_topology.notify_one();
        }
    }

    /// Makes connections to be there when they are asked for.
    pub(crate) async fn warm_up(self: &Arc<Self>) {
        for spread in 0..self.lanes[0].slots.len() {
            // A node that is down is found out by those who need it.
            let _ = self.connection(0, spread).await;
        }
    }
}
