//! Answers a peer on the link that it dialled.
//!
//! Deltas, checks and fetches are answered from the store at once, in the order of their frames; all answers of one read leave in
//! one write. Commands that the peer forwards may have to wait for other owners themselves: their answer is appended to the same
//! outbox whenever it is there, so a slow command holds up nobody.

use super::frames::{Early, TakeFrames};
use super::outbox::Outbox;
use super::receive::{Sent, receive};
use crate::metrics::Count;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes};
use crate::session::blocking::PeerWaits;
use crate::session::forwarded::Forwarder;
use crate::store::{HashedKey, Merge, Shard};
use circlet_core::control::Now;
use circlet_core::message::Malformed;
use circlet_core::message::batch::{Batch, Item, WireKey};
use circlet_core::message::batch_reply::{self, ItemResult, Refusal};
use circlet_core::message::frame::{self, Frame, FrameKind};
use circlet_core::message::register;
use circlet_core::message::stale;
use circlet_core::message::status::Status;
use circlet_core::message::wait::{self, Wait};
use circlet_core::register::Message;
use circlet_core::state::State;
use circlet_ring::{ArcId, Slot};
use smallvec::SmallVec;
use std::sync::Arc;
use tokio::net::tcp::OwnedReadHalf;

/// So many items of one frame stand on the stack; most frames have fewer.
const ITEMS: usize = 64;

/// A frame of so many items, or fewer, has others fetched ahead with it: by itself it would wait for memory item by item. The items of a longer one are read
/// once.
const SHORT_ITEMS_MAX: u32 = 8;

/// Serves one incoming link after its hello, until it ends.
pub(super) async fn serve(node: &Arc<Node>, peer: NodeIndex, mut socket: OwnedReadHalf, outbox: &Arc<Outbox>) {
    let mut server = Server {
        node,
        peer,
        outbox,
        forwarder: Forwarder::new(node, outbox),
        routes: node.routes.load_full(),
        now: node.clock.now(),
        waits: PeerWaits::new(node, outbox),
        replies: Vec::new(),
        results: Vec::new(),
        merged: 0,
        early: Early::default(),
    };
    super::frames::read(node, peer, &mut socket, &mut server).await;
}

struct Server<'a> {
    node: &'a Arc<Node>,
    peer: NodeIndex,
    outbox: &'a Arc<Outbox>,
    forwarder: Forwarder,
    /// As they were when the last frames arrived.
    routes: Arc<Routes>,
    now: Now,
    waits: PeerWaits,
    replies: Vec<u8>,
    results: Vec<u8>,
    /// Deltas merged that were not counted yet.
    merged: u64,
    early: Early,
}

