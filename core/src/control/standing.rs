//! What this node may do, and what it says of itself.
//!
//! Its lease, its clock, and the arcs that it has caught up on: the others hear of each before this node acts on it.

use std::time::Duration;

use circlet_ring::ArcId;

use super::clock_watch;
use super::control_plane::ControlPlane;
use super::{Clocks, Effect, Notice, Now, PeerClock};
use crate::membership::MemberState;
use crate::time::Instant;
use crate::topology::MemberIndex;
use crate::view::MemberView;

/// How often a node says how it is, if nothing changes: carries its clock. In clusters of up to a hundred members.
const STATUS_PERIOD: Duration = Duration::from_secs(1);

/// By how much more rarely for each member: everybody tells everybody, so that at a constant pace each would send, and read, in proportion to their number.
const STATUS_PERIOD_PER_MEMBER: Duration = Duration::from_millis(10);

/// As rarely as that at most: two of a clock's samples must be fresh.
const STATUS_PERIOD_MAX: Duration = Duration::from_secs(5);

/// How long a peer's clock differs before it is named: by then a node that is the odd one out has heard it from the others.
const CLOCK_NAMED_AFTER: Duration = Duration::from_millis(500);

/// The least time between two words about what a node has caught up on, so that a thousand arcs make a few words and not a thousand.
const STATUS_GAP: Duration = Duration::from_millis(2);

/// The same while nobody is served sooner for the word: the arcs are drained, or are not read from here yet. Only the next document waits for it then,
/// and each word makes every member look at the arcs that it is about.
const STATUS_GAP_OF_MOVES: Duration = Duration::from_millis(10);

impl ControlPlane {
    /// Others may have coordinated in our place: every arc is taken over anew.
    pub(super) fn renew_all_arcs(&mut self, now: Instant) {
        for arc in self.announced.arc_count().arcs() {
            self.builder.renew_arc(arc);
            self.catchup.on_new_view(now, arc);
        }
    }

    pub(super) fn keep_lease(&mut self, now: Now, out: &mut Vec<Effect>) {
        if self.lease.is_over(now.mono) {
            out.push(Effect::Notice(Notice::LeaseLost));
            self.renew_all_arcs(now.mono);
            // The view without the right to coordinate comes before the lease that makes it valid.
            self.install_view(out);
        }
        if self.lease.is_to_renew(now.mono) {
            out.push(Effect::Lease {
                until: self.lease.renew(now.mono),
            });
        }
    }

    /// Says how this node is, if it is time, and holds itself to it: the others know of an arc that it has caught up on before it acts on it.
    pub(super) fn say_status(&mut self, now: Now, out: &mut Vec<Effect>) {
        if *self.catchup.caught_up() != self.announced || *self.catchup.drained() != self.announced_drained {
            let soon = self.status_said_at + self.status_gap();
            self.status_due = Some(self.status_due.map_or(soon, |due| due.min(soon)));
        }
        if self.status_due.is_some_and(|due| now.mono < due) {
            return;
        }
        let clock_changed = self.judge_clock(now.mono, out);
        self.open_alone(now.mono, out);
        let changed = if clock_changed {
            self.announced.arc_count().arcs().collect()
        } else {
            self.announced.difference_both_ways(self.catchup.caught_up())
        };
        self.announced.clone_from(self.catchup.caught_up());
        self.announced_drained.clone_from(self.catchup.drained());
        self.status_said_at = now.mono;
        self.status_due = Some(now.mono + self.status_period());
        out.push(Effect::AnnounceStatus {
            to: None,
            status: self.status(now),
        });
        for arc in changed {
            self.recompute_arc(now.mono, arc);
        }
        if self.catchup.is_complete() && !std::mem::replace(&mut self.said_complete, true) {
            out.push(Effect::Notice(Notice::CaughtUp {
                arcs: self.announced.len(),
            }));
        }
    }

    fn status_gap(&self) -> Duration {
        let is_read_here = |arc: &ArcId| {
            let view = self.builder.arc(*arc);
            view.read_order().any(|position| view.my_position() == Some(position))
        };
        let changed = self.announced.difference_both_ways(self.catchup.caught_up());
        if changed.iter().any(is_read_here) {
            STATUS_GAP
        } else {
            STATUS_GAP_OF_MOVES
        }
    }

