//! The cluster, its network and its clocks: all that happens, in the order of virtual time.
//!
//! ```text
//!   agenda --next happening--> World --now, parcel--> Node --out--> World --delays, losses--> agenda
//! ```
//!
//! One queue and one thread: who runs when depends on the seed alone.

mod amnesia;
mod build;
mod changes;
mod clocks;
mod faults;
mod held;
mod trap;
mod votes;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use circlet_core::control::Now;
use circlet_core::time::Instant;
use circlet_core::topology::{Epoch, Topology};
use circlet_ring::Slot;

pub(crate) use self::amnesia::Amnesia;
use self::clocks::Clocks;
pub(crate) use self::held::Late;
use self::held::{Held, Hold};
pub(crate) use self::trap::{Trap, TrapSort};
use self::votes::Election;
use crate::agenda::Agenda;
use crate::bug::Bug;
use crate::command::{Command, Reply};
use crate::history::History;
use crate::letter::{Letter, Parcel};
use crate::limits::Limits;
use crate::network::Network;
use crate::node::{Ballot, Node, Output, Timer};
use crate::random::Random;
use crate::trace::Trace;

/// How long a client waits for a reply.
const CLIENT_PATIENCE: Duration = Duration::from_millis(2_000);

/// The place of the node that listens there; see `build`.
pub(crate) fn place_of(address: SocketAddr) -> u8 {
    match address {
        SocketAddr::V4(address) => address.ip().octets()[3],
        SocketAddr::V6(_) => 0,
    }
}

/// What is on the agenda.
enum Happening {
    Arrival {
        to: usize,
        from: usize,
        to_boot: Option<u64>,
        parcel: Parcel,
    },
    Timer {
        place: usize,
        boot: u64,
        timer: Timer,
    },
    ControlDeadline {
        place: usize,
        boot: u64,
    },
    Reply {
        op: usize,
        reply: Reply,
    },
    ClientGivesUp {
        op: usize,
    },
    /// A client hears what an owner votes on its read, if it does.
    Vote {
        op: usize,
        ballot: Option<Ballot>,
    },
    /// A client waits no longer for votes.
    VotesAreLate {
        op: usize,
    },
    /// A node that has left ends.
    Stops {
        place: usize,
    },
    /// A voter that died once it had voted is back.
    WakesForgetful(Amnesia),
    /// What a trap has done is made good.
    TrapEnds(u64),
    /// The mark that somebody outside wanted to get.
    Mark(u64),
}

/// What became of a node.
enum Process {
    Running(Box<Node>),
    /// Stopped: what comes waits, and so do the timers.
    Paused {
        node: Box<Node>,
        waiting: Vec<(usize, Parcel)>,
        timers: Vec<Timer>,
    },
    Down,
}

/// What a run may draw on: what happened, for whoever drives the world.
#[derive(Debug)]
pub(crate) enum Notable {
    /// A command's client has its reply, or gave up.
    Finished {
        op: usize,
    },
    Mark(u64),
}

/// The world.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) network: Network,
    pub(crate) history: History,
    pub(crate) trace: Trace,
    pub(crate) clocks: Clocks,
    /// The last that some node knew to be chosen.
    topology: Arc<Topology>,
    /// All that nodes ever knew to be chosen. Invariant: one of each epoch.
    chosen: BTreeMap<Epoch, Arc<Topology>>,
    /// The record of the register on each node's disk, which no fault takes away.
    disks: Vec<Vec<u8>>,
    /// The epoch that each node acted in last. Invariant: none goes back, whatever becomes of the node.
    epochs: Vec<Epoch>,
    /// How many changes that operators asked for were made, and how many ended otherwise.
    changes_ended: (u64, u64),
    /// Who was killed for good.
    lost: BTreeSet<usize>,
    /// Who is to be killed when it writes to its disk next.
    pub(crate) doomed: Option<usize>,
    /// Whose vote is waited for.
    amnesia: Option<Amnesia>,
    trap: Option<Trap>,
    agenda: Agenda<Happening>,
    processes: Vec<Process>,
    /// Reads on which owners vote, by their place in the history.
    elections: BTreeMap<usize, Election>,
    /// The last life of each node, as its disk knows it, and how many there were.
    lives: Vec<(circlet_core::life::Life, u64)>,
    /// When each node's control plane is called.
    armed: BTreeMap<usize, Instant>,
    /// Whose letters are held back, and what was held back.
    holds: Vec<Hold>,
    held: Vec<Held>,
    random: Random,
    limits: Limits,
    bug: Option<Bug>,
    /// Violations that were seen while the run went on.
    pub(crate) violations: Vec<String>,
    pub(crate) faults: u64,
    /// Reads that counted by two votes.
    pub(crate) voted: u64,
    pub(crate) crashes: u64,
    pub(crate) events: u64,
}

