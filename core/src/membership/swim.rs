//! The driver of foca: SWIM as a value.
//!
//! ```text
//!  datagram --> envelope --> [heard from one we took for dead, while alone? begin anew] --> foca --+
//!  deadline --> [we stood still? postpone] --> timer --> [refuted? drop] -----------------> foca --+--> settle: sends, timers, health
//!                                                                                                  |
//!                        what control hears <-- changes <-- our table <-- compare with foca's list +
//! ```
//!
//! foca gives the protocol. What it lacks for a detector of one second stands here; each rule has a test in `tests.rs`:
//!
//! - **The refutation guard.** foca 2.0.0 tells a healthy node that it is dead when the timer of a suspicion fires that was
//!   refuted long ago. Such timers are dropped here ([`Swim::is_refuted`]).
//! - **A stall is not silence.** When a timer fires late, we stood still: nothing is concluded from that time. All timers are
//!   put off by it, and a bit more, so that what waits in the socket is read first.
//! - **Slow observers doubt longer** ([`LocalHealth`]).
//! - **Someone keeps calling** ([`Announcer`]).
//! - **The few give in to the many.** When a partition heals, both sides hold the other for dead, and foca makes *every* node take a new identity,
//!   for which healthy nodes of the larger side look dead for a moment. Here the side without a majority forgets whom it took for dead and
//!   joins again, as soon as it hears from one of them.
//! - **Our table follows foca's list**, compared after every call, instead of its notifications: nothing can be missed, and members are few.
//!
//! Bounds: at most [`MEMBERS_MAX`] members; a call's work is linear in the members.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use foca::{Codec, PostcardCodec, State};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::announcer::Announcer;
use super::envelope::{Envelope, Foreign};
use super::local_health::LocalHealth;
use super::outbox::Outbox;
use super::watched::Watched;
use super::{MemberChange, MemberState, Profile, SwimCounters, SwimEffect, SwimId};
use crate::time::Instant;
use crate::timers::TimerQueue;

/// Most members that are watched; further ones are not reported. foca walks its list for every datagram.
const MEMBERS_MAX: usize = 4096;

/// How long a leaving node goes on telling that it leaves.
const LEAVE_LINGER: Duration = Duration::from_millis(500);

/// The pause between two such tellings.
const LEAVE_GOSSIP_PERIOD: Duration = Duration::from_millis(100);

/// What a node needs to take part.
#[derive(Debug, Clone)]
pub struct SwimConfig {
    /// Who it is, in this life.
    pub id: SwimId,
    /// Its pace.
    pub profile: Profile,
    /// Fingerprint of the cluster; datagrams with another one are dropped.
    pub cluster: u64,
    /// The gossip addresses of the members that it knows, its own aside. They are called for ever while they are silent.
    pub seeds: Vec<SocketAddr>,
    /// Seed of all randomness.
    pub random_seed: u64,
}

/// One node's part in SWIM.
pub struct Swim {
    foca: foca::Foca<SwimId, PostcardCodec, StdRng, foca::NoCustomBroadcast>,
    config: SwimConfig,
    phase: Phase,
    timers: TimerQueue<SwimTimer>,
    health: LocalHealth,
    announcer: Announcer,
    // Invariant: follows foca's list; entries are never removed, a vanished one is down.
    table: BTreeMap<u64, Watched>,
    /// Nodes that are no members any more, by their short ids.
    forgotten: BTreeSet<u64>,
    outbox: Outbox,
    counters: SwimCounters,
    /// Counts comparisons of the table with foca's list.
    comparison: u64,
    /// No timer was fired since all of them were put off: they must not be put off again, or none would ever fire on a machine
    /// that is always late.
    postponed: bool,
    probing: bool,
    /// foca's timer for gossip, while there is nothing to tell: a cluster at rest need not wake for it.
    quiet_gossip: Option<foca::Timer<SwimId>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Leaving { until: Instant },
    Left,
}

#[derive(Debug, PartialEq, Eq)]
enum SwimTimer {
    Foca(foca::Timer<SwimId>),
    Announce,
    TellLeaving,
}

impl Swim {
    /// A node that has not called anyone yet: [`Swim::start`] does.
    #[must_use]
    pub fn new(config: SwimConfig) -> Self {
        let mut announcer = Announcer::new(config.profile.announce_pause_min(), config.profile.announce_pause_max());
        for &seed in config.seeds.iter().filter(|&&seed| seed != config.id.addr) {
            announcer.learn(seed);
        }
        let health = LocalHealth::default();
        Self {
            foca: new_foca(&config, config.id, health.doubt_factor()),
            phase: Phase::Running,
            timers: TimerQueue::new(),
            health,
            announcer,
            table: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            outbox: Outbox::new(Envelope {
                cluster: config.cluster,
                epoch: 0,
            }),
            counters: SwimCounters::default(),
            comparison: 0,
            postponed: false,
            probing: false,
            quiet_gossip: None,
            config,
        }
    }

