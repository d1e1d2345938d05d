//! Rounds: which arcs may be compared now, and who hears of the outcome.

use circlet_ring::{ArcId, NodeId};

use super::control_plane::ControlPlane;
use super::{Effect, Now};
use crate::antientropy::{Asked, Round, RoundAnswer, RoundId, Settled};
use crate::topology::MemberIndex;
use crate::view::OwnerSet;

impl ControlPlane {
    pub(super) fn begin_round(&mut self, now: Now, out: &mut Vec<Effect>) {
        if now.mono < self.rounds.next_deadline() {
            return;
        }
        let (me, builder, peers) = (self.me, &self.builder, &self.peers);
        let parties = |arc: ArcId| {
            let view = builder.arc(arc);
            let all = OwnerSet::first(view.owners().len());
            // An owner that is away may hold what the others would drop the tombstone of.
            let is_whole = view.reachable() == all && view.caught_up() == all;
            let others = view.owners().iter().copied().filter(|&owner| owner != me);
            let lives = others.map(|owner| (owner, peers[owner.get()].life));
            // Nor is it known what a former owner still holds; and what it holds changes no more, so it would differ for ever.
            (view.is_mine() && is_whole && !view.is_draining()).then(|| lives.collect())
        };
        if let Some(round) = self.rounds.begin(now.mono, now.wall, parties) {
            let asked = self.named(round.asked);
            let Round { id, cut, .. } = round;
            out.push(Effect::Compare(Round { id, cut, asked }));
        }
    }

    pub(super) fn on_compared(
        &mut self,
        now: Now,
        id: RoundId,
        peer: MemberIndex,
        answer: Option<&RoundAnswer>,
        out: &mut Vec<Effect>,
    ) {
        let Some(settled) = self.rounds.on_answer(id, peer, answer) else {
            return;
        };
        for &(peer, arc) in &settled.to_exchange {
            self.catchup.on_stale(now.mono, arc, peer);
        }
        let to_exchange = settled.to_exchange.iter().map(|&(peer, arc)| (self.id_of(peer), arc));
        let to_exchange = to_exchange.collect();
        let told = self.named(settled.told);
        out.push(Effect::Settle(Settled {
            cut: settled.cut,
            synced: settled.synced,
            told,
            to_exchange,
            different: settled.different,
            refused: settled.refused,
        }));
    }

    fn id_of(&self, peer: MemberIndex) -> NodeId {
        self.peers[peer.get()].id
    }

    fn named(&self, asked: Vec<Asked<MemberIndex>>) -> Vec<Asked<NodeId>> {
        let named = |asked: Asked<MemberIndex>| Asked {
            peer: self.id_of(asked.peer),
            life: asked.life,
            arcs: asked.arcs,
        };
        asked.into_iter().map(named).collect()
    }
}
