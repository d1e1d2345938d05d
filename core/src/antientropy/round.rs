//! One comparison of many arcs with their other owners: what is asked, answered and settled.

use std::fmt;

use circlet_ring::ArcId;

use crate::life::Life;
use crate::stamp::Stamp;

/// Names a round of this node; never used twice in a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoundId(pub(super) u64);

/// A round to begin. `P` names a peer.
///
/// The shell raises the floor of each arc to the cut, then takes its sum, *once for all peers*: two sums would let what arrives in between
/// be on one owner and not on another. Then it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round<P> {
    /// To be given back with each answer.
    pub id: RoundId,
    /// Up to where the owners are compared.
    pub cut: Stamp,
    /// Whom, and about what.
    pub asked: Vec<Asked<P>>,
}

/// What one peer is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<P> {
    /// The peer.
    pub peer: P,
    /// The life of it that is asked; another one must refuse.
    pub life: Life,
    /// The arcs, each with the cut of the last round that this life of the peer was in: it may not have heard how that ended.
    /// [`Stamp::ZERO`] for none.
    pub arcs: Vec<(ArcId, Stamp)>,
}

/// What an owner says to another one's sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RoundVerdict {
    /// Its own is the same.
    Same = 0,
    /// Its own is another.
    Different = 1,
    /// It does not own the arc, has not caught up on it, or cannot tell the sum any more.
    Refused = 2,
}

/// A peer's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundAnswer {
    /// The life that answers.
    pub life: Life,
    /// In the order of the arcs that were asked; none at all if the peer refuses the whole question.
    pub verdicts: Vec<RoundVerdict>,
}

/// What follows from a round once all have answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled<P> {
    /// The cut.
    pub cut: Stamp,
    /// The arcs that are synced up to the cut now.
    pub synced: Vec<ArcId>,
    /// Who is to hear of which: the lives that took part.
    pub told: Vec<Asked<P>>,
    /// Arcs that differed from these peers more than once: to be exchanged both ways.
    pub to_exchange: Vec<(P, ArcId)>,
    /// How many arcs differed.
    pub different: usize,
    /// How many were refused, or not answered.
    pub refused: usize,
}

impl<P> fmt::Display for Round<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arcs: usize = self.asked.iter().map(|asked| asked.arcs.len()).sum();
        write!(
            formatter,
            "compare {arcs} arcs with {} peers up to {}",
            self.asked.len(),
            self.cut
        )
    }
}

impl<P> fmt::Display for Settled<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cut,
            different,
            refused,
            ..
        } = self;
        let synced = self.synced.len();
        write!(
            formatter,
            "{synced} arcs are synced up to {cut}, {different} differ, {refused} refused"
        )
    }
}