    /// Calls the known members for the first time.
    pub fn start(&mut self, now: Instant, out: &mut Vec<SwimEffect>) {
        self.on_announce(now);
        self.settle(now, out);
    }

    /// A datagram came.
    pub fn on_datagram(&mut self, now: Instant, datagram: &[u8], out: &mut Vec<SwimEffect>) {
        self.watch_for_stall(now, out);
        // What comes now would make foca join again.
        if self.phase != Phase::Running {
            return;
        }
        self.counters.datagrams_received += 1;
        let payload = match Envelope::open(self.config.cluster, datagram) {
            Ok((epoch, payload)) => {
                if epoch > self.outbox.envelope.epoch {
                    out.push(SwimEffect::NewerEpoch(epoch));
                }
                payload
            }
            Err(Foreign::Bytes | Foreign::Cluster) => {
                self.counters.datagrams_refused += 1;
                return;
            }
        };
        if self.is_minority() && self.is_from_a_down_member(payload) {
            self.begin_anew(now, out);
        }
        match self.foca.handle_data(payload, &mut self.outbox) {
            Ok(()) => self.health.on_heard(),
            Err(_) => self.counters.datagrams_refused += 1,
        }
        self.settle(now, out);
    }

    /// The moment of [`Swim::next_deadline`] was reached.
    ///
    /// A caller that woke late reads its socket first; should it forget, timers are put off for it.
    pub fn on_deadline(&mut self, now: Instant, out: &mut Vec<SwimEffect>) {
        self.watch_for_stall(now, out);
        while let Some(timer) = self.timers.pop_due(now) {
            self.postponed = false;
            match timer {
                SwimTimer::Foca(timer) => self.on_foca_timer(timer),
                SwimTimer::Announce => self.on_announce(now),
                SwimTimer::TellLeaving => self.on_tell_leaving(now, out),
            }
            self.settle(now, out);
        }
    }

