//! What absent owners missed, and how they get it.

use super::Node;
use crate::config::Config;
use crate::link::peer::AskedTurn;
use crate::metrics::Count;
use crate::routes::NodeIndex;
use crate::store::HashedKey;
use crate::turn::{Group, ItemKind, Loss, NO_GROUP, Sent, SentItem, Turn, Waits};
use circlet_core::control::{Event, PeerStatus, ReplayOutcome};
use circlet_core::hint::{HintBatch, HintCaps, HintSize, Recorded};
use circlet_core::message::batch;
use circlet_core::message::stale;
use circlet_core::quorum::Verdict;
use circlet_core::state::State;
use circlet_core::time::Instant;
use circlet_ring::{ArcId, NodeId};
use std::sync::Arc;
use std::time::Duration;

/// Keys of one batch of a replay. Small enough that a batch does not hold up what else goes over the link.
const REPLAY_KEYS: usize = 256;

/// The pause between two batches: a replay takes at most some tenth of a link's time.
const REPLAY_PAUSE: Duration = Duration::from_millis(2);

/// How many hints this configuration allows.
pub(super) fn caps(config: &Config) -> HintCaps {
    HintCaps {
        keys_max: config.limits.hint_keys_max as usize,
        ..HintCaps::default()
    }
}

/// What this node holds for one absent owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeldHints {
    pub(crate) owner: NodeId,
    pub(crate) size: HintSize,
    /// No hint is older: see [`circlet_core::hint::Hints::since`].
    pub(crate) age: Duration,
}

impl Node {
    /// What this node holds for owners that missed writes, by their ids.
    pub(crate) fn held_hints(&self) -> Vec<HeldHints> {
        let now = self.clock.now().mono;
        let hints = self.hints.lock();
        let held = |owner| HeldHints {
            owner,
            size: hints.size(owner),
            age: hints.since(owner).map_or(Duration::ZERO, |since| now.since(since)),
        };
        hints.owners().map(held).collect()
    }

    /// The limits of hints may be others now.
    pub(crate) fn limit_hints(&self, config: &Config) {
        let collapsed = self.hints.lock().limit_to(caps(config));
        self.metrics.add(Count::HintsCollapsed, collapsed as u64);
    }

    /// An owner misses a write of this key.
    pub(crate) fn note_hint(&self, now: Instant, owner: NodeIndex, arc: ArcId, key: &[u8]) {
        let owner = self.member(owner).id;
        let recorded = self.hints.lock().record(now, owner, arc, key);
        match recorded {
            Recorded::First => {
                self.metrics.inc(Count::HintsRecorded);
                self.tell(Event::HintsPending { peer: owner });
            }
            Recorded::Added => self.metrics.inc(Count::HintsRecorded),
            Recorded::Collapsed { arcs } => {
                self.metrics.inc(Count::HintsRecorded);
                self.metrics.add(Count::HintsCollapsed, arcs as u64);
            }
            Recorded::Known | Recorded::Dropped | Recorded::Gone => {}
        }
    }

    /// A turn's frame is lost: what it would have written becomes hints, and the turn is told.
    pub(crate) fn lose(&self, turn: &Arc<Turn>, sent: usize, loss: Loss) {
        let now = self.clock.now().mono;
        turn.written_to(sent, |owner, arc, key| self.note_hint(now, owner, arc, key));
        turn.on_loss(sent, loss);
    }

    /// Says this of itself to one peer, or to every one whose link is up.
    pub(crate) fn announce(&self, to: Option<NodeId>, status: &PeerStatus) {
        let wall = self.clock.wall();
        let wanted = to.and_then(|peer| self.index_of(peer));
        for link in self.links.iter().filter(|link| link.is_up()) {
            if to.is_some() && wanted != Some(link.peer) {
                continue;
            }
            // A link that goes down now says it again when it is up.
            let _ = link.outbox.append(|out| super::peers::put_status(status, wall, out));
        }
    }

    /// Sends a peer the present state of some keys that it missed.
    pub(crate) async fn replay_hints(&self, peer: NodeId) -> ReplayOutcome {
        let Some(index) = self.index_of(peer) else {
            return ReplayOutcome::Drained;
        };
        let batch = self.hints.lock().take_batch(peer, REPLAY_KEYS);
        if batch.is_empty() {
            return ReplayOutcome::Drained;
        }
        if self.send_hints(index, &batch).await {
            self.metrics
                .add(Count::HintsReplayed, (batch.keys.len() + batch.arcs.len()) as u64);
            if self.hints.lock().is_empty(peer) {
                ReplayOutcome::Drained
            } else {
                ReplayOutcome::More { pause: REPLAY_PAUSE }
            }
        } else {
            self.hints.lock().give_back(peer, batch);
            ReplayOutcome::Failed
        }
    }

    async fn send_hints(&self, peer: NodeIndex, batch: &HintBatch) -> bool {
        let link = &self.links[peer];
        let arcs: Vec<u16> = batch.arcs.iter().map(|arc| arc.get()).collect();
        if !arcs.is_empty() && link.outbox.append(|out| stale::put(&arcs, out)).is_err() {
            return false;
        }
        let (mut encoded, mut count) = (Vec::new(), 0);
        for (arc, key) in &batch.keys {
            count += u32::from(self.put_state(*arc, key, &mut encoded));
        }
        if count == 0 {
            return true;
        }
        let Ok(group) = Group::delivery(peer) else { return false };
        let turn = turn_of(peer, group, count);
        let epoch = self.routes.load().epoch;
        if link.ask(AskedTurn::new(&turn, 0, epoch), &encoded, count).is_err() {
            return false;
        }
        turn.done().await;
        turn.with(|waits| waits.groups.iter().all(|group| group.verdict() == Verdict::Met))
    }

    /// Appends the present state of a key as an item; false when there is none here any more.
    pub(super) fn put_state(&self, arc: ArcId, key: &[u8], out: &mut Vec<u8>) -> bool {
        let key = HashedKey::new(key);
        let shard = self.store.lock(arc);
        let state = shard.state(&key);
        if state == State::ABSENT {
            return false;
        }
        let mut encoded = Vec::with_capacity(state.encoded_len());
        state.encode(&mut encoded);
        drop(shard);
        batch::put_apply(out, key.wire(), &encoded);
        true
    }
}

/// A turn that waits for one peer to take so many states. It writes nothing that could become hints again: its sender knows.
pub(super) fn turn_of(peer: NodeIndex, group: Group, count: u32) -> Arc<Turn> {
    let mut waits = Waits::default();
    waits.part_groups.push(NO_GROUP);
    waits.begin_group(0, group);
    waits.items.extend((0..count).map(|_| SentItem {
        part: 0,
        kind: ItemKind::Apply,
    }));
    let items = 0..waits.items.len();
    waits.sent.push(Sent::new(peer, items));
    Arc::new(Turn::new(&mut waits))
}
