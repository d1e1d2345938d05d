//! Rounds of anti-entropy: asked, answered, and told of.

use super::receive::check_ahead;
use crate::metrics::Count;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes};
use circlet_core::antientropy::RoundVerdict;
use circlet_core::control::{Asked, Event, Round, RoundAnswer, Settled};
use circlet_core::life::Life;
use circlet_core::message::Malformed;
use circlet_core::message::round::{self, RoundArc, RoundAsk};
use circlet_core::message::stale;
use circlet_core::stamp::Stamp;
use circlet_ring::{ArcId, NodeId};
use std::collections::HashMap;
use std::sync::Arc;

/// Answers a round.
pub(super) fn answer(node: &Node, routes: &Routes, body: &[u8], replies: &mut Vec<u8>) -> Result<(), Malformed> {
    let (ask, arcs) = RoundAsk::read(body)?;
    let cut = Stamp::from_bits(ask.cut);
    let life = node.identity.life;
    let is_refused = ask.epoch != routes.epoch
        || ask.life != life.get()
        // A cut is a floor: what is stamped afterwards is above it.
        || check_ahead(node, cut, node.clock.wall()).is_err();
    let mut verdicts = Vec::new();
    if !is_refused {
        for asked in arcs {
            let arc = routes.arcs().arc(asked.arc).ok_or(Malformed("an arc out of range"))?;
            let route = routes.arc(arc);
            if !(route.owned && route.caught_up) {
                verdicts.push(RoundVerdict::Refused);
                continue;
            }
            let mut shard = node.store.lock(arc);
            let dropped = shard.become_synced(Stamp::from_bits(asked.synced));
            verdicts.push(shard.compare(cut, asked.sum));
            drop(shard);
            node.count_dropped(dropped);
        }
    }
    node.note_synced();
    round::put_answer(ask.id, life.get(), &verdicts, replies);
    Ok(())
}

/// A peer says that arcs are synced.
pub(super) fn on_synced(node: &Node, body: &[u8]) -> Result<(), Malformed> {
    let (life, cut, arcs) = round::read_synced(body)?;
    if life != node.identity.life.get() {
        return Ok(());
    }
    let arcs = arcs.into_iter().map(|arc| node.store.arcs().arc(arc));
    let arcs: Vec<ArcId> = arcs.collect::<Option<_>>().ok_or(Malformed("an arc out of range"))?;
    become_synced(node, &arcs, Stamp::from_bits(cut));
    Ok(())
}

/// Runs a round: sums each arc once, for all peers, and reports what each of them says.
pub(crate) async fn compare(node: Arc<Node>, round: Round<NodeId>) {
    node.metrics.inc(Count::RoundsBegun);
    let mut sums: HashMap<ArcId, Option<u64>> = HashMap::new();
    for (arc, _) in round.asked.iter().flat_map(|asked| &asked.arcs) {
        sums.entry(*arc)
            .or_insert_with(|| node.store.lock(*arc).sum_up_to(round.cut));
    }
    let (id, cut) = (round.id, round.cut);
    let sums = Arc::new(sums);
    for asked in round.asked {
        let (node, sums) = (Arc::clone(&node), Arc::clone(&sums));
        tokio::spawn(async move {
            let answer = ask(&node, cut, &asked, &sums).await;
            let peer = asked.peer;
            node.tell(Event::Compared { id, peer, answer });
        });
    }
}

async fn ask(
    node: &Node,
    cut: Stamp,
    asked: &Asked<NodeId>,
    sums: &HashMap<ArcId, Option<u64>>,
) -> Option<RoundAnswer> {
    let link = &node.links[node.index_of(asked.peer)?];
    let told: Vec<RoundArc> = asked
        .arcs
        .iter()
        .filter_map(|(arc, synced)| {
            Some(RoundArc {
                arc: arc.get(),
                synced: synced.to_bits(),
                sum: (*sums.get(arc)?)?,
            })
        })
        .collect();
    let head = RoundAsk {
        id: 0,
        epoch: node.routes.load().epoch,
        life: asked.life.get(),
        cut: cut.to_bits(),
    };
    let body = link.question(|id, out| RoundAsk { id, ..head }.put(&told, out)).await?;
    let (_, life, verdicts) = round::read_answer(&body).ok()?;
    let mut verdicts = verdicts.into_iter();
    // An arc whose cut is too long ago to be summed was not asked about.
    let verdicts = asked.arcs.iter().map(|(arc, _)| match sums.get(arc) {
        Some(Some(_)) => verdicts.next().unwrap_or(RoundVerdict::Refused),
        _ => RoundVerdict::Refused,
    });
    Some(RoundAnswer {
        life: Life::new(life),
        verdicts: verdicts.collect(),
    })
}

/// A round is over: drops what may go, and tells those that took part.
pub(crate) fn settle(node: &Node, settled: &Settled<NodeId>) {
    node.metrics.add(Count::ArcsSynced, settled.synced.len() as u64);
    node.metrics.add(Count::ArcsDifferent, settled.different as u64);
    node.metrics.add(Count::ArcsRefused, settled.refused as u64);
    become_synced(node, &settled.synced, settled.cut);
    let link = |peer: NodeId| Some(&node.links[node.index_of(peer)?]);
    for told in &settled.told {
        let arcs: Vec<u16> = told.arcs.iter().map(|(arc, _)| arc.get()).collect();
        let Some(link) = link(told.peer) else { continue };
        // If it is lost, the next round says it again.
        let _ = link
            .outbox
            .append(|out| round::put_synced(told.life.get(), settled.cut.to_bits(), &arcs, out));
    }
    for (peer, arc) in &settled.to_exchange {
        let Some(link) = link(*peer) else { continue };
        let _ = link.outbox.append(|out| stale::put(&[arc.get()], out));
    }
}

fn become_synced(node: &Node, arcs: &[ArcId], cut: Stamp) {
    for arc in arcs {
        let mut shard = node.store.lock(*arc);
        // Under the lock: an arc that this node let go meanwhile is synced up to nowhere, also when it comes back.
        if !node.routes.load().arc(*arc).caught_up {
            continue;
        }
        let dropped = shard.become_synced(cut);
        drop(shard);
        node.count_dropped(dropped);
    }
    node.note_synced();
}

/// The asker of a stale state is told which peer knows better.
pub(super) fn on_ignored(node: &Node, peer: NodeIndex, arc: ArcId) {
    node.tell(Event::ArcStale {
        peer: node.member(peer).id,
        arc,
    });
}
