//! Rounds of anti-entropy: asked, answered, settled.

use std::collections::BTreeMap;

use circlet_core::antientropy::{RoundVerdict, cut_before};
use circlet_core::control::{Event, Round, RoundAnswer, RoundId, Settled};
use circlet_core::life::Life;
use circlet_core::stamp::Stamp;
use circlet_core::time::WallMs;
use circlet_ring::{ArcId, NodeId};

use super::Node;
use super::links::Why;
use crate::bug::Bug;
use crate::letter::{Answer, Letter, Question};

impl Node {
    pub(super) fn begin_round(&mut self, round: Round<NodeId>) {
        let mut sums: BTreeMap<ArcId, Option<u64>> = BTreeMap::new();
        for (arc, _) in round.asked.iter().flat_map(|asked| &asked.arcs) {
            let sum = self.store.sums_at(*arc, round.cut).sum_up_to(round.cut, Stamp::ZERO);
            sums.insert(*arc, sum);
        }
        for asked in round.asked {
            // One that cannot be summed any more differs for sure.
            let arcs = asked
                .arcs
                .iter()
                .map(|&(arc, synced)| (arc, self.as_told(synced), sums[&arc].unwrap_or(0)));
            let question = Question::Round {
                life: asked.life,
                cut: round.cut,
                arcs: arcs.collect(),
            };
            let place = self.place_of(asked.peer);
            if self.ask(place, question, Why::Round(round.id)).is_err() {
                self.compared(round.id, place, None);
            }
        }
    }

    pub(super) fn answer_round(&mut self, life: Life, cut: Stamp, arcs: &[(ArcId, Stamp, u64)]) -> Answer {
        if life != self.life || self.check_ahead(cut).is_err() {
            return Answer::Refused("another life, or ahead");
        }
        let verdict = |(arc, synced, sum): &(ArcId, Stamp, u64)| {
            if !self.remembers(*arc) {
                return RoundVerdict::Refused;
            }
            self.store.become_synced(*arc, *synced);
            self.store.sums_at(*arc, cut).compare(cut, Stamp::ZERO, *sum)
        };
        let verdicts = arcs.iter().map(verdict).collect();
        Answer::Round(RoundAnswer {
            life: self.life,
            verdicts,
        })
    }

    pub(super) fn compared(&mut self, id: RoundId, place: usize, answer: Option<RoundAnswer>) {
        let peer = self.id_of(place);
        self.tell(Event::Compared { id, peer, answer });
    }

    pub(super) fn settle_round(&mut self, settled: Settled<NodeId>) {
        for &arc in &settled.synced {
            self.store.become_synced(arc, settled.cut);
        }
        for told in settled.told {
            let letter = Letter::Synced {
                life: told.life,
                cut: settled.cut,
                arcs: told.arcs.iter().map(|(arc, _)| *arc).collect(),
            };
            self.say(self.place_of(told.peer), letter);
        }
        for (peer, arc) in settled.to_exchange {
            self.say(self.place_of(peer), Letter::Stale(arc));
        }
    }

    /// Up to where an arc is synced, as a node tells those who may have missed it.
    pub(super) fn as_told(&self, synced: Stamp) -> Stamp {
        if self.bug == Some(Bug::ForgetCommit) {
            Stamp::ZERO
        } else {
            synced
        }
    }

    /// An arc with one owner has nobody to wait for.
    pub(super) fn sync_alone(&mut self) {
        let past = WallMs::new(self.now.wall.get().saturating_sub(2_000));
        let is_alone = |arc: &ArcId| {
            let view = self.view.arc(*arc);
            view.owners().len() == 1 && view.may_answer_reads() && !view.is_draining()
        };
        let alone: Vec<ArcId> = self.store.held().filter(is_alone).collect();
        for arc in alone {
            self.store.sums_at(arc, cut_before(past));
            self.store.become_synced(arc, cut_before(past));
        }
    }

    /// What a node does that goes by age instead of rounds.
    pub(super) fn drop_by_age(&mut self) {
        if self.bug == Some(Bug::DropByAge) {
            let past = WallMs::new(self.now.wall.get().saturating_sub(3_000));
            self.store.drop_by_age(cut_before(past));
        }
    }
}
