//! The load: one thread, nonblocking connections to every node, operations at their times.
//!
//! ```text
//! source --op, due--> route by slot --> link --> reply --> record (latency since due), checks
//!                          ^                       |
//!                          `-- MOVED, ASK, errors, lost connections: again, until the patience is over
//! ```
//!
//! It behaves as a Redis Cluster client does, towards every system alike. It sleeps in `ppoll`, whose deadline is in nanoseconds: a timer
//! of whole milliseconds would be seen in every latency.

use super::checks::{Checks, Fate, Judgement};
use super::link::Link;
use super::record::{Done, Record};
use super::routes::Routes;
use super::source::Source;
use super::workload::Op;
use crate::bench::interrupt;
use crate::redirection::Redirection;
use circlet_resp::Value;
use circlet_ring::Slot;
use rustix::event::{PollFd, Timespec, poll};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Operations under way beyond this are given up at once: an open loop against a cluster that is gone must end somewhere.
const IN_FLIGHT_MAX: usize = 200_000;

/// A sleep is never longer, so that commands are seen.
const SLEEP_MAX: Duration = Duration::from_millis(5);

/// A node that refused a connection is left alone for so long.
const AVOID: Duration = Duration::from_millis(100);

/// The map of slots is asked for at most so often.
const LEARN_AGAIN: Duration = Duration::from_millis(100);

/// Pause before the first further try of an operation, when no other node can be asked at once; doubled each time up to the greatest.
const PAUSE: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(64);

/// Errors that say that nothing was changed.
const REFUSALS: [&str; 8] = [
    "TRYAGAIN",
    "CLUSTERDOWN",
    "NOQUORUM",
    "BUSY",
    "LOADING",
    "READONLY",
    "MASTERDOWN",
    "OOM",
];

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// From now on it is this phase; or it has been since [`Order::Quiet`], if that came last.
    Phase(String),
    /// The phase seems to be over.
    Quiet,
    /// It was not.
    GoesOn,
    Stop,
}

/// How the load behaves.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) connections: u16,
    pub(crate) patience: Duration,
    pub(crate) value_bytes: usize,
    /// Sets the names of this run's checked keys apart from those of others.
    pub(crate) run: u64,
}

/// An operation under way.
#[derive(Debug, Clone, Copy)]
struct Flight {
    op: Op,
    due: Instant,
    /// First.
    sent: Instant,
    tries: u32,
    /// Of its key.
    slot: u16,
}

/// Who waits for a reply.
#[derive(Debug, Clone, Copy)]
enum Waiter {
    Op(Flight),
    /// Nobody: the reply to `ASKING`.
    Nobody,
    /// The map of slots.
    Routes,
}

#[derive(Debug, Default)]
struct Node {
    links: Vec<Option<Link<Waiter>>>,
    next: usize,
    avoid_until: Option<Instant>,
}

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Generator {
    manner: Manner,
    nodes: BTreeMap<SocketAddr, Node>,
    routes: Routes,
    learnt: Option<Instant>,
    must_learn: bool,
    again: BinaryHeap<Reverse<(Instant, u64)>>,
    paused: BTreeMap<u64, Flight>,
    paused_count: u64,
    in_flight: usize,
    pub(crate) checks: Checks,
    pub(crate) record: Record,
    value: Vec<u8>,
}

impl Generator {
    /// Speaks to the cluster of these nodes.
    pub(crate) fn new(manner: Manner, seeds: &[SocketAddr], checks: Checks, record: Record) -> Self {
        let value = vec![b'.'; manner.value_bytes];
        Generator {
            manner,
            nodes: seeds.iter().map(|seed| (*seed, Node::default())).collect(),
            routes: Routes::new(),
            learnt: None,
            must_learn: true,
            again: BinaryHeap::new(),
            paused: BTreeMap::new(),
            paused_count: 0,
            in_flight: 0,
            checks,
            record,
            value,
        }
    }

