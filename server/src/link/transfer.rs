//! Arcs on their way from one node to another: an *exchange*.
//!
//! The asker names its digest; equal digests end the exchange with one small answer. Otherwise it gets all states of the arc, in
//! chunks, and merges them. Nothing is locked for longer than one chunk takes to copy.

use crate::metrics::Count;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes};
use crate::store::{HashedKey, Position};
use circlet_core::control::ExchangeOutcome;
use circlet_core::message::Malformed;
use circlet_core::message::batch::WireKey;
use circlet_core::message::pull::{self, CHUNK_BYTES, CURSOR_END, Pull, PullOutcome, PullReply};
use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_ring::{ArcId, Slot};

/// Stretches of an arc that are walked before the chunk's size is looked at.
const CHUNK_STRETCHES: usize = 8;

/// Answers a pull.
pub(super) fn answer(
    node: &Node,
    routes: &Routes,
    asker: NodeIndex,
    body: &[u8],
    replies: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let pull = Pull::read(body)?;
    let arc = routes.arcs().arc(pull.arc).ok_or(Malformed("an arc out of range"))?;
    let route = routes.arc(arc);
    let mut reply = PullReply {
        id: pull.id,
        outcome: PullOutcome::Refused,
        caught_up: route.caught_up,
        contested: route.coordinator != Some(asker),
        clock: 0,
        flushed: 0,
        cursor: CURSOR_END,
    };
    if pull.epoch != routes.epoch || !route.owned {
        reply.put(replies, 0, &[]);
        return Ok(());
    }
    let shard = node.store.lock(arc);
    reply.clock = shard.clock.last().to_bits();
    reply.flushed = shard.flushed_at().to_bits();
    if shard.digest() == pull.digest {
        reply.outcome = PullOutcome::Same;
        reply.put(replies, 0, &[]);
        return Ok(());
    }
    reply.outcome = PullOutcome::States;
    let mut states = Vec::new();
    let mut encoded = Vec::new();
    let mut count = 0;
    let mut at = Some(Position::from_number(pull.cursor).max(shard.start()));
    while let Some(from) = at.filter(|_| states.len() < CHUNK_BYTES) {
        at = shard.walk(from, CHUNK_STRETCHES, |entry| {
            encoded.clear();
            entry.state().encode(&mut encoded);
            let key = HashedKey::new(entry.key());
            pull::put_state(
                &mut states,
                WireKey {
                    slot: key.slot.get(),
                    hash: key.hash,
                    key: key.key,
                },
                &encoded,
            );
            count += 1;
        });
    }
    drop(shard);
    reply.cursor = at.map_or(CURSOR_END, Position::number);
    reply.put(replies, count, &states);
    Ok(())
}

/// Exchanges one arc with one peer: afterwards everything that the peer had when this began is here.
pub(crate) async fn exchange(node: &Node, arc: ArcId, peer: NodeIndex) -> ExchangeOutcome {
    let mut cursor = 0;
    // What the peer said of itself when it began to answer.
    let mut said = None;
    loop {
        let epoch = node.routes.load().epoch;
        let digest = node.store.lock(arc).digest();
        let pull = Pull {
            id: 0,
            epoch,
            arc: arc.get(),
            digest,
            cursor,
        };
        let Some(body) = node.links[usize::from(peer)].pull(pull).await else {
            return ExchangeOutcome::Failed;
        };
        let head = match merge_chunk(node, arc, &body) {
            Ok(head) => head,
            Err(malformed) => {
                tracing::warn!(peer = %node.member_name(peer), %malformed, "an arc could not be read");
                return ExchangeOutcome::Failed;
            }
        };
        if head.outcome == PullOutcome::Refused {
            return ExchangeOutcome::Refused;
        }
        let first = *said.get_or_insert(head);
        if head.cursor == CURSOR_END {
            node.metrics.inc(Count::ArcsExchanged);
            return match first {
                PullReply {
                    caught_up: true,
                    contested: true,
                    ..
                } => ExchangeOutcome::Contested,
                PullReply { caught_up, .. } => ExchangeOutcome::Merged { kept_memory: caught_up },
            };
        }
        cursor = head.cursor;
    }
}

/// Merges the states of one answer.
fn merge_chunk(node: &Node, arc: ArcId, body: &[u8]) -> Result<PullReply, Malformed> {
    let (head, states) = PullReply::read(body)?;
    if head.outcome == PullOutcome::Refused {
        return Ok(head);
    }
    let now = node.clock.wall();
    let mut shard = node.store.lock(arc);
    shard.clock.observe(Stamp::from_bits(head.clock));
    drop(shard.flush(Stamp::from_bits(head.flushed)));
    for state in states {
        let (key, bytes) = state?;
        let state = State::decode(bytes).map_err(|_| Malformed("a state of another version"))?;
        let slot = Slot::new(key.slot).filter(|slot| node.store.arcs().arc_of(*slot) == arc);
        if slot.is_none() {
            return Err(Malformed("a key of another arc"));
        }
        shard.receive(&super::serve::hashed(key), state, now);
        node.metrics.inc(Count::EntriesPulled);
    }
    Ok(head)
}