impl TakeFrames for Server<'_> {
    fn begin(&mut self) {
        self.routes = self.node.routes.load_full();
        self.now = self.node.clock.now();
    }

    fn look_ahead(&mut self, bytes: &[u8]) -> usize {
        let mut keys: SmallVec<[HashedKey<'_>; ITEMS]> = SmallVec::new();
        let mut seen = 0;
        while keys.len() < ITEMS
            && let Ok(Some(frame)) = frame::split(&bytes[seen..])
        {
            // What is malformed is refused when it is taken.
            if frame.kind == FrameKind::Batch
                && let Ok(batch) = Batch::read(frame.body)
            {
                if batch.count > SHORT_ITEMS_MAX {
                    break;
                }
                keys.extend(batch.items().map_while(|item| item.ok()?.data_key()).map(hashed));
            }
            seen += frame.consumed;
        }
        if keys.len() > 1 {
            keys.iter().for_each(|key| self.node.store.prefetch_arc(key));
            self.fetch_ahead(keys.iter());
        }
        seen
    }

    fn early(&mut self, frame: Frame<'_>) -> Option<u64> {
        self.early
            .of(frame, self.routes.epoch, |epoch| self.node.is_held(epoch))
    }

    fn take(&mut self, frame: Frame<'_>) -> Result<(), Malformed> {
        let (routes, body) = (Arc::clone(&self.routes), frame.body);
        match frame.kind {
            FrameKind::Batch => self.batch(&routes, self.now, body),
            FrameKind::Status => self.node.on_status(self.peer, &Status::read(body)?),
            FrameKind::Stale => self.node.on_stale(self.peer, &stale::read(body)?),
            FrameKind::Pull => super::transfer::answer(self.node, &routes, self.peer, body, &mut self.replies),
            FrameKind::Digests => super::digests::answer(self.node, &routes, self.peer, body, &mut self.replies),
            FrameKind::Round => super::compare::answer(self.node, &routes, body, &mut self.replies),
            FrameKind::Synced => super::compare::on_synced(self.node, body),
            FrameKind::Wait => {
                self.waits.begin(&routes, &Wait::read(body)?, &mut self.replies);
                Ok(())
            }
            FrameKind::WaitEnd => {
                self.waits.end(wait::read_end(body)?);
                Ok(())
            }
            FrameKind::Prepare
            | FrameKind::Promise
            | FrameKind::Accept
            | FrameKind::Accepted
            | FrameKind::Nack
            | FrameKind::Learn
            | FrameKind::Chosen => self.agree(frame),
            FrameKind::Hello
            | FrameKind::HelloReply
            | FrameKind::BatchReply
            | FrameKind::PullReply
            | FrameKind::RoundReply
            | FrameKind::DigestsReply
            | FrameKind::WaitReply => Err(Malformed("an answer where a question belongs")),
        }
    }

    fn end(&mut self) {
        self.node
            .metrics
            .add(Count::DeltasMerged, std::mem::take(&mut self.merged));
        if !self.replies.is_empty() {
            self.outbox.answer(|out| {
                if out.is_empty() {
                    std::mem::swap(out, &mut self.replies);
                } else {
                    out.append(&mut self.replies);
                }
            });
        }
    }
}