    /// Runs until the source has ended and all is answered, or `Stop` is ordered.
    ///
    /// # Errors
    /// When the system refuses to sleep; never because of a node.
    pub(crate) fn run(&mut self, source: &mut Source, orders: &Receiver<Order>) -> io::Result<()> {
        let mut stopping = false;
        loop {
            let now = Instant::now();
            for order in orders.try_iter() {
                match order {
                    Order::Phase(name) => self.record.enter(now, &name),
                    Order::Quiet => self.record.become_quiet(now),
                    Order::GoesOn => self.record.go_on(),
                    Order::Stop => stopping = true,
                }
            }
            stopping |= interrupt::has_come();
            self.record.tick(now);
            if !stopping {
                while let Some((op, due)) = source.take(now, self.in_flight, &mut self.checks) {
                    let flight = Flight {
                        op,
                        due,
                        sent: now,
                        tries: 0,
                        slot: Slot::of_key(&self.key(op)).get(),
                    };
                    self.begin(flight, now);
                }
            }
            self.resume(now);
            self.learn(now);
            self.end_silent(now);
            if self.in_flight == 0 && (stopping || source.has_ended()) {
                self.record.tick(now);
                return Ok(());
            }
            self.turn(source.next_due().filter(|_| !stopping))?;
        }
    }

    fn begin(&mut self, flight: Flight, now: Instant) {
        self.in_flight += 1;
        if self.in_flight > IN_FLIGHT_MAX {
            return self.give_up(flight);
        }
        self.start(flight, now, None);
    }

    /// Sends an operation to `to`, or to whom its key belongs, or to anyone who can be reached.
    fn start(&mut self, flight: Flight, now: Instant, to: Option<(SocketAddr, bool)>) {
        let key = self.key(flight.op);
        let (wanted, asking) = match to {
            Some((to, asking)) => (Some(to), asking),
            None => (self.routes.of_slot(flight.slot), false),
        };
        let wanted = wanted
            .filter(|to| self.is_reachable(*to, now))
            .or_else(|| self.anyone(flight, now));
        let Some(to) = wanted else {
            return self.pause(flight, now);
        };
        let (value, command) = (self.value_of(flight.op), flight.op.command());
        let Some(link) = self.link(to, now) else {
            return self.pause(flight, now);
        };
        if asking {
            link.send(&["ASKING"], now, Waiter::Nobody);
        }
        let arguments = [command.as_bytes(), &key[..], &value[..]];
        let given = if command == "SET" { 3 } else { 2 };
        link.send(&arguments[..given], now, Waiter::Op(flight));
    }

    fn key(&self, op: Op) -> Vec<u8> {
        match op {
            Op::Read(key) | Op::Write(key) => format!("key:{key:012}"),
            Op::CheckRead(key, _) | Op::CheckWrite(key, _) => format!("check:{:x}:{key}", self.manner.run),
        }
        .into_bytes()
    }

    /// A checked value begins with its number.
    fn value_of(&self, op: Op) -> Vec<u8> {
        let mut value = Vec::new();
        if matches!(op, Op::Write(_) | Op::CheckWrite(..)) {
            value.extend_from_slice(&self.value);
        }
        if let Op::CheckWrite(_, number) = op {
            value[..20].copy_from_slice(format!("{number:020}").as_bytes());
        }
        value
    }

    fn is_reachable(&self, node: SocketAddr, now: Instant) -> bool {
        self.nodes
            .get(&node)
            .and_then(|node| node.avoid_until)
            .is_none_or(|until| until <= now)
    }

    /// Some node that was not unreachable a moment ago; another one with each try.
    fn anyone(&self, flight: Flight, now: Instant) -> Option<SocketAddr> {
        let reachable: Vec<SocketAddr> = self
            .nodes
            .keys()
            .copied()
            .filter(|node| self.is_reachable(*node, now))
            .collect();
        reachable.get(flight.tries as usize % reachable.len().max(1)).copied()
    }

    /// The next connection to a node, opened if need be.
    fn link(&mut self, to: SocketAddr, now: Instant) -> Option<&mut Link<Waiter>> {
        let node = self.nodes.entry(to).or_default();
        node.links.resize_with(usize::from(self.manner.connections), || None);
        node.next = (node.next + 1) % node.links.len();
        let place = &mut node.links[node.next];
        if place.is_none() {
            match Link::open(to) {
                Ok(link) => *place = Some(link),
                Err(_) => {
                    node.avoid_until = Some(now + AVOID);
                    self.must_learn = true;
                    return None;
                }
            }
        }
        place.as_mut()
    }

