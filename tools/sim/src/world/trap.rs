//! Faults that begin at the moment at which a document is chosen, before those whom they are about can hear of it.
//!
//! ```text
//!   left behind   stage 1 of an arc is chosen: the disk of its coordinator, which is to lose the arc, takes its time; so that node stays in the epoch
//!                 before, in which a quorum of the old owners is enough. Once the move is over, it and one old owner that has gone on are cut off.
//!   stage ends    the document that leaves the old owners out is chosen: the coordinator, and as many old owners as make a quorum of these but none
//!                 of the new ones, are cut off and stay in the second stage, while the others read from the new owners alone.
//! ```
//!
//! Cuts and slow disks that begin at any time miss these moments, of some milliseconds each, nearly always.

use std::collections::BTreeSet;
use std::time::Duration;

use circlet_core::topology::{ArcOwners, MoveStage, OwnerList, Topology};
use circlet_ring::{ArcId, Slot};

use super::{Happening, World};
use crate::random::Random;

/// How long, in milliseconds: a node is left behind unless the move ends before, and nodes are cut off. A move takes up to three seconds.
const BEHIND_MS: (u64, u64) = (2_000, 5_000);
const CUT_OFF_MS: (u64, u64) = (1_500, 3_000);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrapSort {
    /// A move begins, and its coordinator does not hear of it.
    LeftBehind,
    /// A move ends, and its coordinator does not hear of it.
    StageEnds,
}

/// Waits for such moments, one after the other.
#[derive(Debug)]
pub(crate) struct Trap {
    random: Random,
    /// In fixed schedules: what is waited for, of which arc, and for ever.
    fixed: Option<(TrapSort, ArcId)>,
    sprung: Option<Sprung>,
    /// Counts what begins, so that an end is known for the one of something else.
    begun: u64,
}

/// What was done, to be undone.
#[derive(Debug)]
struct Sprung {
    arc: ArcId,
    /// Who is to be cut off together: first the one that goes on as if nothing had happened.
    side: Vec<usize>,
    /// Whether its disk takes its time, and the others of the side go on with the move until it is over.
    is_behind: bool,
    cuts: Vec<(usize, usize)>,
}

impl Trap {
    /// One of either sort after the other, for arcs that somebody has used.
    pub(crate) fn new(random: Random) -> Self {
        Self {
            random,
            fixed: None,
            sprung: None,
            begun: 0,
        }
    }

    /// For the next move of this arc; it does not end by itself.
    pub(crate) fn on(arc: ArcId, sort: TrapSort) -> Self {
        Self {
            fixed: Some((sort, arc)),
            ..Self::new(Random::new(0))
        }
    }
}

impl World {
    /// From now on such moments are waited for.
    pub(crate) fn set_trap(&mut self, trap: Trap) {
        self.trap = Some(trap);
    }

    /// The arc that clients are to be after, while there is something to be seen.
    pub(crate) fn trapped_arc(&self) -> Option<ArcId> {
        let sprung = self.trap.as_ref()?.sprung.as_ref()?;
        Some(sprung.arc)
    }

    /// Whom a trap has left behind, or cut off: first the one that goes on as if nothing had happened.
    pub(crate) fn trapped(&self) -> &[usize] {
        let sprung = self.trap.as_ref().and_then(|trap| trap.sprung.as_ref());
        sprung.map_or(&[], |sprung| &sprung.side)
    }

    /// The node at `by` has just learned that a document is chosen, which is in `self.topology`: nobody else knows.
    pub(super) fn spring_trap(&mut self, by: usize, before: &Topology) {
        let Some(mut trap) = self.trap.take() else { return };
        let is_new = trap.sprung.is_none();
        let is_sprung = if is_new {
            self.spring(&mut trap, by, before)
        } else {
            self.cut_off_behind(&mut trap, by, before)
        };
        if is_sprung {
            self.faults += 1;
            self.trace.note(self.now, format_args!("a trap: {:?}", trap.sprung));
            let is_behind = is_new && trap.sprung.as_ref().is_some_and(|sprung| sprung.is_behind);
            let range = if is_behind { BEHIND_MS } else { CUT_OFF_MS };
            trap.begun += 1;
            let length = Duration::from_millis(trap.random.between(range.0, range.1));
            if trap.fixed.is_none() {
                self.agenda.put(self.now + length, Happening::TrapEnds(trap.begun));
            }
        }
        self.trap = Some(trap);
    }

    /// What began as this one is made good, and the next moment is waited for.
    pub(super) fn end_trap(&mut self, number: u64) {
        let Some(trap) = self.trap.as_mut().filter(|trap| trap.begun == number) else {
            return;
        };
        let Some(sprung) = trap.sprung.take() else { return };
        self.trace.note(self.now, format_args!("a trap ends: {sprung:?}"));
        for (inside, outside) in sprung.cuts {
            self.network.heal(inside, outside);
        }
        if sprung.is_behind {
            self.set_disk_slow(sprung.side[0], false);
        }
    }