impl World {
    /// Goes on until something notable happens, or `until`, which then is now.
    pub(crate) fn next_until(&mut self, until: Instant) -> Option<Notable> {
        while let Some((at, happening)) = self.agenda.take_until(until) {
            self.now = at;
            self.events += 1;
            if let Some(notable) = self.happen(happening) {
                return Some(notable);
            }
        }
        self.now = until;
        None
    }

    /// Goes on for so long, whatever happens.
    pub(crate) fn run_ms(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while self.next_until(until).is_some() {}
    }

    /// Goes on until `op` has its reply; what it is, or that the client gave up.
    pub(crate) fn wait(&mut self, op: usize) -> Reply {
        let until = self.now + CLIENT_PATIENCE * 2;
        while self.history.records[op].finished.is_none() && self.next_until(until).is_some() {}
        let reply = self.history.records[op].reply.clone();
        reply.unwrap_or_else(|| Reply::Unknown("no reply".into()))
    }

    /// Puts a mark on the agenda.
    pub(crate) fn mark(&mut self, after: Duration, mark: u64) {
        self.agenda.put(self.now + after, Happening::Mark(mark));
    }

    /// A client sends a command to the node at `place`.
    pub(crate) fn call(&mut self, place: usize, command: Command) -> usize {
        let op = self.history.begin(self.now, command.clone());
        let command = Command { op, ..command };
        self.trace
            .note(self.now, format_args!("client -> {place}: #{op} {command}"));
        let parcel = Parcel::Command(command);
        let at = self.now + self.network.delay();
        self.put_arrival(at, usize::MAX, place, None, parcel);
        self.agenda
            .put(self.now + CLIENT_PATIENCE, Happening::ClientGivesUp { op });
        op
    }

    /// The owners of `key`, the primary first.
    pub(crate) fn owners(&self, key: &[u8]) -> Vec<usize> {
        let arc = self.topology.settings().arcs.arc_of(Slot::of_key(key));
        self.topology.owners(arc).iter().map(|owner| owner.get()).collect()
    }

    pub(crate) fn node_count(&self) -> usize {
        self.processes.len()
    }

    /// The node at `place`, also if it is stopped.
    pub(crate) fn node(&self, place: usize) -> Option<&Node> {
        match &self.processes[place] {
            Process::Running(node) | Process::Paused { node, .. } => Some(node),
            Process::Down => None,
        }
    }

    fn happen(&mut self, happening: Happening) -> Option<Notable> {
        match happening {
            Happening::Arrival {
                to,
                from,
                to_boot,
                parcel,
            } => self.arrive(to, from, to_boot, parcel),
            Happening::Timer { place, boot, timer } => self.on_timer(place, boot, timer),
            Happening::ControlDeadline { place, boot } => {
                self.armed.remove(&place);
                self.turn(place, boot, |node, now| node.on_control_deadline(now));
            }
            Happening::Reply { op, reply } => {
                self.trace.note(self.now, format_args!("client <- #{op}: {reply}"));
                return self
                    .history
                    .finish(self.now, op, reply)
                    .then_some(Notable::Finished { op });
            }
            Happening::ClientGivesUp { op } => {
                let given_up = Reply::Unknown("the client gave up".into());
                return self
                    .history
                    .finish(self.now, op, given_up)
                    .then_some(Notable::Finished { op });
            }
            Happening::Vote { op, ballot } => return self.on_vote(op, ballot),
            Happening::VotesAreLate { op } => self.go_by_coordinator(op),
            Happening::Stops { place } => {
                let crashes = self.crashes;
                self.crash(place, false);
                self.crashes = crashes;
            }
            Happening::WakesForgetful(amnesia) => self.wake_forgetful(amnesia),
            Happening::TrapEnds(number) => self.end_trap(number),
            Happening::Mark(mark) => return Some(Notable::Mark(mark)),
        }
        None
    }

    fn arrive(&mut self, to: usize, from: usize, to_boot: Option<u64>, parcel: Parcel) {
        let boot = self.node(to).map(Node::boot);
        if let Parcel::Letter { connection, letter } = &parcel {
            let is_lost = !matches!(letter, Letter::Closed) && !self.network.arrives(*connection);
            if is_lost || to_boot.is_some_and(|wanted| Some(wanted) != boot) {
                return;
            }
            self.trace.note(
                self.now,
                format_args!("{from} -> {to}: {} on {connection:x}", letter.name()),
            );
        } else if let Parcel::Gossip(bytes) = &parcel {
            self.trace.note(
                self.now,
                format_args!("{from} -> {to}: gossip of {} bytes", bytes.len()),
            );
        }
        let vote = (self.amnesia.is_some()).then(|| parcel.clone());
        self.deliver(to, from, parcel);
        if let Some(vote) = vote {
            self.after_vote(from, to, &vote);
        }
    }

