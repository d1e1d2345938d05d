//! Exchanges, as the shell is asked for them.

use std::collections::BTreeMap;

use super::Effect;
use super::control_plane::ControlPlane;
use super::{ExchangeId, ExchangeOutcome, Now};
use crate::catchup::Begin;
use crate::time::Instant;
use crate::topology::MemberIndex;

impl ControlPlane {
    /// Begins the exchanges that can be begun. Those with one peer that most likely find nothing to pull are one question: when a document comes into force there
    /// are some hundred of them, and commands wait. As many as may be under way with a peer, which is 128, or 16 in bulk.
    pub(super) fn begin_exchanges(&mut self, now: Instant, out: &mut Vec<Effect>) {
        let mut together: Vec<Vec<Begin>> = Vec::new();
        let mut places: BTreeMap<(MemberIndex, bool), usize> = BTreeMap::new();
        for begin in self.catchup.begin(now) {
            let place = if begin.is_likely_same {
                *places
                    .entry((begin.member, begin.reason.is_bulk()))
                    .or_insert(together.len())
            } else {
                together.len()
            };
            if place == together.len() {
                together.push(Vec::new());
            }
            together[place].push(begin);
        }
        out.extend(together.iter().filter_map(|begun| self.exchange(begun)));
    }

    /// One of them ended.
    pub(super) fn on_exchanged(&mut self, now: Now, id: ExchangeId, outcome: ExchangeOutcome) {
        if let Some(arc) = self.catchup.on_exchanged(now.mono, id, outcome) {
            self.builder.set_taken_over(arc, self.catchup.taken_over(arc));
        }
    }

    /// One exchange, or several with one peer, in the order of their reasons.
    fn exchange(&self, begun: &[Begin]) -> Option<Effect> {
        let first = begun.first()?;
        let (peer, reason) = (self.peers[first.member.get()].id, first.reason);
        Some(if begun.len() == 1 {
            Effect::Exchange {
                id: first.id,
                arc: first.arc,
                peer,
                reason,
            }
        } else {
            Effect::ExchangeMany {
                arcs: begun.iter().map(|begin| (begin.id, begin.arc)).collect(),
                peer,
                reason,
            }
        })
    }
}
