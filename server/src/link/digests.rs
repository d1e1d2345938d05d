//! Many arcs exchanged with one peer at once, which are most likely the same there.
//!
//! One question names the digests of all; what is the same is done with its answer, and what differs is [exchanged](super::transfer) on its own. The rules
//! are those of one exchange: the epoch is that of the question, and what is answered is taken over under the arc's lock, while that epoch is in force.

use super::receive::{check_held, take_over};
use super::transfer::{exchange, held};
use crate::metrics::Count;
use crate::node::{Node, give_way};
use crate::routes::{NodeIndex, Routes};
use circlet_core::antientropy::RoundVerdict;
use circlet_core::control::{Event, ExchangeId, ExchangeOutcome};
use circlet_core::message::digests::{self, AskedDigest, DigestAnswer};
use circlet_core::message::hello::Purpose;
use circlet_core::message::{HeldArc, Malformed};
use circlet_core::stamp::Stamp;
use circlet_ring::ArcId;
use std::sync::Arc;

/// Arcs that are looked at before whoever waits for the core may have it, in bulk.
const ARCS_A_TURN: usize = 16;

/// Answers a question about many arcs.
pub(super) fn answer(
    node: &Node,
    routes: &Routes,
    asker: NodeIndex,
    body: &[u8],
    replies: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let (id, epoch, asked) = digests::read(body)?;
    let mut answers = Vec::new();
    if epoch == routes.epoch {
        answers.reserve(asked.len());
        for (at, asked) in asked.iter().enumerate() {
            let arc = routes.arcs().arc(asked.arc).ok_or(Malformed("an arc out of range"))?;
            answers.push(answer_one(node, routes, asker, arc, asked.digest));
            if at % ARCS_A_TURN == ARCS_A_TURN - 1 {
                give_way();
            }
        }
    }
    digests::put_answer(id, &answers, replies);
    Ok(())
}

fn answer_one(node: &Node, routes: &Routes, asker: NodeIndex, arc: ArcId, digest: u64) -> DigestAnswer {
    if !routes.holds(arc) {
        return DigestAnswer::bare(RoundVerdict::Refused);
    }
    let shard = node.store.lock(arc);
    if shard.digest() != digest {
        return DigestAnswer::bare(RoundVerdict::Different);
    }
    DigestAnswer {
        verdict: RoundVerdict::Same,
        held: held(routes.arc(arc), asker, &shard),
    }
}

/// Exchanges these arcs with one peer, and tells the control plane of each: of those that were the same, or were refused, together.
///
/// It goes over the link for `purpose`, or the one for commands as long as there is no other.
pub(crate) async fn exchange_many(node: &Arc<Node>, arcs: Vec<(ExchangeId, ArcId)>, peer: NodeIndex, purpose: Purpose) {
    let epoch = node.routes.load().epoch;
    let answers = match ask(node, epoch, &arcs, peer, purpose).await {
        Ok(Some(answers)) if answers.len() == arcs.len() => answers,
        Ok(Some(answers)) if answers.is_empty() => return node.tell(all(&arcs, ExchangeOutcome::Refused)),
        Ok(_) => return node.tell(all(&arcs, ExchangeOutcome::Failed)),
        Err(malformed) => {
            tracing::warn!(peer = %node.member_name(peer), %malformed, "digests could not be read");
            return node.tell(all(&arcs, ExchangeOutcome::Failed));
        }
    };
    let answered = arcs.iter().copied().zip(answers);
    let Divided { outcomes, different } = divide(answered, |arc, held| take_over_same(node, arc, epoch, held));
    node.tell(Event::ExchangedMany(outcomes));
    for (id, arc) in different {
        let node = Arc::clone(node);
        tokio::spawn(async move {
            let outcome = exchange(&node, arc, peer, purpose).await;
            node.tell(Event::Exchanged { id, outcome });
        });
    }
}

/// What follows from the answers about several arcs.
struct Divided<I> {
    /// The exchanges that end with their answers, and how.
    outcomes: Vec<(I, ExchangeOutcome)>,
    /// Those of arcs that differ, which are still to be made.
    different: Vec<(I, ArcId)>,
}