    /// What has arrived is in the socket of the node at `to`.
    fn deliver(&mut self, to: usize, from: usize, parcel: Parcel) {
        match &mut self.processes[to] {
            Process::Running(_) => self.turn_now(to, |node, now| node.on_parcel(now, from, parcel)),
            Process::Paused { waiting, .. } => waiting.push((from, parcel)),
            Process::Down => match parcel {
                Parcel::Command(command) => {
                    let reply = Reply::Refused("connection refused".into());
                    self.put_reply(command.op, reply);
                }
                Parcel::Vote { command, .. } => self.put_vote(command.op, None),
                Parcel::Gossip(_) | Parcel::Letter { .. } | Parcel::Change(_) => {}
            },
        }
    }

    fn on_timer(&mut self, place: usize, boot: u64, timer: Timer) {
        match &mut self.processes[place] {
            Process::Paused { node, timers, .. } if node.boot() == boot => timers.push(timer),
            _ => self.turn(place, boot, |node, now| node.on_timer(now, timer)),
        }
    }

    /// Lets the node act, if it still lives that life and is not stopped.
    fn turn(&mut self, place: usize, boot: u64, act: impl FnOnce(&mut Node, Now)) {
        if matches!(&self.processes[place], Process::Running(node) if node.boot() == boot) {
            self.turn_now(place, act);
        }
    }

    fn turn_now(&mut self, place: usize, act: impl FnOnce(&mut Node, Now)) {
        let now = self.clocks.now(place, self.now);
        let Process::Running(node) = &mut self.processes[place] else {
            return;
        };
        act(node, now);
        let (boot, deadline, epoch) = (node.boot(), node.next_deadline(), node.topology().epoch());
        let outputs = std::mem::take(&mut node.out);
        for key in node.store.went_back.drain(..) {
            self.violations.push(format!("stamps: node {place} went back on {key}"));
        }
        for output in outputs {
            if matches!(output, Output::Save(_)) && self.doomed == Some(place) && self.may_crash(place) {
                return self.die_at_save(place, output);
            }
            self.obey(place, boot, output);
        }
        self.check_epoch(place, epoch);
        self.check_hints(place);
        // A deadline of the past is served at once, but not within this moment.
        let at = deadline.max(self.now + Duration::from_micros(20));
        if self.armed.get(&place).is_none_or(|armed| at < *armed) {
            self.armed.insert(place, at);
            self.agenda.put(at, Happening::ControlDeadline { place, boot });
        }
    }

    fn obey(&mut self, place: usize, boot: u64, output: Output) {
        match output {
            Output::Datagram { to, bytes } => {
                for at in self.network.datagram(self.now, place, to) {
                    self.put_arrival(at, place, to, None, Parcel::Gossip(bytes.clone()));
                }
            }
            Output::Letter { to, connection, letter } => {
                let Some(letter) = self.unless_held(place, to, connection, letter) else {
                    return;
                };
                let to_boot = self.node(to).map(Node::boot);
                if let Some(at) = self.network.letter(self.now, connection, place, to) {
                    self.put_arrival(at, place, to, to_boot, Parcel::Letter { connection, letter });
                }
            }
            Output::Reply { op, reply } => self.put_reply(op, reply),
            Output::Vote { op, ballot } => self.put_vote(op, ballot),
            Output::Timer { after, timer } => {
                let at = self.now + after;
                self.agenda.put(at, Happening::Timer { place, boot, timer });
            }
            Output::Elements { op, names } => self.history.records[op].elements.extend(names),
            Output::Save(record) => self.disks[place] = record,
            Output::Chosen(topology) => self.on_chosen(place, &topology),
            Output::ChangeEnded { is_made } => {
                let (made, not_made) = &mut self.changes_ended;
                *if is_made { made } else { not_made } += 1;
            }
            Output::Note(text) => self.trace.note(self.now, format_args!("{place}: {text}")),
        }
    }

    fn put_reply(&mut self, op: usize, reply: Reply) {
        let at = self.now + self.network.delay();
        self.agenda.put(at, Happening::Reply { op, reply });
    }

    fn put_arrival(&mut self, at: Instant, from: usize, to: usize, to_boot: Option<u64>, parcel: Parcel) {
        self.agenda.put(
            at,
            Happening::Arrival {
                to,
                from,
                to_boot,
                parcel,
            },
        );
    }

    fn check_hints(&mut self, place: usize) {
        let over = self.node(place).and_then(crate::invariant::hints_over_their_cap);
        if let Some(over) = over {
            self.violations.push(format!("hints: node {place}: {over}"));
        }
    }
}
