//! Answers a peer on the link that it dialled.
//!
//! Deltas, checks and fetches are answered from the store at once, in the order of their frames; all answers of one read leave in
//! one write. Commands that the peer forwards may have to wait for other owners themselves: their answer is appended to the same
//! outbox whenever it is there, so a slow command holds up nobody.

use super::outbox::Outbox;
use crate::metrics::Count;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes};
use crate::session::forwarded::Forwarder;
use crate::store::HashedKey;
use circlet_core::control::Now;
use circlet_core::message::Malformed;
use circlet_core::message::batch::{Batch, Item, WireKey};
use circlet_core::message::batch_reply::{self, ItemResult, Refusal};
use circlet_core::message::frame::{self, FrameKind};
use circlet_core::message::stale;
use circlet_core::message::status::Status;
use circlet_core::state::State;
use circlet_ring::Slot;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;

/// How much is read at once, in bytes; the buffer grows with the frame that arrives, and is given back after it.
const READ_BYTES: usize = 64 << 10;

/// Serves one incoming link after its hello, until it ends.
pub(super) async fn serve(node: &Arc<Node>, peer: NodeIndex, mut socket: OwnedReadHalf, outbox: &Arc<Outbox>) {
    let mut server = Server {
        node,
        peer,
        outbox,
        forwarder: Forwarder::new(node, outbox),
        replies: Vec::new(),
        results: Vec::new(),
        merged: 0,
    };
    let mut buffer = Vec::with_capacity(READ_BYTES);
    loop {
        match socket.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => node.metrics.add(Count::PeerBytesReceived, count as u64),
        }
        match server.frames(&buffer) {
            Ok(consumed) => drop(buffer.drain(..consumed)),
            Err(malformed) => {
                tracing::warn!(peer = %node.member_name(peer), %malformed, "closing the link");
                return;
            }
        }
        if buffer.is_empty() && buffer.capacity() > 4 * READ_BYTES {
            buffer = Vec::with_capacity(READ_BYTES);
        }
        buffer.reserve(READ_BYTES);
    }
}

struct Server<'a> {
    node: &'a Arc<Node>,
    peer: NodeIndex,
    outbox: &'a Arc<Outbox>,
    forwarder: Forwarder,
    replies: Vec<u8>,
    results: Vec<u8>,
    /// Deltas merged that were not counted yet.
    merged: u64,
}

impl Server<'_> {
    /// Answers all complete frames of the buffer; gives how many bytes they took.
    fn frames(&mut self, buffer: &[u8]) -> Result<usize, Malformed> {
        let routes = self.node.routes.load();
        let now = self.node.clock.now();
        let (mut consumed, mut frames) = (0, 0);
        while let Some(frame) = frame::split(&buffer[consumed..])? {
            match frame.kind {
                FrameKind::Batch => self.batch(&routes, now, frame.body)?,
                FrameKind::Status => self.node.on_status(self.peer, &Status::read(frame.body)?)?,
                FrameKind::Stale => self.node.on_stale(self.peer, &stale::read(frame.body)?)?,
                FrameKind::Pull => {
                    super::transfer::answer(self.node, &routes, self.peer, frame.body, &mut self.replies)?;
                }
                FrameKind::Hello | FrameKind::HelloReply | FrameKind::BatchReply | FrameKind::PullReply => {
                    return Err(Malformed("an answer where a question belongs"));
                }
            }
            consumed += frame.consumed;
            frames += 1;
        }
        self.node.metrics.add(Count::PeerFramesReceived, frames);
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
        Ok(consumed)
    }

    fn batch(&mut self, routes: &Routes, now: Now, body: &[u8]) -> Result<(), Malformed> {
        let batch = Batch::read(body)?;
        let mut count = 0;
        for item in batch.items() {
            match item? {
                Item::Run { .. } => {
                    return self.forwarder.run(routes, now, body, batch, &mut self.replies);
                }
                Item::Apply { key, .. } | Item::Check { key, .. } | Item::Fetch { key } => {
                    self.node.store.prefetch_arc(&hashed(key));
                }
            }
            count += 1;
        }
        if count > 1 {
            for item in batch.items() {
                if let Item::Apply { key, .. } | Item::Check { key, .. } | Item::Fetch { key } = item? {
                    self.node.store.prefetch_bucket(&hashed(key));
                }
            }
            for item in batch.items() {
                if let Item::Apply { key, .. } | Item::Check { key, .. } | Item::Fetch { key } = item? {
                    self.node.store.prefetch_entry(&hashed(key));
                }
            }
        }
        self.results.clear();
        let mut all_fine = true;
        for item in batch.items() {
            all_fine &= self.data_item(routes, now, batch.epoch, item?);
        }
        if all_fine {
            batch_reply::put_all_fine(&mut self.replies, batch.turn);
        } else {
            batch_reply::put_results(&mut self.replies, batch.turn, batch.count, &self.results);
        }
        Ok(())
    }

    /// Does one item and appends its result; true when that is "fine".
    fn data_item(&mut self, routes: &Routes, now: Now, epoch: u64, item: Item<'_>) -> bool {
        let (Item::Apply { key, .. } | Item::Check { key, .. } | Item::Fetch { key }) = item else {
            batch_reply::put_result(&mut self.results, ItemResult::Refused(Refusal::Busy));
            return false;
        };
        let hashed = hashed(key);
        let arc = routes.arc_of(hashed.slot);
        let route = routes.arc(arc);
        let refusal = if epoch != routes.epoch {
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
            Item::Apply { state, .. } => self.apply(arc, now, key, &hashed, state),
            Item::Check { digest, .. } => {
                let shard = self.node.store.lock(arc);
                let same = shard.state(&hashed).digest(hashed.hash) == digest;
                if same {
                    batch_reply::put_result(&mut self.results, ItemResult::Fine);
                } else {
                    put_entry(&mut self.results, key, shard.get(&hashed).map(|entry| entry.state()));
                }
                same
            }
            Item::Fetch { .. } | Item::Run { .. } => {
                let shard = self.node.store.lock(arc);
                put_entry(&mut self.results, key, shard.get(&hashed).map(|entry| entry.state()));
                false
            }
        }
    }

    fn apply(
        &mut self,
        arc: circlet_ring::ArcId,
        now: Now,
        key: WireKey<'_>,
        hashed: &HashedKey<'_>,
        bytes: &[u8],
    ) -> bool {
        let result = match State::decode(bytes) {
            Err(_) => ItemResult::Refused(Refusal::Unreadable),
            Ok(state) if self.node.drift.check(now.wall, state.max_stamp()).is_err() => {
                self.node.metrics.inc(Count::DeltasAhead);
                ItemResult::Refused(Refusal::StampAhead)
            }
            Ok(state) => {
                self.merged += 1;
                let mut shard = self.node.store.lock(arc);
                if shard.receive(hashed, state, now.wall).superseded_by.is_none() {
                    batch_reply::put_result(&mut self.results, ItemResult::Fine);
                    return true;
                }
                put_entry(&mut self.results, key, shard.get(hashed).map(|entry| entry.state()));
                return false;
            }
        };
        batch_reply::put_result(&mut self.results, result);
        false
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

fn put_entry(results: &mut Vec<u8>, key: WireKey<'_>, state: Option<State<'_>>) {
    match state {
        None => batch_reply::put_result(results, ItemResult::Absent),
        Some(state) => {
            let mut encoded = Vec::with_capacity(state.encoded_len());
            state.encode(&mut encoded);
            batch_reply::put_result(results, ItemResult::State { key, state: &encoded });
        }
    }
}