/// Divides the exchanges by their answers. `same` is done with each arc that is the same there.
fn divide<I>(
    answered: impl Iterator<Item = ((I, ArcId), DigestAnswer)>,
    mut same: impl FnMut(ArcId, HeldArc) -> ExchangeOutcome,
) -> Divided<I> {
    let (mut outcomes, mut different) = (Vec::new(), Vec::new());
    for (at, ((id, arc), answer)) in answered.enumerate() {
        match answer.verdict {
            RoundVerdict::Same => outcomes.push((id, same(arc, answer.held))),
            RoundVerdict::Refused => outcomes.push((id, ExchangeOutcome::Refused)),
            RoundVerdict::Different => different.push((id, arc)),
        }
        if at % ARCS_A_TURN == ARCS_A_TURN - 1 {
            give_way();
        }
    }
    Divided { outcomes, different }
}

/// All of them ended in the same way.
fn all(arcs: &[(ExchangeId, ArcId)], outcome: ExchangeOutcome) -> Event {
    Event::ExchangedMany(arcs.iter().map(|&(id, _)| (id, outcome)).collect())
}

/// What the peer answers; none if it does not.
async fn ask(
    node: &Node,
    epoch: u64,
    arcs: &[(ExchangeId, ArcId)],
    peer: NodeIndex,
    purpose: Purpose,
) -> Result<Option<Vec<DigestAnswer>>, Malformed> {
    let ours: Vec<AskedDigest> = arcs
        .iter()
        .map(|(_, arc)| AskedDigest {
            arc: arc.get(),
            digest: node.store.lock(*arc).digest(),
        })
        .collect();
    let link = node.link_for(purpose, peer);
    let body = link.question(|id, out| digests::put(id, epoch, &ours, out)).await;
    let Some(body) = body else { return Ok(None) };
    node.metrics.add(Count::ExchangeBytes, body.len() as u64);
    Ok(Some(digests::read_answer(&body)?.1))
}

/// The peer had the same when it answered: all that it had is here. Its clock and its floors are taken over, as those of an arc that was sent.
fn take_over_same(node: &Node, arc: ArcId, epoch: u64, held: HeldArc) -> ExchangeOutcome {
    if check_held(node, &held, node.clock.wall()).is_err() {
        return ExchangeOutcome::Failed;
    }
    // An arc that this node let go since it asked must not come back.
    let Some(mut shard) = node.lock_in_force(arc, epoch) else {
        return ExchangeOutcome::Refused;
    };
    let discarded = take_over(&mut shard, &held);
    let dropped = shard.become_synced(Stamp::from_bits(held.synced));
    drop(shard);
    drop(discarded);
    node.count_dropped(dropped);
    node.metrics.inc(Count::ArcsExchanged);
    ExchangeOutcome::of_merged(held.caught_up, held.contested)
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_ring::ArcCount;

    #[test]
    fn of_mixed_answers_each_arc_gets_its_own() {
        use RoundVerdict::{Different, Refused, Same};
        let arcs = ArcCount::DEFAULT.arcs();
        let verdicts = [Same, Different, Refused, Same, Same, Different];
        let mut taken_over = Vec::new();
        let answered = arcs.zip(verdicts).enumerate().map(|(id, (arc, verdict))| {
            let mut answer = DigestAnswer::bare(verdict);
            (answer.held.caught_up, answer.held.contested) = (id != 3, id == 4);
            ((id, arc), answer)
        });
        let Divided { outcomes, different } = divide(answered, |arc, held| {
            taken_over.push(arc.index());
            ExchangeOutcome::of_merged(held.caught_up, held.contested)
        });
        let merged = |kept_memory| ExchangeOutcome::Merged { kept_memory };
        let expected = [
            (0, merged(true)),
            (2, ExchangeOutcome::Refused),
            (3, merged(false)),
            (4, ExchangeOutcome::Contested),
        ];
        assert_eq!(
            outcomes, expected,
            "each by what was said of it, and what differs is not over"
        );
        let different: Vec<_> = different.iter().map(|(id, arc)| (*id, arc.index())).collect();
        assert_eq!(different, [(1, 1), (5, 5)], "what differs is exchanged on its own");
        assert_eq!(
            taken_over,
            [0, 3, 4],
            "and nothing is taken over of it, nor of what was refused"
        );
    }
}