    fn pause(&mut self, mut flight: Flight, now: Instant) {
        if now >= flight.due + self.manner.patience {
            return self.give_up(flight);
        }
        flight.tries += 1;
        let pause = PAUSE_MAX.min(PAUSE * 2_u32.pow(flight.tries.min(6) - 1));
        self.paused_count += 1;
        self.again.push(Reverse((now + pause, self.paused_count)));
        self.paused.insert(self.paused_count, flight);
    }

    fn resume(&mut self, now: Instant) {
        while let Some(Reverse((at, number))) = self.again.peek().copied().filter(|Reverse((at, _))| *at <= now) {
            debug_assert!(at <= now);
            self.again.pop();
            if let Some(flight) = self.paused.remove(&number) {
                self.start(flight, now, None);
            }
        }
    }

    fn give_up(&mut self, flight: Flight) {
        self.in_flight -= 1;
        self.record.count(|counts| counts.failed += 1);
        if let Op::CheckWrite(key, number) = flight.op {
            self.checks.end_write(key, number, Fate::GivenUp);
        }
    }

    /// Asks for the map of slots when it may be wrong, of any node that is connected.
    fn learn(&mut self, now: Instant) {
        if !self.must_learn || self.learnt.is_some_and(|at| now < at + LEARN_AGAIN) {
            return;
        }
        let candidates: Vec<SocketAddr> = self
            .nodes
            .keys()
            .copied()
            .filter(|node| self.is_reachable(*node, now))
            .collect();
        let turn = self.learnt.map_or(0, |at| at.elapsed().as_nanos() as usize);
        let Some(node) = candidates.get(turn % candidates.len().max(1)).copied() else {
            return;
        };
        if let Some(link) = self.link(node, now) {
            link.send(&["CLUSTER", "SLOTS"], now, Waiter::Routes);
            self.learnt = Some(now);
            self.must_learn = false;
        }
    }

    /// Ends connections that owe a reply for longer than the patience: the node is gone or hangs.
    fn end_silent(&mut self, now: Instant) {
        let patience = self.manner.patience;
        let is_silent = |link: &Link<Waiter>| link.oldest().is_some_and(|at| now >= at + patience);
        let silent: Vec<(SocketAddr, usize)> = places(&self.nodes)
            .filter(|(_, _, link)| is_silent(link))
            .map(|(node, place, _)| (node, place))
            .collect();
        for (node, place) in silent {
            self.lose(node, place, "SILENT", now);
        }
    }

