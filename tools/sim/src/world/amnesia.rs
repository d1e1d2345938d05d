//! A voter that dies at the worst moment: what it has voted for is chosen by its vote, and those who know of it are cut off.
//!
//! ```text
//!   proposer, side, voter | others      the vote arrives, the voter dies
//!   proposer, side | voter, others      it starts again, and one of the others wants something else
//! ```
//!
//! If it has forgotten its vote, another document of the same epoch is chosen.

use std::time::Duration;

use circlet_core::moves::Change;
use circlet_core::register::Message;
use circlet_ring::Weight;

use super::{Happening, World};
use crate::letter::{Letter, Parcel};

/// How long the voter is dead.
const DEAD: Duration = Duration::from_millis(100);

/// Who takes part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amnesia {
    /// Whose proposal is chosen.
    pub(crate) proposer: usize,
    /// Who dies.
    pub(crate) voter: usize,
    /// One of those who do not hear of it, and proposes then.
    pub(crate) other: usize,
    /// The proposer and those that vote with it, besides the one that dies.
    pub(crate) side: u64,
}

impl World {
    pub(crate) fn begin_amnesia(&mut self, amnesia: Amnesia) {
        self.cut_between(amnesia.side | 1 << amnesia.voter);
        self.amnesia = Some(amnesia);
        self.ask_for_weight(amnesia.proposer, amnesia.proposer);
    }

    pub(crate) fn end_amnesia(&mut self, amnesia: &Amnesia) {
        self.amnesia = None;
        self.heal_between(amnesia.side | 1 << amnesia.voter);
        self.heal_between(amnesia.side);
        self.start(amnesia.voter);
    }

    /// Nothing gets through between those of the set and all others.
    pub(crate) fn cut_between(&mut self, side: u64) {
        self.across(side).for_each(|(a, b)| self.network.cut(a, b));
    }

    pub(crate) fn heal_between(&mut self, side: u64) {
        self.across(side).for_each(|(a, b)| self.network.heal(a, b));
    }

    /// Something has arrived: if it is the vote that was waited for, the voter dies.
    pub(super) fn after_vote(&mut self, from: usize, to: usize, parcel: &Parcel) {
        let is_vote = matches!(
            parcel,
            Parcel::Letter {
                letter: Letter::Register(Message::Accepted { .. }),
                ..
            }
        );
        let awaited = |amnesia: &mut Amnesia| (amnesia.voter, amnesia.proposer) == (from, to);
        if !is_vote || !self.may_crash(from) {
            return;
        }
        let Some(amnesia) = self.amnesia.take_if(awaited) else {
            return;
        };
        self.crash(amnesia.voter, false);
        self.heal_between(amnesia.side | 1 << amnesia.voter);
        self.cut_between(amnesia.side);
        let at = self.now + DEAD;
        self.agenda.put(at, Happening::WakesForgetful(amnesia));
    }

    pub(super) fn wake_forgetful(&mut self, amnesia: Amnesia) {
        self.start(amnesia.voter);
        self.ask_for_weight(amnesia.other, amnesia.other);
    }

    /// Something that every voter is as good as any other to ask for.
    fn ask_for_weight(&mut self, asked: usize, of: usize) {
        let hundredths = 10 * self.random.between(5, 20) as u16;
        if let Some(weight) = Weight::from_hundredths(hundredths) {
            self.ask_for(asked, &Change::Weight(self.id(of), weight));
        }
    }

    fn across(&self, side: u64) -> impl Iterator<Item = (usize, usize)> + use<> {
        let count = self.processes.len();
        let is_in = move |place: usize| side >> place & 1 == 1;
        let pairs = (0..count).flat_map(move |a| (0..count).map(move |b| (a, b)));
        pairs.filter(move |&(a, b)| is_in(a) && !is_in(b))
    }
}
