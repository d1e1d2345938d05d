//! When rounds are begun, and what follows from their answers.
//!
//! The arcs are gone through in windows of 256, one pass in [`Rounds::period`]. In its window, an arc that this node coordinates is compared with all of
//! its other owners if every one of them can be reached and has caught up; all arcs of a window go in one frame a peer.
//!
//! ```text
//!   window due --begin--> asked of all owners --answers--> all Same, in the lives that were asked --> synced: S := cut
//!                              |                  Different --> again in the next window; Different again --> exchange both ways
//!                              +-- link lost, refused --> again in the next pass
//! ```
//!
//! Once is not enough for an exchange: a write that was on its way between the two looks the same.
//!
//! Limits: an arc is in one round at a time; a round whose answers never come is over when the links say so.

use std::collections::BTreeMap;
use std::time::Duration;

use circlet_ring::{ArcCount, ArcId};

use super::{Asked, Round, RoundAnswer, RoundId, RoundVerdict, Settled, cut_before};
use crate::life::Life;
use crate::stamp::Stamp;
use crate::time::{Instant, WallMs};

/// Arcs that are looked at together.
const WINDOW_ARCS: usize = 256;

/// How far a cut lies in the past at least: longer than a delta is on its way as a rule, so that rounds succeed under steady writes.
const CUT_LAG_MS: u64 = 2_000;

/// The rounds of one node. `P` names a peer.
#[derive(Debug)]
pub struct Rounds<P> {
    period: Duration,
    arcs: Box<[ArcRounds<P>]>,
    next_window: usize,
    due: Instant,
    /// By number; the arcs in here are marked as busy.
    under_way: BTreeMap<RoundId, UnderWay<P>>,
    begun_count: u64,
}

#[derive(Debug)]
struct ArcRounds<P> {
    arc: ArcId,
    is_busy: bool,
    /// Whether the last round found a difference.
    has_differed: bool,
    /// The cut of the last round that was completed, and the lives that were in it.
    synced: Stamp,
    lives: Vec<(P, Life)>,
}

#[derive(Debug)]
struct UnderWay<P> {
    cut: Stamp,
    /// In the order of `Round::asked`; an answer takes its question.
    waiting: Vec<Asked<P>>,
    arcs: BTreeMap<ArcId, Progress<P>>,
}

#[derive(Debug)]
struct Progress<P> {
    same: Vec<(P, Life)>,
    different: Vec<P>,
    is_refused: bool,
}

impl<P: Copy + PartialEq> Rounds<P> {
    /// The rounds of a life that begins `now`.
    pub fn new(arcs: ArcCount, period: Duration, now: Instant) -> Self {
        let arc = |arc| ArcRounds {
            arc,
            is_busy: false,
            has_differed: false,
            synced: Stamp::ZERO,
            lives: Vec::new(),
        };
        let mut rounds = Self {
            period,
            arcs: arcs.arcs().map(arc).collect(),
            next_window: 0,
            due: now,
            under_way: BTreeMap::new(),
            begun_count: 0,
        };
        rounds.due = now + rounds.window_pause();
        rounds
    }

    /// When [`begin`](Self::begin) is due.
    pub fn next_deadline(&self) -> Instant {
        self.due
    }

    /// Begins the round of the next window, if it is due. `parties` gives the other owners of an arc, in their present lives, if it may be compared
    /// now.
    pub fn begin(
        &mut self,
        now: Instant,
        wall: WallMs,
        parties: impl Fn(ArcId) -> Option<Vec<(P, Life)>>,
    ) -> Option<Round<P>> {
        if now < self.due {
            return None;
        }
        // Windows that were slept through are left out.
        self.due = now + self.window_pause();
        let window = self.next_window..(self.next_window + WINDOW_ARCS).min(self.arcs.len());
        self.next_window = if window.end == self.arcs.len() { 0 } else { window.end };
        let cut = cut_before(WallMs::new(wall.get().saturating_sub(CUT_LAG_MS)));
        let mut asked: Vec<Asked<P>> = Vec::new();
        let mut progress = BTreeMap::new();
        for (at, arc) in self.arcs.iter_mut().enumerate() {
            if arc.is_busy || !(window.contains(&at) || arc.has_differed) {
                continue;
            }
            let Some(parties) = parties(arc.arc).filter(|parties| !parties.is_empty()) else {
                continue;
            };
            arc.is_busy = true;
            for (peer, life) in parties {
                let was_in_it = arc.lives.contains(&(peer, life));
                let synced = if was_in_it { arc.synced } else { Stamp::ZERO };
                match asked.iter_mut().find(|asked| asked.peer == peer) {
                    Some(asked) => asked.arcs.push((arc.arc, synced)),
                    None => asked.push(Asked {
                        peer,
                        life,
                        arcs: vec![(arc.arc, synced)],
                    }),
                }
            }
            progress.insert(arc.arc, Progress::default());
        }
        if asked.is_empty() {
            return None;
        }
        self.begun_count += 1;
        let id = RoundId(self.begun_count);
        let waiting = asked.clone();
        self.under_way.insert(
            id,
            UnderWay {
                cut,
                waiting,
                arcs: progress,
            },
        );
        Some(Round { id, cut, asked })
    }