    /// Sleeps until something has come or is due, and takes what has come.
    fn turn(&mut self, next_due: Option<Instant>) -> io::Result<()> {
        for link in self.nodes.values_mut().flat_map(|node| node.links.iter_mut().flatten()) {
            // A broken one is found by the poll.
            let _ = link.flush();
        }
        let now = Instant::now();
        let mut ready = Vec::new();
        {
            let links: Vec<(SocketAddr, usize, &Link<Waiter>)> = places(&self.nodes).collect();
            let mut fds: Vec<PollFd<'_>> = links
                .iter()
                .map(|(_, _, link)| PollFd::new(link.stream(), link.interest()))
                .collect();
            let again = self.again.peek().map(|Reverse((at, _))| *at);
            let wake = next_due.into_iter().chain(again).min();
            let sleep = wake
                .map_or(SLEEP_MAX, |at| at.saturating_duration_since(now))
                .min(SLEEP_MAX);
            let timeout = Timespec {
                tv_sec: 0,
                tv_nsec: i64::from(sleep.subsec_nanos()),
            };
            match poll(&mut fds, Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for (fd, (node, place, _)) in fds.iter().zip(&links) {
                if !fd.revents().is_empty() {
                    ready.push((*node, *place));
                }
            }
        }
        for (node, place) in ready {
            self.on_ready(node, place);
        }
        Ok(())
    }

    fn on_ready(&mut self, node: SocketAddr, place: usize) {
        let Some(link) = self.nodes.get_mut(&node).and_then(|node| node.links[place].as_mut()) else {
            return;
        };
        let mut replies = Vec::new();
        let done = link.on_ready(|waiter, value| replies.push((waiter, value)));
        let now = Instant::now();
        for (waiter, value) in replies {
            self.take(node, waiter, value, now);
        }
        if done.is_err() {
            self.lose(node, place, "LOST", now);
        }
    }

    fn take(&mut self, node: SocketAddr, waiter: Waiter, value: Value, now: Instant) {
        match (waiter, value) {
            (Waiter::Nobody, _) => {}
            (Waiter::Routes, reply) => {
                self.must_learn |= !self.routes.learn(&reply, node);
                for node in self.routes.nodes() {
                    self.nodes.entry(node).or_default();
                }
            }
            (Waiter::Op(flight), Value::Error(text)) => self.on_error(node, flight, &text, now),
            (Waiter::Op(flight), value) => self.on_answer(node, flight, &value, now),
        }
    }

    fn on_error(&mut self, node: SocketAddr, mut flight: Flight, text: &str, now: Instant) {
        let redirection = Redirection::read(text);
        if let Some((redirection, to)) = redirection.and_then(|it| Some((it, it.to(node)?))) {
            if !redirection.is_ask {
                self.routes.moved(redirection.slot, to);
                self.must_learn = true;
            }
            self.record.count(|counts| counts.redirects += 1);
            flight.tries += 1;
            if now >= flight.due + self.manner.patience {
                return self.give_up(flight);
            }
            return self.start(flight, now, Some((to, redirection.is_ask)));
        }
        self.record.error(text);
        let code = text.split(' ').next().unwrap_or_default();
        if let (Op::CheckWrite(key, number), false) = (flight.op, REFUSALS.contains(&code)) {
            self.checks.excuse(key, number);
        }
        self.pause(flight, now);
    }

    fn on_answer(&mut self, node: SocketAddr, flight: Flight, value: &Value, now: Instant) {
        self.in_flight -= 1;
        let done = Done {
            due: flight.due,
            sent: flight.sent,
            tries: flight.tries,
            node,
            slot: flight.slot,
            command: flight.op.command(),
        };
        self.record.done(now, done);
        match flight.op {
            Op::Write(_) => {}
            Op::Read(_) => {
                let missed = u64::from(*value == Value::Null);
                self.record.count(|counts| {
                    counts.reads += 1;
                    counts.misses += missed;
                });
            }
            Op::CheckWrite(key, number) => self.checks.end_write(key, number, Fate::Acknowledged),
            Op::CheckRead(key, floor) => {
                // What is no number of ours is 0, which was never written.
                let found = (*value != Value::Null).then(|| number_in(value).unwrap_or(0));
                let judgement = self.checks.judge(key, floor, found);
                self.record.count(|counts| match judgement {
                    Judgement::Fine => {}
                    Judgement::Older => counts.went_back += 1,
                    Judgement::Resurrected => counts.resurrected += 1,
                    Judgement::Foreign => counts.foreign += 1,
                });
            }
        }
    }

    /// Gives up a connection; what was under way on it is tried again.
    fn lose(&mut self, at: SocketAddr, place: usize, why: &str, now: Instant) {
        let Some(node) = self.nodes.get_mut(&at) else { return };
        let Some(link) = node.links[place].take() else { return };
        self.must_learn = true;
        if !link.is_open() || why == "SILENT" {
            node.avoid_until = Some(now + AVOID);
        }
        let (waiting, may_have_arrived) = link.into_waiting();
        for waiter in waiting.collect::<Vec<_>>() {
            let Waiter::Op(mut flight) = waiter else { continue };
            self.record.error(if may_have_arrived { why } else { "UNREACHABLE" });
            if let (Op::CheckWrite(key, number), true) = (flight.op, may_have_arrived) {
                self.checks.excuse(key, number);
            }
            if flight.tries == 0 && now < flight.due + self.manner.patience {
                flight.tries = 1;
                self.start(flight, now, None);
            } else {
                self.pause(flight, now);
            }
        }
    }
}

fn places(nodes: &BTreeMap<SocketAddr, Node>) -> impl Iterator<Item = (SocketAddr, usize, &Link<Waiter>)> {
    nodes.iter().flat_map(|(at, node)| {
        let links = node.links.iter().enumerate();
        links.filter_map(|(place, link)| Some((*at, place, link.as_ref()?)))
    })
}

fn number_in(value: &Value) -> Option<u64> {
    std::str::from_utf8(value.as_bytes()?.get(..20)?).ok()?.parse().ok()
}
