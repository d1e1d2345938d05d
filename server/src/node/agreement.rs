//! This node's part in agreeing on the topology: the core's register, with a disk and links.
//!
//! ```text
//!   operators (CLUSTER JOIN ...) --change-->  +-----------+ --messages--> links --> other members
//!   control plane (driver) -----propose---->  | Agreement | --record----> DIR/register, before anything that follows from it
//!   links, messages of others ------------->  +-----------+ --chosen----> control plane, and all members
//! ```
//!
//! A task of its own: it waits for the disk, which neither the control plane nor the data plane may. What is chosen goes to the control plane when it is on
//! the disks of the other voters as well, or a little later ([`Together`]): clients feel the time in which some nodes act by it and others do not.

use super::Node;
use super::register_file::RegisterFile;
use crate::routes::{NodeIndex, index};
use circlet_core::control::Event;
use circlet_core::message::register;
use circlet_core::moves::{Change, ChangeError, Losses, apply, recover};
use circlet_core::register::{Acceptor, ForceError, Message, Outcome, Output, Register, ShortId, Together};
use circlet_core::topology::{Epoch, MemberEntry, MemberIndex, Topology};
use circlet_ring::NodeId;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

#[cfg(test)]
mod tests;

/// How often a change is made anew because another one was chosen before it.
const TRIES_MAX: u32 = 20;

/// How long a forced recovery waits for a newer topology that another survivor may have.
const FETCH_TIMEOUT: Duration = Duration::from_millis(500);

/// How long an operator's change may take to be in force here once it is decided: a small multiple of the wait for the others' disks.
const IN_FORCE_TIMEOUT: Duration = Duration::from_secs(1);

