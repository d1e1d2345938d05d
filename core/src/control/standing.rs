//! What this node may do, and what it says of itself.
//!
//! Its lease, its clock, and the arcs that it has caught up on: the others hear of each before this node acts on it.

use std::time::Duration;

use super::clock_watch;
use super::control_plane::ControlPlane;
use super::{Effect, Notice, Now};
use crate::membership::MemberState;
use crate::time::Instant;
use crate::view::MemberView;

/// How often a node says how it is, if nothing changes: carries its clock.
const STATUS_PERIOD: Duration = Duration::from_secs(1);

/// The least time between two words about what a node has caught up on, so that a thousand arcs make a few words and not a thousand.
const STATUS_GAP: Duration = Duration::from_millis(2);

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
        if *self.catchup.caught_up() != self.announced {
            let soon = self.status_said_at + STATUS_GAP;
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
        self.status_said_at = now.mono;
        self.status_due = Some(now.mono + STATUS_PERIOD);
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

    /// True if this node changed its mind about its clock.
    pub(super) fn judge_clock(&mut self, now: Instant, out: &mut Vec<Effect>) -> bool {
        let ahead_ms: Vec<i64> = (self.peers.iter().filter(|peer| peer.link.is_some()))
            .filter_map(|peer| peer.clock.ahead_ms(now))
            .collect();
        let off_ms_max = self.builder.topology().settings().clock_off_ms_max;
        let verdict = clock_watch::judge(&ahead_ms, self.peers.len(), off_ms_max);
        let believed_before = std::mem::replace(&mut self.clock_believed, verdict.is_ok());
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
            clock_believed: self.clock_believed,
        };
        self.builder.set_member(self.me, myself);
        true
    }

    pub(super) fn open_alone(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if !self.catchup.open_alone(now).is_empty() {
            out.push(Effect::Notice(Notice::OpenedAlone {
                arcs: self.catchup.opened_alone_count(),
            }));
        }
    }
}
