//! How new what this node merged from others is, for each arc.
//!
//! Deltas of two commands on one key can overtake each other on their way to an owner: they leave in the frames of two connections. The
//! owner answers the older one that it holds something newer, as it would if another coordinator had written that. Then the command must
//! be run again (schedule 9); here it must not: an element would be pushed twice. So the coordinator remembers the greatest stamp that
//! came to it from elsewhere, and believes the answer only if that is not before the delta's.
//!
//! It is a bound for the whole arc: a command may be run again that only was overtaken, if others have just written something else
//! in its arc, which they do only if they coordinate it, too.
//!
//! Refused: whether the answer's state changed anything here. Of two commands that lost to the same state, the first one's answer brings it,
//! and the second one's would look like one that was overtaken.

use circlet_core::stamp::Stamp;
use circlet_ring::{ArcCount, ArcId};
use std::sync::atomic::{AtomicU64, Ordering};

/// See the module's header.
pub(crate) struct LearnedStamps(Box<[AtomicU64]>);

impl LearnedStamps {
    /// Nothing learned yet.
    pub(crate) fn new(arcs: ArcCount) -> Self {
        Self((0..arcs.get()).map(|_| AtomicU64::new(0)).collect())
    }

    /// A state with this greatest stamp changed something in the arc, whose lock the caller holds.
    #[inline]
    pub(crate) fn on_merge(&self, arc: ArcId, stamp: Stamp) {
        let known = &self.0[arc.index()];
        // Written under the lock only; a plain store is cheaper than a maximum.
        if stamp.to_bits() > known.load(Ordering::Relaxed) {
            known.store(stamp.to_bits(), Ordering::Release);
        }
    }

    /// Whether something was merged into the arc whose stamp is this one, or later.
    pub(crate) fn is_news(&self, arc: ArcId, stamp: Stamp) -> bool {
        self.0[arc.index()].load(Ordering::Acquire) >= stamp.to_bits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_wrote_since_a_delta_is_news_to_it() {
        let learned = LearnedStamps::new(ArcCount::DEFAULT);
        let (arc, other) = (ArcCount::DEFAULT.arc(3).unwrap(), ArcCount::DEFAULT.arc(4).unwrap());
        let stamp = Stamp::from_bits;
        assert!(!learned.is_news(arc, stamp(5)));
        learned.on_merge(arc, stamp(7));
        learned.on_merge(arc, stamp(6));
        assert!(learned.is_news(arc, stamp(5)));
        assert!(learned.is_news(arc, stamp(7)), "equal stamps are settled by contents");
        assert!(!learned.is_news(arc, stamp(8)), "it was known when the delta was made");
        assert!(!learned.is_news(other, stamp(5)), "each arc by itself");
    }
}