    /// When [`Swim::on_deadline`] wants to be called.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.next_deadline()
    }

    /// Calls `address` now: something else says that a node is there.
    pub fn call(&mut self, now: Instant, address: SocketAddr, out: &mut Vec<SwimEffect>) {
        if self.phase == Phase::Running && address != self.foca.identity().addr {
            self.announce_to(address);
            self.settle(now, out);
        }
    }

    /// Tells the others that this node stops. [`SwimEffect::Left`] follows when it has been told long enough; until then deadlines want
    /// to be kept. Nothing that comes in is looked at any more.
    pub fn leave(&mut self, now: Instant, out: &mut Vec<SwimEffect>) {
        if self.phase != Phase::Running {
            return;
        }
        self.phase = Phase::Leaving {
            until: now + LEAVE_LINGER,
        };
        self.timers.retain(|_| false);
        // Only encoding our own identity can fail, and that has been done before.
        let _encoded = self.foca.leave_cluster(&mut self.outbox);
        self.outbox.timers.clear();
        self.timers.arm(now + LEAVE_GOSSIP_PERIOD, SwimTimer::TellLeaving);
        self.settle(now, out);
    }

    /// A member has come, or is no more where it was `before`: it is called until it answers.
    pub fn learn(&mut self, address: SocketAddr, before: Option<SocketAddr>) {
        if let Some(before) = before {
            self.announcer.forget(before);
        }
        if address != self.foca.identity().addr {
            self.announcer.learn(address);
        }
    }

    /// A member has gone for good: it is called no more, and what is heard of it is not reported.
    pub fn forget(&mut self, node: u64, address: SocketAddr) {
        self.announcer.forget(address);
        self.table.remove(&node);
        self.forgotten.insert(node);
    }

    /// The epoch to name in datagrams.
    pub fn become_epoch(&mut self, epoch: u64) {
        self.outbox.envelope.epoch = epoch;
    }

    /// Who this node is to the others, at present.
    #[must_use]
    pub fn id(&self) -> &SwimId {
        self.foca.identity()
    }

    /// What is known of the node with this short id.
    #[must_use]
    pub fn member(&self, node: u64) -> Option<MemberChange> {
        self.table.get(&node).map(Watched::as_change)
    }

    /// All members ever seen, by their short ids.
    pub fn members(&self) -> impl Iterator<Item = MemberChange> {
        self.table.values().map(Watched::as_change)
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> &SwimCounters {
        &self.counters
    }

    /// By how much this node's doubt is stretched at present, because it is slow itself: 1 to 4.
    #[must_use]
    pub fn doubt_factor(&self) -> u32 {
        self.health.doubt_factor()
    }

    /// If our own timers are late, nothing that we have not heard since they were due means anything.
    fn watch_for_stall(&mut self, now: Instant, out: &mut Vec<SwimEffect>) {
        let Some(due) = self.timers.next_deadline() else { return };
        let late = now.since(due);
        if late < self.config.profile.stall_min() || self.postponed || self.phase != Phase::Running {
            return;
        }
        // The grace lets the caller read what waits in its socket.
        self.timers.postpone_all(late + self.config.profile.probe_rtt() / 8);
        self.postponed = true;
        self.counters.stalls += 1;
        self.health.on_stall();
        self.retune();
        out.push(SwimEffect::Stalled(late));
    }

    fn on_foca_timer(&mut self, timer: foca::Timer<SwimId>) {
        if self.is_refuted(&timer) {
            self.counters.refuted_timers_dropped += 1;
            return;
        }
        if matches!(timer, foca::Timer::PeriodicGossip(_)) && self.foca.updates_backlog() == 0 {
            self.quiet_gossip = Some(timer);
            return;
        }
        // Errors are a probe cycle that we cut off ourselves by postponing, or a timer of an identity that we gave up.
        if self.foca.handle_timer(timer, &mut self.outbox).is_err() {
            self.counters.timers_refused += 1;
        }
    }

    /// Whether `timer` ends a suspicion that is none any more.
    ///
    /// foca would not declare the member down, but tell it that it is down, which makes it take a new identity: every peer then sees
    /// a healthy node replaced.
    fn is_refuted(&self, timer: &foca::Timer<SwimId>) -> bool {
        let foca::Timer::ChangeSuspectToDown {
            member_id, incarnation, ..
        } = timer
        else {
            return false;
        };
        let still_suspect = |member: &foca::Member<SwimId>| {
            member.id() == member_id && member.incarnation() == *incarnation && member.state() == State::Suspect
        };
        !self.foca.iter_membership_state().any(still_suspect)
    }

    fn on_announce(&mut self, now: Instant) {
        let pause = self.announce_to_missing();
        self.timers.arm(now + pause, SwimTimer::Announce);
    }

    fn announce_to_missing(&mut self) -> Duration {
        let foca = &self.foca;
        let (missing, pause) = self
            .announcer
            .round(|address| foca.iter_members().any(|member| member.id().addr == address));
        for address in missing {
            self.announce_to(address);
        }
        pause
    }

    fn announce_to(&mut self, address: SocketAddr) {
        self.counters.announcements += 1;
        // Encoding two identities always fits.
        let _encoded = self.foca.announce(SwimId::anyone_at(address), &mut self.outbox);
    }

    fn on_tell_leaving(&mut self, now: Instant, out: &mut Vec<SwimEffect>) {
        let Phase::Leaving { until } = self.phase else { return };
        if now >= until {
            self.phase = Phase::Left;
            out.push(SwimEffect::Left);
            return;
        }
        let _encoded = self.foca.gossip(&mut self.outbox);
        self.timers.arm(now + LEAVE_GOSSIP_PERIOD, SwimTimer::TellLeaving);
    }

    /// Whether at most half of the members that we know of, ourselves included, are alive to us.
    fn is_minority(&self) -> bool {
        let known = self.announcer.len().max(self.table.len()) + 1;
        (self.foca.num_members() + 1) * 2 <= known
    }

    /// Whether the sender of a payload is one that we hold for dead, by its exact identity.
    fn is_from_a_down_member(&self, payload: &[u8]) -> bool {
        let Ok(header): Result<foca::Header<SwimId>, _> = PostcardCodec.decode_header(payload) else {
            return false;
        };
        self.foca
            .iter_membership_state()
            .any(|member| *member.id() == header.src && member.state() == State::Down)
    }

    /// Forgets whom we hold for dead, takes a new identity and calls everyone.
    fn begin_anew(&mut self, now: Instant, out: &mut Vec<SwimEffect>) {
        let Some(id) = foca::Identity::renew(self.foca.identity()) else {
            return;
        };
        let alive: Vec<_> = self.foca.iter_members().cloned().collect();
        self.foca = new_foca(&self.config, id, self.health.doubt_factor());
        self.timers.retain(|timer| !matches!(timer, SwimTimer::Foca(_)));
        self.probing = false;
        self.quiet_gossip = None;
        // Only encoding can fail, and these came over the wire.
        let _encoded = self.foca.apply_many(alive.into_iter(), false, &mut self.outbox);
        self.announce_to_missing();
        self.counters.renewals += 1;
        out.push(SwimEffect::Renewed);
        self.settle(now, out);
    }

    /// Does what foca asked for in the last call, and compares its list with ours.
    fn settle(&mut self, now: Instant, out: &mut Vec<SwimEffect>) {
        if std::mem::take(&mut self.outbox.renewed) {
            self.counters.renewals += 1;
            out.push(SwimEffect::Renewed);
            // foca tells its new identity to the members it holds for alive only: none, on the lonely side.
            self.announce_to_missing();
        }
        self.judge_probe();
        for (after, timer) in self.outbox.timers.drain(..) {
            self.timers.arm(now + after, SwimTimer::Foca(timer));
        }
        if let Some(timer) = self.quiet_gossip.take_if(|_| self.foca.updates_backlog() > 0) {
            self.timers
                .arm(now + self.config.profile.gossip_period(), SwimTimer::Foca(timer));
        }
        self.counters.datagrams_sent += self.outbox.sends.len() as u64;
        out.extend(
            self.outbox
                .sends
                .drain(..)
                .map(|(to, bytes)| SwimEffect::Send { to, bytes }),
        );
        if self.phase == Phase::Running {
            self.compare(out);
        }
    }

    /// foca arms the timer of an indirect probe when a probe begins, and that of a suspicion when the one before has failed.
    fn judge_probe(&mut self) {
        let is_begin = |timer: &foca::Timer<SwimId>| matches!(timer, foca::Timer::SendIndirectProbe { .. });
        let is_failure = |timer: &foca::Timer<SwimId>| matches!(timer, foca::Timer::ChangeSuspectToDown { .. });
        let armed = || self.outbox.timers.iter().map(|(_, timer)| timer);
        let (begun, failed) = (armed().any(is_begin), armed().any(is_failure));
        if !begun {
            return;
        }
        self.counters.probes += 1;
        self.counters.probes_failed += u64::from(failed);
        if std::mem::replace(&mut self.probing, true) {
            self.health.on_probe_end(!failed, self.foca.num_members());
            self.retune();
        }
    }

    fn retune(&mut self) {
        let profile = self.config.profile;
        let config = profile.foca_config(self.health.doubt_factor(), self.foca.num_members());
        // Refused only when the pace or the kind of gossip changes.
        let _same_pace = self.foca.set_config(config);
    }

    fn compare(&mut self, out: &mut Vec<SwimEffect>) {
        self.comparison += 1;
        for member in self.foca.iter_membership_state() {
            let (id, state) = (*member.id(), MemberState::from(member.state()));
            let is_one_too_many = self.table.len() >= MEMBERS_MAX && !self.table.contains_key(&id.node);
            if is_one_too_many || self.forgotten.contains(&id.node) {
                continue;
            }
            let fresh = Watched {
                id,
                state,
                comparison: self.comparison,
            };
            let watched = self.table.entry(id.node).or_insert_with(|| {
                out.push(SwimEffect::Changed(fresh.as_change()));
                self.announcer.learn(id.addr);
                Watched { ..fresh }
            });
            // A node that moved is in foca's list under each of its addresses: its latest identity is the one that counts.
            if id.rank() < watched.id.rank() {
                continue;
            }
            watched.comparison = self.comparison;
            if watched.id != id || watched.state != state {
                if watched.id.addr != id.addr {
                    self.announcer.learn(id.addr);
                }
                (watched.id, watched.state) = (id, state);
                out.push(SwimEffect::Changed(watched.as_change()));
            }
        }
        for watched in self.table.values_mut() {
            if watched.comparison != self.comparison && watched.state != MemberState::Down {
                watched.state = MemberState::Down;
                out.push(SwimEffect::Changed(watched.as_change()));
            }
        }
    }
}

fn new_foca(
    config: &SwimConfig,
    id: SwimId,
    doubt_factor: u32,
) -> foca::Foca<SwimId, PostcardCodec, StdRng, foca::NoCustomBroadcast> {
    // A node that begins anew, as another renewal, must not draw the same numbers again.
    let random = StdRng::seed_from_u64(config.random_seed ^ u64::from(id.renewal).rotate_left(32));
    let config = config.profile.foca_config(doubt_factor, config.seeds.len());
    foca::Foca::new(id, config, random, PostcardCodec)
}