    /// The owners of some arcs are others now: what is under way is over, its answers are ignored.
    pub fn forget_under_way(&mut self) {
        self.under_way.clear();
        for arc in &mut self.arcs {
            arc.is_busy = false;
        }
    }

    /// A peer answered, or will not (`None`). What follows, if it was the last.
    pub fn on_answer(&mut self, id: RoundId, peer: P, answer: Option<&RoundAnswer>) -> Option<Settled<P>> {
        let round = self.under_way.get_mut(&id)?;
        let at = round.waiting.iter().position(|asked| asked.peer == peer)?;
        let asked = round.waiting.swap_remove(at);
        // Another life did not have its floor raised by us before, and does not remember what this one answered.
        let verdicts = answer.filter(|answer| answer.life == asked.life);
        let verdicts = verdicts.map_or(&[][..], |answer| &answer.verdicts);
        for (at, (arc, _)) in asked.arcs.iter().enumerate() {
            let Some(progress) = round.arcs.get_mut(arc) else {
                continue;
            };
            match verdicts.get(at) {
                Some(RoundVerdict::Same) => progress.same.push((peer, asked.life)),
                Some(RoundVerdict::Different) => progress.different.push(peer),
                Some(RoundVerdict::Refused) | None => progress.is_refused = true,
            }
        }
        if round.waiting.is_empty() {
            self.settle(id)
        } else {
            None
        }
    }

    fn settle(&mut self, id: RoundId) -> Option<Settled<P>> {
        let UnderWay { cut, arcs, .. } = self.under_way.remove(&id)?;
        let mut settled = Settled {
            cut,
            synced: Vec::new(),
            told: Vec::new(),
            to_exchange: Vec::new(),
            different: 0,
            refused: 0,
        };
        for (arc, progress) in arcs {
            let known = &mut self.arcs[arc.index()];
            known.is_busy = false;
            let had_differed = std::mem::replace(&mut known.has_differed, !progress.different.is_empty());
            if !progress.different.is_empty() {
                settled.different += 1;
                if had_differed {
                    known.has_differed = false;
                    settled
                        .to_exchange
                        .extend(progress.different.iter().map(|&peer| (peer, arc)));
                }
            } else if progress.is_refused {
                settled.refused += 1;
            } else {
                known.synced = cut;
                known.lives = progress.same;
                settled.become_synced(arc, &known.lives);
            }
        }
        Some(settled)
    }

    fn window_pause(&self) -> Duration {
        let windows = self.arcs.len().div_ceil(WINDOW_ARCS);
        // At most 64 windows.
        self.period / u32::try_from(windows).unwrap_or(1)
    }
}

impl<P: Copy + PartialEq> Settled<P> {
    fn become_synced(&mut self, arc: ArcId, lives: &[(P, Life)]) {
        self.synced.push(arc);
        for &(peer, life) in lives {
            match self.told.iter_mut().find(|told| told.peer == peer) {
                Some(told) => told.arcs.push((arc, self.cut)),
                None => self.told.push(Asked {
                    peer,
                    life,
                    arcs: vec![(arc, self.cut)],
                }),
            }
        }
    }
}

impl<P> Default for Progress<P> {
    fn default() -> Self {
        Self {
            same: Vec::new(),
            different: Vec::new(),
            is_refused: false,
        }
    }
}