/// What the task is asked.
pub(crate) enum Request {
    /// A member says this.
    Message {
        from: ShortId,
        message: Message<Arc<Topology>>,
    },
    /// A member says that it has the document of this epoch on disk.
    Held { from: ShortId, epoch: Epoch },
    /// A member acts by the document of this epoch.
    Acts { epoch: u64 },
    /// The driver wants this document, which follows the one in force.
    Propose(Arc<Topology>),
    /// A member is said to have a newer document: ask it.
    Fetch(ShortId),
    /// An operator declares the majority of the voters gone for good.
    Force {
        gone: Vec<NodeId>,
        done: oneshot::Sender<Result<Recovered, ForceFailed>>,
    },
    /// An operator wants this.
    Change {
        change: Change,
        done: oneshot::Sender<Result<Arc<Topology>, ChangeFailed>>,
    },
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeFailed {
    #[error("ERR {0}")]
    Refused(#[from] ChangeError),
    #[error("NOQUORUM a change needs {needed} of the voters, {reached} answered: nothing was changed")]
    Unreachable { reached: usize, needed: usize },
    #[error("WRITETIMEOUT a change needs {needed} of the voters, {reached} answered: it may yet take effect")]
    Unsure { reached: usize, needed: usize },
    #[error("ERR other changes were made meanwhile, try again")]
    Overtaken,
    #[error("ERR this node cannot save what it votes for, and takes no part in changes: see its log")]
    NoDisk,
}

/// What came of a forced recovery.
#[derive(Debug, Clone)]
pub(crate) struct Recovered {
    pub(crate) topology: Arc<Topology>,
    pub(crate) losses: Losses,
}

/// Why nothing was forced. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForceFailed {
    #[error("ERR {0}")]
    Refused(#[from] ChangeError),
    #[error("ERR {0}")]
    Register(#[from] ForceError),
    #[error("ERR this node cannot save what it votes for, and takes no part in changes: see its log")]
    NoDisk,
}

/// Sends requests to the task.
pub(crate) type Requests = mpsc::UnboundedSender<Request>;

/// A change that somebody waits for.
struct Wanted {
    change: Change,
    done: oneshot::Sender<Result<Arc<Topology>, ChangeFailed>>,
    tries: u32,
}

/// See the module's header.
pub(super) struct Agreement {
    node: Arc<Node>,
    register: Register<Arc<Topology>>,
    together: Together<Arc<Topology>>,
    file: Arc<Mutex<RegisterFile>>,
    requests: mpsc::UnboundedReceiver<Request>,
    waiting: VecDeque<Wanted>,
    /// What the register is proposing, if somebody waits for it: not so for what the driver wants.
    under_way: Option<Wanted>,
    /// A forced recovery that is not on disk yet.
    forced: Option<(oneshot::Sender<Result<Recovered, ForceFailed>>, Recovered)>,
}

impl Agreement {
    pub(super) fn new(
        node: Arc<Node>,
        acceptor: Acceptor<Arc<Topology>>,
        file: RegisterFile,
        requests: mpsc::UnboundedReceiver<Request>,
    ) -> Self {
        let me = ShortId::from(&node.identity.id);
        Agreement {
            register: Register::new(me, node.identity.life, acceptor),
            together: Together::new(me),
            node,
            file: Arc::new(Mutex::new(file)),
            requests,
            waiting: VecDeque::new(),
            under_way: None,
            forced: None,
        }
    }

    /// Runs until the node is gone, or its disk fails: a node that cannot save its votes does not vote.
    pub(super) async fn run(mut self) {
        loop {
            let deadlines = [self.register.next_deadline(), self.together.next_deadline()];
            let wake_at = deadlines.into_iter().flatten().min().map(|at| self.node.clock.at(at));
            let outputs = tokio::select! {
                request = self.requests.recv() => match request {
                    None => return,
                    Some(request) => self.take(request),
                },
                () = sleep_until(wake_at) => self.register.on_deadline(self.node.clock.now().mono, rand::random()),
            };
            if let Err(error) = self.advance(outputs).await {
                tracing::error!(%error, "cannot save the register: this node takes no part in changes of the topology any more");
                return self.refuse_all().await;
            }
            self.act();
        }
    }

    /// Has the node act by what it holds, if it is time.
    fn act(&mut self) {
        let (node, held) = (&self.node, self.register.acceptor().chosen());
        let is_there = |voter: ShortId| {
            let member = held.and_then(|topology| topology.index_of_short(voter.get()));
            member.is_some_and(|member| node.links[index(member)].is_up())
        };
        if let Some(topology) = self.together.take(node.clock.now().mono, is_there) {
            node.tell(Event::TopologyChosen(topology));
        }
    }

    /// Goes on until only others can: what is proposed may be decided at once, by a node that votes alone.
    async fn advance(&mut self, outputs: Vec<Output<Arc<Topology>>>) -> io::Result<()> {
        let mut outputs = outputs;
        loop {
            let outcome = self.obey(outputs).await?;
            if let Some((done, recovered)) = self.forced.take() {
                let _ = done.send(Ok(recovered));
            }
            if let Some(outcome) = outcome
                && let Some(wanted) = self.under_way.take()
            {
                self.conclude(wanted, outcome);
            }
            if self.under_way.is_some() {
                return Ok(());
            }
            match self.begin_next() {
                Some(begun) => outputs = begun,
                None => return Ok(()),
            }
        }
    }

    fn take(&mut self, request: Request) -> Vec<Output<Arc<Topology>>> {
        let now = self.node.clock.now().mono;
        match request {
            Request::Message { from, message } => self.register.on_message(from, message, now, rand::random()),
            // It is proposed again if another proposal is under way, or it is too late.
            Request::Propose(topology) => self.register.propose(topology, now).unwrap_or_default(),
            Request::Held { from, epoch } => {
                self.together.on_said(from, epoch);
                Vec::new()
            }
            Request::Acts { epoch } => {
                self.together.on_acted_by(Epoch::new(epoch), now);
                Vec::new()
            }
            Request::Fetch(from) => {
                self.together.hurry(now);
                vec![Output::Send {
                    to: from,
                    message: Message::Learn {
                        holds: self.register.acceptor().holds(),
                    },
                }]
            }
            Request::Force { gone, done } => self.force(&gone, done),
            Request::Change { change, done } => {
                self.waiting.push_back(Wanted { change, done, tries: 0 });
                Vec::new()
            }
        }
    }

    /// Makes the document of those who are left, on this node's word alone.
    fn force(
        &mut self,
        gone: &[NodeId],
        done: oneshot::Sender<Result<Recovered, ForceFailed>>,
    ) -> Vec<Output<Arc<Topology>>> {
        let mut made = None;
        let forced = self
            .register
            .force(|from, epoch| match made.insert(recover(from, gone, epoch)) {
                Ok((next, _)) => Arc::new(next.clone()),
                // Of another epoch than is wanted: the register changes nothing.
                Err(_) => Arc::clone(from),
            });
        let losses = match made {
            Some(Err(refused)) => Err(ForceFailed::from(refused)),
            Some(Ok((_, losses))) => Ok(losses),
            None => Ok(Losses::default()),
        };
        let (losses, forced) = match losses.and_then(|losses| Ok((losses, forced?))) {
            Ok(forced) => forced,
            Err(failed) => {
                // Whoever asked may have gone.
                let _ = done.send(Err(failed));
                return Vec::new();
            }
        };
        let topology = forced.document;
        tracing::error!(
            epoch = topology.epoch().get(),
            follows = forced.follows.get(),
            only_accepted = forced.from_accepted,
            ?gone,
            arcs_left_to_too_few = losses.weak,
            arcs_lost = losses.lost,
            "FORCED RECOVERY: an operator has declared the majority of the voters gone for good; acknowledged writes may be lost"
        );
        let mut outputs = forced.outputs;
        outputs.extend(self.tellings(&topology));
        self.forced = Some((done, Recovered { topology, losses }));
        outputs
    }

    /// Begins the next change that somebody waits for, on top of the document that is held; none if there is none, or the register is busy.
    fn begin_next(&mut self) -> Option<Vec<Output<Arc<Topology>>>> {
        loop {
            let wanted = self.waiting.pop_front()?;
            let next = match apply(self.register.acceptor().chosen()?, &wanted.change) {
                Ok(next) => Arc::new(next),
                Err(error) => {
                    // Whoever asked may have gone.
                    let _ = wanted.done.send(Err(error.into()));
                    continue;
                }
            };
            let Ok(outputs) = self.register.propose(next, self.node.clock.now().mono) else {
                self.waiting.push_front(wanted);
                return None;
            };
            self.under_way = Some(wanted);
            return Some(outputs);
        }
    }

    /// Does what the register wants, in its order; gives how the proposal under way ended, if it did.
    async fn obey(&mut self, outputs: Vec<Output<Arc<Topology>>>) -> io::Result<Option<Outcome<Arc<Topology>>>> {
        let mut done = None;
        let mut told = Vec::new();
        for output in outputs {
            match output {
                Output::Save => self.save().await?,
                Output::Chosen(topology) => {
                    tracing::info!(epoch = topology.epoch().get(), "a topology was chosen");
                    self.say_held(&topology);
                    self.node.epochs.become_held(topology.epoch().get());
                    self.together.on_held(topology, self.node.clock.now().mono);
                }
                Output::Conflict(topology) => {
                    tracing::error!(
                        epoch = topology.epoch().get(),
                        "two topologies of one epoch: two recoveries were forced"
                    );
                }
                Output::Send { to, message } => {
                    if let Message::Chosen { document } = &message {
                        told.push((to, document.epoch()));
                    }
                    self.send(to, &message);
                }
                Output::Done(outcome) => {
                    if let Outcome::Made(topology) = &outcome {
                        self.push(topology, &told);
                    }
                    done = Some(outcome);
                }
            }
        }
        Ok(done)
    }

    async fn save(&self) -> io::Result<()> {
        let (file, record) = (Arc::clone(&self.file), self.register.record());
        let saved = tokio::task::spawn_blocking(move || file.lock().save(&record)).await;
        saved.map_err(io::Error::other)?.map_err(io::Error::other)
    }

    /// Tells the members of a document that this node had chosen, as [many as are told at once](Topology::told_at_once), but for the voters that it has told
    /// just now: reading one costs each of them a good part of a millisecond, and all are busy with it.
    fn push(&self, topology: &Arc<Topology>, told: &[(ShortId, Epoch)]) {
        let message = Message::Chosen {
            document: Arc::clone(topology),
        };
        for to in to_push(topology, &self.node.identity.id, told) {
            self.send(to, &message);
        }
    }

    fn tellings(&self, topology: &Arc<Topology>) -> Vec<Output<Arc<Topology>>> {
        let others = topology
            .members()
            .iter()
            .filter(|member| member.id != self.node.identity.id);
        let telling = |member: &MemberEntry| Output::Send {
            to: ShortId::from(&member.id),
            message: Message::Chosen {
                document: Arc::clone(topology),
            },
        };
        others.map(telling).collect()
    }

    /// Tells all members what is on disk here, if it matters to them.
    fn say_held(&self, topology: &Topology) {
        let is_me = |member: &MemberEntry| member.id == self.node.identity.id;
        let is_voter = |voter: &MemberIndex| is_me(topology.member(*voter));
        if topology.voters().iter().any(is_voter) {
            let holds = topology.epoch();
            for member in topology.members().iter().filter(|member| !is_me(member)) {
                self.send(ShortId::from(&member.id), &Message::Learn { holds });
            }
        }
    }

    /// What cannot be sent is lost, as anything may be: the register sends again, and members that are behind ask.
    fn send(&self, to: ShortId, message: &Message<Arc<Topology>>) {
        let held = self.register.acceptor().chosen();
        let Some(member) = held.and_then(|topology| topology.index_of_short(to.get())) else {
            return;
        };
        let link = &self.node.links[index(member)];
        let _ = link.outbox.append(|out| register::put(message, out));
    }

    /// Answers whoever waits for the change that has been decided, or puts it back to be tried again.
    fn conclude(&mut self, wanted: Wanted, outcome: Outcome<Arc<Topology>>) {
        let answer = match outcome {
            Outcome::Made(topology) => Ok(topology),
            Outcome::Refused { unsure: false, .. } if wanted.tries < TRIES_MAX => {
                let tries = wanted.tries + 1;
                self.waiting.push_front(Wanted { tries, ..wanted });
                return;
            }
            Outcome::Refused { .. } | Outcome::Newest(_) => Err(ChangeFailed::Overtaken),
            Outcome::Unreachable {
                reached,
                needed,
                unsure: false,
            } => Err(ChangeFailed::Unreachable { reached, needed }),
            Outcome::Unreachable { reached, needed, .. } => Err(ChangeFailed::Unsure { reached, needed }),
        };
        // Whoever asked may have gone.
        let _ = wanted.done.send(answer);
    }

    async fn refuse_all(mut self) {
        for wanted in self.waiting.drain(..).chain(self.under_way.take()) {
            let _ = wanted.done.send(Err(ChangeFailed::NoDisk));
        }
        while let Some(request) = self.requests.recv().await {
            match request {
                Request::Change { done, .. } => drop(done.send(Err(ChangeFailed::NoDisk))),
                Request::Force { done, .. } => drop(done.send(Err(ForceFailed::NoDisk))),
                _ => {}
            }
        }
    }
}

/// Whom `me`, who had it chosen, is to send this document to, if it has told these of the documents of these epochs.
fn to_push(topology: &Topology, me: &NodeId, told: &[(ShortId, Epoch)]) -> Vec<ShortId> {
    let members = topology
        .told_at_once()
        .into_iter()
        .map(|index| topology.member(index).id);
    members
        .filter(|id| id != me)
        .map(|id| ShortId::from(&id))
        .filter(|to| !told.contains(&(*to, topology.epoch())))
        .collect()
}

async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Node {
    /// Has the voters agree on a change. It is in force here when this returns, so that whoever asked for it sees it.
    ///
    /// # Errors
    /// [`ChangeFailed`].
    pub(crate) async fn change_topology(&self, change: Change) -> Result<Arc<Topology>, ChangeFailed> {
        let (done, decided) = oneshot::channel();
        self.agree(Request::Change { change, done });
        let decided = decided.await.unwrap_or(Err(ChangeFailed::NoDisk))?;
        let mut changed = self.subscribe();
        let in_force = async { while self.topology().epoch() < decided.epoch() && changed.changed().await.is_ok() {} };
        // It is decided, whether or not this node gets to act by it.
        let _ = tokio::time::timeout(IN_FORCE_TIMEOUT, in_force).await;
        Ok(decided)
    }

    /// Goes on without these members, on this node's word alone. It first asks those that it can reach for a newer topology than its own.
    ///
    /// # Errors
    /// [`ForceFailed`].
    pub(crate) async fn force_recovery(&self, gone: Vec<NodeId>) -> Result<Recovered, ForceFailed> {
        for link in self.links.iter().filter(|link| link.is_up()) {
            self.agree(Request::Fetch(ShortId::from(&self.member(link.peer).id)));
        }
        // One that has none does not answer.
        self.routes_changed(FETCH_TIMEOUT).await;
        let (done, forced) = oneshot::channel();
        self.agree(Request::Force { gone, done });
        forced.await.unwrap_or(Err(ForceFailed::NoDisk))
    }

    /// A peer said this.
    pub(crate) fn on_register(&self, peer: NodeIndex, message: Message<Arc<Topology>>) {
        let from = ShortId::from(&self.member(peer).id);
        self.agree(Request::Message { from, message });
    }

    /// A peer says that it has the document of this epoch on disk.
    pub(crate) fn on_held(&self, peer: NodeIndex, epoch: Epoch) {
        let from = ShortId::from(&self.member(peer).id);
        self.agree(Request::Held { from, epoch });
    }

    /// Asks the task that agrees. It outlives the data plane's tasks; at the very end nobody listens.
    pub(crate) fn agree(&self, request: Request) {
        self.huge_pages.hold_off(self.clock.mono_ns());
        let _ = self.agreement.send(request);
    }
}