impl Server<'_> {
    /// Those of another epoch are heard as well: it is by these that members come to hold the same.
    fn agree(&mut self, frame: Frame<'_>) -> Result<(), Malformed> {
        // It may have a document to be read.
        self.node.huge_pages.hold_off(self.now.mono.as_nanos());
        let message = self.node.last_document.read_message(frame)?;
        if let Message::Learn { holds } = message {
            self.node.on_held(self.peer, holds);
            let document = self.node.topology();
            if document.epoch() > holds {
                // On the link that it came by: to a member that has left there is no other.
                register::put(&Message::Chosen { document }, &mut self.replies);
            }
            return Ok(());
        }
        self.node.on_register(self.peer, message);
        Ok(())
    }

    fn batch(&mut self, routes: &Routes, now: Now, body: &[u8]) -> Result<(), Malformed> {
        let batch = Batch::read(body)?;
        let is_short = batch.count <= SHORT_ITEMS_MAX;
        let mut items: SmallVec<[(Item<'_>, HashedKey<'_>); ITEMS]> = SmallVec::new();
        for item in batch.items() {
            let item = item?;
            let Some(key) = item.data_key() else {
                return self.forwarder.run(routes, now, body, batch, &mut self.replies);
            };
            let key = hashed(key);
            if !is_short {
                self.node.store.prefetch_arc(&key);
            }
            items.push((item, key));
        }
        if !is_short {
            self.fetch_ahead(items.iter().map(|(_, key)| key));
        }
        self.results.clear();
        let mut all_fine = true;
        for (item, key) in &items {
            all_fine &= self.data_item(routes, now, &batch, *item, key);
        }
        if all_fine {
            batch_reply::put_all_fine(&mut self.replies, batch.turn);
        } else {
            let synced = self.node.least_synced.get();
            batch_reply::put_results(&mut self.replies, batch.turn, batch.count, synced, &self.results);
        }
        Ok(())
    }

    /// The second and the third step of fetching ahead, for keys whose arcs are on their way.
    fn fetch_ahead<'k>(&self, keys: impl Iterator<Item = &'k HashedKey<'k>> + Clone) {
        keys.clone().for_each(|key| self.node.store.prefetch_bucket(key));
        self.node.store.prefetch_entries(keys.map(|key| (*key, false)));
    }

    /// Does one item and appends its result; true when that is "fine".
    fn data_item(
        &mut self,
        routes: &Routes,
        now: Now,
        batch: &Batch<'_>,
        item: Item<'_>,
        hashed: &HashedKey<'_>,
    ) -> bool {
        let arc = routes.arc_of(hashed.slot);
        let route = routes.arc(arc);
        let refusal = if batch.epoch != routes.epoch {
            Some(Refusal::OtherEpoch)
        } else if !route.owned {
            Some(Refusal::NotOwner)
        } else if matches!(item, Item::Check { .. }) && !route.caught_up {
            Some(Refusal::NotCaughtUp)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            batch_reply::put_result(&mut self.results, ItemResult::Refused(refusal));
            return false;
        }
        match item {
            Item::Apply { state, .. } => self.apply((arc, hashed), now, batch, state),
            Item::Check { digest, .. } => {
                let shard = self.node.store.lock(arc);
                let same = shard.digest_seen_by(hashed, batch.synced) == digest;
                if same {
                    batch_reply::put_result(&mut self.results, ItemResult::Fine);
                } else {
                    put_entry(&mut self.results, hashed, &shard);
                }
                same
            }
            Item::Fetch { .. } | Item::Run { .. } => {
                let shard = self.node.store.lock(arc);
                put_entry(&mut self.results, hashed, &shard);
                false
            }
        }
    }

    fn apply(&mut self, (arc, hashed): (ArcId, &HashedKey<'_>), now: Now, batch: &Batch<'_>, bytes: &[u8]) -> bool {
        let Ok(state) = State::decode(bytes) else {
            batch_reply::put_result(&mut self.results, ItemResult::Refused(Refusal::Unreadable));
            return false;
        };
        let Some(mut shard) = self.node.lock_in_force(arc, batch.epoch) else {
            batch_reply::put_result(&mut self.results, ItemResult::Refused(Refusal::OtherEpoch));
            return false;
        };
        let result = match receive(self.node, &mut shard, hashed, state, Sent::Some(batch.synced), now.wall) {
            Err(_) => ItemResult::Refused(Refusal::StampAhead),
            Ok(merge) if merge.is_ignored => ItemResult::Ignored {
                slot: hashed.slot.get(),
            },
            Ok(Merge {
                superseded_by: Some(_), ..
            }) => {
                self.merged += 1;
                put_entry(&mut self.results, hashed, &shard);
                return false;
            }
            Ok(_) => {
                self.merged += 1;
                ItemResult::Fine
            }
        };
        batch_reply::put_result(&mut self.results, result);
        result == ItemResult::Fine
    }
}

/// The key of an item, as the store takes it.
pub(crate) fn hashed(key: WireKey<'_>) -> HashedKey<'_> {
    // The reader of the frame has checked that the slot is one.
    HashedKey {
        key: key.key,
        slot: Slot::new(key.slot).unwrap_or_else(|| Slot::of_key(key.key)),
        hash: key.hash,
    }
}

fn put_entry(results: &mut Vec<u8>, hashed: &HashedKey<'_>, shard: &Shard) {
    let Some(entry) = shard.get(hashed) else {
        return batch_reply::put_result(results, ItemResult::Absent);
    };
    let state = entry.state();
    let mut encoded = Vec::with_capacity(state.encoded_len());
    state.encode(&mut encoded);
    let key = hashed.wire();
    batch_reply::put_result(results, ItemResult::State { key, state: &encoded });
}