    fn status_period(&self) -> Duration {
        let members = self.peers.iter().filter(|peer| !peer.is_gone).count();
        // At most MEMBERS_MAX.
        (STATUS_PERIOD_PER_MEMBER * members as u32).clamp(STATUS_PERIOD, STATUS_PERIOD_MAX)
    }

    /// True if this node changed its mind about its clock.
    pub(super) fn judge_clock(&mut self, now: Instant, out: &mut Vec<Effect>) -> bool {
        let verdict = self.own_clock(now);
        let believed_before = self.believes_its_clock();
        self.clock_ahead_ms = verdict.err();
        self.judge_peers_clocks(now, out);
        match verdict {
            Ok(()) if !believed_before => out.push(Effect::Notice(Notice::ClockBack)),
            Err(ahead_ms) if believed_before => out.push(Effect::Notice(Notice::ClockOff { ahead_ms })),
            Ok(()) | Err(_) => return false,
        }
        let state = MemberState::Alive;
        let myself = MemberView {
            state,
            life: self.config.life,
            reachable: true,
            clock_believed: self.believes_its_clock(),
        };
        self.builder.set_member(self.me, myself);
        true
    }

    /// Whether this node is to believe its clock, by what it heard up to now.
    fn own_clock(&self, now: Instant) -> Result<(), i64> {
        let ahead_ms: Vec<i64> = (self.peers.iter().filter(|peer| peer.link.is_some()))
            .filter_map(|peer| peer.clock.ahead_ms(now))
            .collect();
        let members = self.peers.iter().filter(|peer| !peer.is_gone).count();
        clock_watch::judge(&ahead_ms, members, self.clock_off_ms_max())
    }

    /// A peer told its clock. If that ends this node's belief in its own, it says so at once, and not when it is due: one that starts with a wrong clock
    /// coordinates nothing meanwhile.
    pub(super) fn on_clock(&mut self, now: Instant, index: MemberIndex) {
        let ahead_ms = self.peers[index.get()].clock.ahead_ms(now);
        let differs = ahead_ms.is_some_and(|ahead_ms| clock_watch::is_off(ahead_ms, self.clock_off_ms_max()));
        if differs && self.believes_its_clock() && self.own_clock(now).is_err() {
            self.status_due = Some(now);
        }
    }

    fn clock_off_ms_max(&self) -> u32 {
        self.builder.topology().settings().clock_off_ms_max
    }

    /// Names the peers whose clocks have come to differ from ours, and those that agree again: once for each change.
    ///
    /// A node that is the odd one out names nobody but itself.
    fn judge_peers_clocks(&mut self, now: Instant, out: &mut Vec<Effect>) {
        let (believes_its_own, off_ms_max) = (self.believes_its_clock(), self.clock_off_ms_max());
        for peer in &mut self.peers {
            let Some(ahead_ms) = peer.clock.ahead_ms(now) else {
                continue;
            };
            let differs = believes_its_own && clock_watch::is_off(ahead_ms, off_ms_max);
            peer.clock_off_since = differs.then(|| peer.clock_off_since.unwrap_or(now));
            let is_off = peer
                .clock_off_since
                .is_some_and(|since| now.since(since) >= CLOCK_NAMED_AFTER);
            let was_off = std::mem::replace(&mut peer.is_clock_off, is_off);
            let peer = peer.id;
            if is_off && !was_off {
                out.push(Effect::Notice(Notice::PeerClockOff { peer, ahead_ms }));
            } else if was_off && believes_its_own && !differs {
                out.push(Effect::Notice(Notice::PeerClockBack { peer }));
            }
        }
    }

    /// Whether this node believes its own clock; if not, it coordinates nothing.
    pub(super) fn believes_its_clock(&self) -> bool {
        self.clock_ahead_ms.is_none()
    }

    /// The members' clocks, to look at.
    #[must_use]
    pub fn clocks(&self, now: Instant) -> Clocks {
        let others = self
            .peers
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != self.me.get());
        let peers = others.map(|(_, peer)| PeerClock {
            peer: peer.id,
            ahead_ms: peer.clock.ahead_ms(now),
            is_off: peer.is_clock_off,
        });
        Clocks {
            own_ahead_ms: self.clock_ahead_ms,
            peers: peers.collect(),
        }
    }

    pub(super) fn open_alone(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if !self.catchup.open_alone(now).is_empty() {
            out.push(Effect::Notice(Notice::OpenedAlone {
                arcs: self.catchup.opened_alone_count(),
            }));
        }
    }
}
