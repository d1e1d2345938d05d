//! Reads that wait for an owner that is late: another one is asked, and the late one avoided.
//!
//! The sweeper looks at the oldest check of each link at the moment at which it becomes late, and as long as nothing waits, not at all: no read has a timer of
//! its own. When is late, how many may be asked twice, and who is avoided, `circlet-hedge` says; which owner is next, the read's `ReadOp`.

use super::Node;
use crate::link::peer::AskedTurn;
use crate::metrics::Count;
use crate::routes::NodeIndex;
use crate::store::HashedKey;
use crate::turn::{Group, Hedge, HedgeFrame, Loss, Repairs};
use circlet_core::time::Instant;
use circlet_hedge::Patience;
use std::time::Duration;

/// Hedges that may be saved up: what a pause of an owner needs that a hundred connections wait for.
pub(super) const HEDGES_SAVED_MAX: u32 = 128;

/// Nobody is late before four milliseconds: each look is a wake-up of the node, which takes 50 us of a core, and a thousand a second made reads a
/// tenth dearer. Whoever keeps a question for [`super::upkeep::SLOW`] is slow beyond measure.
const PATIENCE: Patience = Patience {
    least: Duration::from_millis(4),
    most: super::upkeep::SLOW,
    avoided_max: Duration::from_millis(400),
};

/// How soon a late check is looked at again that could not be asked elsewhere, because the budget was empty.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

impl Node {
    /// How many of a hundred checks may be asked a second owner.
    pub(super) fn hedge_percent(&self) -> u32 {
        self.config.current().limits.read_hedge_percent_max
    }

    /// Asks another owner what is late, and gives the moment at which the next check is, if one waits.
    pub(super) fn look_for_late(&self, now: Instant) -> Option<Instant> {
        if self.hedge_percent() == 0 {
            self.links.iter().for_each(|link| link.forget_slowness());
            return None;
        }
        let up = || self.links.iter().filter(|link| link.is_up());
        let quickest = up().map(|link| link.late_after()).min()?;
        let mut next: Option<Instant> = None;
        for link in up() {
            let late_after = PATIENCE.late_after(link.late_after(), quickest);
            let due = loop {
                let Some(check) = link.oldest_check() else { break None };
                if check.at + late_after > now {
                    break Some(check.at + late_after);
                }
                if !self.hedge(&check.asked) {
                    break Some(now + LOOK_AGAIN);
                }
                link.pass_check(check.number);
            };
            link.look_at_checks(now, late_after, &PATIENCE);
            next = next.into_iter().chain(due).min();
        }
        next
    }

    /// Asks another owner what this frame asks, as far as there is one; false if the budget does not allow it.
    fn hedge(&self, late: &AskedTurn) -> bool {
        let frames = match late.turn.hedge(late.sent, |count| self.hedges.take(count)) {
            Hedge::Nothing => return true,
            Hedge::Unpaid => return false,
            Hedge::Frames(frames) => frames,
        };
        for HedgeFrame {
            peer,
            sent,
            encoded,
            count,
        } in frames
        {
            self.metrics.add(Count::ReadHedges, count.into());
            let asked = AskedTurn {
                sent,
                checked_at: Some(self.clock.now().mono),
                ..late.clone()
            };
            if self.links[peer].ask(asked, &encoded, count).is_err() {
                late.turn.on_loss(sent, Loss::NotSent);
            }
        }
        true
    }

    /// Sends owners the present state of keys that they answered a read of after its reply, and differently. Whom it does not reach, the next round does.
    pub(crate) fn write_back(&self, repairs: Repairs) {
        for (peer, key) in repairs {
            self.write_back_one(peer, &key);
        }
    }

    fn write_back_one(&self, peer: NodeIndex, key: &[u8]) {
        let arc = self.store.arcs().arc_of(HashedKey::new(key).slot);
        let (mut encoded, epoch) = (Vec::new(), self.routes.load().epoch);
        let Ok(group) = Group::delivery(peer) else { return };
        if self.put_state(arc, key, &mut encoded) {
            self.metrics.inc(Count::ReadRepairs);
            let turn = super::hints::turn_of(peer, group, 1);
            let asked = AskedTurn::new(&turn, 0, epoch);
            // A loss has nobody to be told to.
            let _ = self.links[peer].ask(asked, &encoded, 1);
        }
    }
}