    /// Whether this is the moment for one of the arcs.
    fn spring(&mut self, trap: &mut Trap, by: usize, before: &Topology) -> bool {
        let count = self.topology.settings().arcs;
        let arcs = match trap.fixed {
            Some((_, arc)) => BTreeSet::from([arc]),
            None => {
                let keys = self.history.records.iter().map(|record| &record.command.key);
                keys.map(|key| count.arc_of(Slot::of_key(key))).collect()
            }
        };
        let is_wanted = |sort| trap.fixed.is_none_or(|(wanted, _)| wanted == sort);
        let found = arcs.into_iter().filter_map(|arc| {
            let (was, is) = (before.arc(arc), self.topology.arc(arc));
            let left_behind = || self.left_behind(arc, by, was, is);
            let stage_ends = || self.stage_ends(arc, by, was, is);
            let behind = is_wanted(TrapSort::LeftBehind).then(left_behind).flatten();
            behind.or_else(|| is_wanted(TrapSort::StageEnds).then(stage_ends).flatten())
        });
        let mut found: Vec<Sprung> = found.collect();
        if found.is_empty() {
            return false;
        }
        let sprung = found.swap_remove(trap.random.index(found.len()));
        self.cut_all(&sprung.cuts);
        if sprung.is_behind {
            self.set_disk_slow(sprung.side[0], true);
        }
        trap.sprung = Some(sprung);
        true
    }

    /// The move of an arc begins that its coordinator is to lose. Of the old owners it reaches just enough, and of these as many as can be are to lose it.
    fn left_behind(&self, arc: ArcId, by: usize, was: &ArcOwners, is: &ArcOwners) -> Option<Sprung> {
        if was.moving.is_some() || is.moving?.stage != MoveStage::WriteBothReadOld {
            return None;
        }
        let goal = is.goal();
        let first = was.owners.iter().next()?.get();
        let drives = (0..self.processes.len()).find(|&place| self.is_member(place) && self.is_running(place));
        let is_kept_out = has(goal, first) || first == by || drives == Some(first) || !self.is_running(first);
        if is_kept_out || was.owners.quorum() != 2 {
            return None;
        }
        let others = || places(&was.owners).filter(|&other| other != first && self.is_running(other));
        // One that keeps the arc has the write for long; what only those have that lose it is soon found.
        let beside = others().find(|&other| has(goal, other)).or_else(|| others().next())?;
        let cuts = others().filter(|&other| other != beside && has(goal, other));
        Some(Sprung {
            arc,
            side: vec![first, beside],
            is_behind: true,
            cuts: cuts.map(|other| (first, other)).collect(),
        })
    }

    /// The second stage of a move ends: a quorum of the old owners that is none of the new ones, with the coordinator.
    fn stage_ends(&self, arc: ArcId, by: usize, was: &ArcOwners, is: &ArcOwners) -> Option<Sprung> {
        if was.moving?.stage != MoveStage::WriteBothReadNew || is.moving.is_some() {
            return None;
        }
        let first = is.owners.iter().next()?.get();
        let wanted = was.owners.quorum() - usize::from(has(&was.owners, first));
        let leaving = places(&was.owners).filter(|&other| !has(&is.owners, other) && self.is_running(other));
        let side: Vec<usize> = std::iter::once(first).chain(leaving.take(wanted)).collect();
        let is_side =
            side.len() == wanted + 1 && !side.contains(&by) && self.is_running(first) && is.owners.quorum() > 1;
        is_side.then(|| Sprung {
            arc,
            cuts: self.around(&side),
            side,
            is_behind: false,
        })
    }

    /// The move of the one that was left behind is over: it is cut off, with one that has gone on with the move up to now.
    fn cut_off_behind(&mut self, trap: &mut Trap, by: usize, before: &Topology) -> bool {
        let Some(sprung) = &mut trap.sprung else { return false };
        let is_over = before.arc(sprung.arc).moving.is_some() && self.topology.arc(sprung.arc).moving.is_none();
        if !is_over || !sprung.is_behind || sprung.side.contains(&by) {
            return false;
        }
        let cuts = self.around(&sprung.side);
        self.cut_all(&cuts);
        sprung.cuts.extend(cuts);
        true
    }

    fn cut_all(&mut self, cuts: &[(usize, usize)]) {
        for &(inside, outside) in cuts {
            self.network.cut(inside, outside);
        }
    }

    /// Those of the side with all others.
    fn around(&self, side: &[usize]) -> Vec<(usize, usize)> {
        let outside = (0..self.processes.len()).filter(|place| !side.contains(place));
        outside
            .flat_map(|outside| side.iter().map(move |&inside| (inside, outside)))
            .collect()
    }
}

fn places(owners: &OwnerList) -> impl Iterator<Item = usize> {
    owners.iter().map(|owner| owner.get())
}

fn has(owners: &OwnerList, place: usize) -> bool {
    places(owners).any(|owner| owner == place)
}
