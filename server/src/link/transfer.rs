//! Arcs on their way from one node to another: an *exchange*.
//!
//! The asker names its digest; equal digests end the exchange with one small answer. Otherwise the two compare the sums of 64 buckets, and
//! only what differs in those that differ is sent, in chunks. Nothing is locked for longer than one chunk takes to look through.

use super::receive::{Sent, check_held, receive, take_over};
use super::serve::hashed;
use crate::metrics::Count;
use crate::node::{Node, give_way};
use crate::routes::{ArcRoute, NodeIndex, Routes};
use crate::store::{EntryView, HashedKey, Position, Shard, ShardGuard, known};
use circlet_core::control::ExchangeOutcome;
use circlet_core::message::hello::Purpose;
use circlet_core::message::pull::{
    self, BUCKETS, CHUNK_BYTES, CURSOR_END, KnownEntry, Pull, PullBody, PullOutcome, PullReply, PulledStates, bucket_of,
};
use circlet_core::message::{HeldArc, Malformed};
use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_ring::{ArcId, Slot};
use std::collections::{HashMap, HashSet};

#[cfg(test)]
mod tests;

/// Stretches of an arc that are walked before the chunk's size is looked at.
const CHUNK_STRETCHES: usize = 8;

/// Most stretches that are walked under one lock: some 7,000 entries, less than a millisecond.
const LOCK_STRETCHES: usize = 1024;

/// Entries that are merged under one lock: some tens of microseconds.
const SLICE_ENTRIES: usize = 64;

/// An asker that has no more entries than this names them all with its first question, instead of comparing sums first: as many bytes as 120 sums.
const FEW_MAX: usize = 50;

/// Nor more bytes of memory than this: they are digested under the arc's lock.
const FEW_BYTES_MAX: u64 = 16 << 10;

/// Entries that the asker lists at a time, unless one bucket has more.
const KNOWN_MAX: usize = 4096;

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
    let mut reply = PullReply {
        id: pull.id,
        outcome: PullOutcome::Refused,
        held: HeldArc::default(),
        cursor: CURSOR_END,
    };
    if pull.epoch != routes.epoch || !routes.holds(arc) {
        reply.put(replies);
        return Ok(());
    }
    let shard = node.store.lock(arc);
    reply.held = held(routes.arc(arc), asker, &shard);
    if shard.digest() == pull.digest {
        reply.outcome = PullOutcome::Same;
        reply.put(replies);
        return Ok(());
    }
    if pull.buckets == 0 {
        drop(shard);
        reply.outcome = PullOutcome::Buckets;
        reply.put_buckets(replies, &sums(node, arc));
        give_way();
        return Ok(());
    }
    reply.outcome = PullOutcome::States;
    let chunk = Chunk::cut(&shard, &pull);
    drop(shard);
    node.metrics.add(Count::EntriesGiven, chunk.count.into());
    reply.cursor = chunk.cursor;
    reply.put_states(replies, chunk.count, &chunk.states, &chunk.lacking);
    give_way();
    Ok(())
}

/// What this node says of an arc that it holds.
pub(super) fn held(route: ArcRoute, asker: NodeIndex, shard: &Shard) -> HeldArc {
    HeldArc {
        caught_up: route.caught_up,
        contested: route.coordinator != Some(asker),
        clock: shard.clock.last().to_bits(),
        flushed: shard.flushed_at().to_bits(),
        synced: shard.synced().to_bits(),
    }
}

/// The sums of an arc's buckets. The lock is given back now and then; a sum that a write changed meanwhile costs a look too much or is found
/// the next time.
fn sums(node: &Node, arc: ArcId) -> [u64; BUCKETS] {
    let mut sums = [0; BUCKETS];
    let mut at = Some(node.store.lock(arc).start());
    while let Some(from) = at {
        at = node.store.lock(arc).bucket_sums(from, LOCK_STRETCHES, &mut sums);
    }
    sums
}

/// One chunk of an answer.
#[derive(Default)]
struct Chunk {
    states: Vec<u8>,
    count: u32,
    lacking: Vec<(u16, u64)>,
    cursor: u64,
}

impl Chunk {
    fn cut(shard: &Shard, pull: &Pull) -> Self {
        let mut chunk = Self::default();
        let mut unmet: HashMap<(u16, u64), u64> = pull
            .known
            .iter()
            .map(|known| ((known.slot, known.hash), known.digest))
            .collect();
        let first = Position::from_number(pull.cursor).max(shard.start());
        let mut at = Some(first);
        let mut stretches = 0;
        while let Some(from) = at.filter(|_| chunk.states.len() < CHUNK_BYTES && stretches < LOCK_STRETCHES) {
            stretches += CHUNK_STRETCHES;
            at = shard.walk(from, CHUNK_STRETCHES, |key, entry| {
                if pull.buckets >> bucket_of(key.hash) & 1 == 0 {
                    return;
                }
                // Of an arc that is new to the asker nothing is named, and nothing need be digested.
                let there = if unmet.is_empty() {
                    None
                } else {
                    unmet.remove(&(key.slot.get(), key.hash))
                };
                if there.is_some_and(|digest| digest == entry.digest(key.hash)) {
                    return;
                }
                pull::put_state(&mut chunk.states, key.wire(), entry.state());
                chunk.count += 1;
            });
        }
        // What was asked about in the stretch that was walked and is not there.
        let walked = |slot: u16, hash: u64| {
            Slot::new(slot).is_some_and(|slot| {
                let position = Position::new(slot, hash);
                position >= first && at.is_none_or(|end| position < end)
            })
        };
        chunk.lacking = unmet.into_keys().filter(|&(slot, hash)| walked(slot, hash)).collect();
        chunk.cursor = at.map_or(CURSOR_END, Position::number);
        chunk
    }
}

/// Exchanges one arc with one peer: afterwards everything that the peer had when this began is here, and if the peer is synced further, what
/// it had dropped is not.
///
/// It goes over the link for `purpose`, or the one for commands as long as there is no other.
pub(crate) async fn exchange(node: &Node, arc: ArcId, peer: NodeIndex, purpose: Purpose) -> ExchangeOutcome {
    let mut exchange = Exchange {
        node,
        arc,
        peer,
        purpose,
        epoch: node.routes.load().epoch,
        said: None,
        synced: Stamp::MAX,
    };
    match exchange.run().await {
        Ok(outcome) => outcome,
        Err(Failure::Refused) => ExchangeOutcome::Refused,
        Err(Failure::Lost) => ExchangeOutcome::Failed,
        Err(Failure::Malformed(malformed)) => {
            tracing::warn!(peer = %node.member_name(peer), %malformed, "an arc could not be read");
            ExchangeOutcome::Failed
        }
    }
}

/// Why an exchange ended early.
enum Failure {
    Refused,
    /// No answer, or one whose stamps are too far ahead.
    Lost,
    Malformed(Malformed),
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// An entry that is here.
#[derive(Debug, Clone)]
struct OurEntry {
    known: KnownEntry,
    key: Box<[u8]>,
}

impl OurEntry {
    fn new(key: &HashedKey<'_>, entry: EntryView<'_>) -> Self {
        Self {
            known: known(key, entry.state()),
            key: key.key.into(),
        }
    }
}

/// All that is in an arc, if that is little.
fn few(shard: &Shard) -> Option<Vec<OurEntry>> {
    if shard.len() > FEW_MAX || shard.counts().entry_bytes > FEW_BYTES_MAX {
        return None;
    }
    let mut ours = Vec::with_capacity(shard.len());
    shard.walk(shard.start(), usize::MAX, |key, entry| {
        ours.push(OurEntry::new(key, entry));
    });
    Some(ours)
}

struct Exchange<'a> {
    node: &'a Node,
    arc: ArcId,
    peer: NodeIndex,
    purpose: Purpose,
    /// The epoch that it began in; it ends with it.
    epoch: u64,
    /// What the peer said of itself when it began to answer.
    said: Option<HeldArc>,
    /// The least that the peer was synced up to while it answered.
    synced: Stamp,
}

impl Exchange<'_> {
    async fn run(&mut self) -> Result<ExchangeOutcome, Failure> {
        // Whoever has nothing has nothing to compare; whoever has little, because writes came before the arc, names it all.
        let few = few(&self.node.store.lock(self.arc));
        let first = match &few {
            Some(ours) => {
                self.ask(u64::MAX, 0, ours.iter().map(|our| our.known).collect())
                    .await?
            }
            None => self.ask(0, 0, Vec::new()).await?,
        };
        let ours = few.as_deref().unwrap_or_default();
        match self.merge(&first, ours)? {
            Next::Done => {}
            Next::Cursor(cursor) => self.pull(u64::MAX, cursor, ours).await?,
            Next::Buckets(theirs) => {
                let ours = sums(self.node, self.arc);
                let differ = (0..BUCKETS).filter(|&bucket| ours[bucket] != theirs[bucket]);
                let differ = differ.fold(0, |buckets: u64, bucket| buckets | 1 << bucket);
                for (buckets, known) in self.groups(differ) {
                    self.pull(buckets, 0, &known).await?;
                }
            }
        }
        let mut shard = self.lock()?;
        let dropped = shard.become_synced(self.synced);
        drop(shard);
        self.node.count_dropped(dropped);
        self.node.metrics.inc(Count::ArcsExchanged);
        let said = self.said.unwrap_or_default();
        Ok(ExchangeOutcome::of_merged(said.caught_up, said.contested))
    }

    /// What is here in these buckets, in lists of some thousand entries.
    fn groups(&self, buckets: u64) -> Vec<(u64, Vec<OurEntry>)> {
        let mut lists: Vec<Vec<OurEntry>> = vec![Vec::new(); BUCKETS];
        let mut at = Some(self.node.store.lock(self.arc).start());
        while let Some(from) = at {
            at = self.node.store.lock(self.arc).walk(from, LOCK_STRETCHES, |key, entry| {
                let bucket = bucket_of(key.hash);
                if buckets >> bucket & 1 == 1 {
                    lists[bucket].push(OurEntry::new(key, entry));
                }
            });
        }
        let mut groups: Vec<(u64, Vec<_>)> = Vec::new();
        for (bucket, list) in lists
            .into_iter()
            .enumerate()
            .filter(|(bucket, _)| buckets >> bucket & 1 == 1)
        {
            match groups
                .last_mut()
                .filter(|(_, group)| group.len() + list.len() <= KNOWN_MAX)
            {
                Some((buckets, group)) => {
                    *buckets |= 1 << bucket;
                    group.extend(list);
                }
                None => groups.push((1 << bucket, list)),
            }
        }
        groups
    }

    /// Pulls what differs in these buckets.
    async fn pull(&mut self, buckets: u64, from: u64, ours: &[OurEntry]) -> Result<(), Failure> {
        let mut cursor = from;
        loop {
            let begin = Position::from_number(cursor);
            // What was passed need not be named again.
            let ahead = ours
                .iter()
                .map(|our| our.known)
                .filter(|known| Slot::new(known.slot).is_some_and(|slot| Position::new(slot, known.hash) >= begin));
            let body = self.ask(buckets, cursor, ahead.collect()).await?;
            match self.merge(&body, ours)? {
                Next::Cursor(next) => cursor = next,
                Next::Done | Next::Buckets(_) => return Ok(()),
            }
        }
    }

    /// Waits until more may come in, if it can wait.
    async fn keep_pace(&self) {
        while self.purpose == Purpose::Bulk
            && let Some(wait) = self.node.pace.wait(self.node.clock.mono_ns())
        {
            tokio::time::sleep(wait).await;
        }
    }

    async fn ask(&self, buckets: u64, cursor: u64, known: Vec<KnownEntry>) -> Result<Vec<u8>, Failure> {
        self.keep_pace().await;
        let digest = self.node.store.lock(self.arc).digest();
        let pull = Pull {
            id: 0,
            epoch: self.epoch,
            arc: self.arc.get(),
            digest,
            buckets,
            cursor,
            known,
        };
        let link = self.node.link_for(self.purpose, self.peer);
        let body = link
            .question(|id, out| Pull { id, ..pull }.put(out))
            .await
            .ok_or(Failure::Lost)?;
        self.node.metrics.add(Count::ExchangeBytes, body.len() as u64);
        if self.purpose == Purpose::Bulk {
            let per_second = self.node.config.current().limits.move_bytes_per_second_max.bytes();
            self.node
                .pace
                .on_bytes(self.node.clock.mono_ns(), body.len(), per_second);
        }
        Ok(body)
    }

    /// The arc's lock, if what is answered to a question of the epoch in force is to be merged.
    fn lock(&self) -> Result<ShardGuard<'_>, Failure> {
        // An arc that this node let go since it asked must not come back.
        self.node.lock_in_force(self.arc, self.epoch).ok_or(Failure::Refused)
    }

    /// How many entries of each slot the arc will have, judging by its first chunk: slots that it does not reach are taken to be like the others.
    fn expected(&self, states: PulledStates<'_>, cursor: u64) -> Vec<u32> {
        let slots = self.node.store.arcs().slots_of(self.arc);
        let mut by_slot = vec![0_u32; slots.len()];
        for (key, _) in states {
            if let Some(count) = by_slot.get_mut(usize::from(key.slot.wrapping_sub(*slots.start()))) {
                *count += 1;
            }
        }
        let reached = Position::from_number(cursor)
            .slot_number()
            .saturating_sub(*slots.start());
        let reached = usize::from(reached).min(by_slot.len());
        let passed: u32 = by_slot[..reached].iter().sum();
        // At most 16384 slots an arc.
        let like_others = passed.checked_div(reached as u32).unwrap_or(0);
        for count in &mut by_slot[reached..] {
            *count = like_others.max(*count);
        }
        by_slot
    }

    /// Merges one answer.
    fn merge(&mut self, body: &[u8], ours: &[OurEntry]) -> Result<Next, Failure> {
        let (head, body) = PullReply::read(body)?;
        if head.outcome == PullOutcome::Refused {
            return Err(Failure::Refused);
        }
        self.said.get_or_insert(head.held);
        let synced = Stamp::from_bits(head.held.synced);
        self.synced = self.synced.min(synced);
        let now = self.node.clock.wall();
        check_held(self.node, &head.held, now).map_err(|_| Failure::Lost)?;
        let mut shard = self.lock()?;
        let discarded = take_over(&mut shard, &head.held);
        drop(shard);
        drop(discarded);
        let (states, lacking) = match body {
            PullBody::Nothing => return Ok(Next::Done),
            PullBody::Buckets(sums) => return Ok(Next::Buckets(sums)),
            PullBody::States { states, lacking } => (states, lacking),
        };
        let mut shard = self.lock()?;
        if shard.len() <= FEW_MAX {
            shard.expect(&self.expected(states.clone(), head.cursor));
        }
        let (mut entries, mut slice) = (0, 0);
        for (key, bytes) in states {
            slice += 1;
            if slice > SLICE_ENTRIES {
                // Commands that wait for the arc come in between.
                slice = 0;
                drop(shard);
                give_way();
                shard = self.lock()?;
            }
            let state = State::decode(bytes).map_err(|_| Malformed("a state of another version"))?;
            let key = hashed(key);
            if self.node.store.arcs().arc_of(key.slot) != self.arc {
                return Err(Malformed("a key of another arc").into());
            }
            receive(self.node, &mut shard, &key, state, Sent::All(synced), now).map_err(|_| Failure::Lost)?;
            entries += 1;
        }
        self.node.metrics.add(Count::EntriesPulled, entries);
        let lacking: HashSet<(u16, u64)> = lacking.into_iter().collect();
        for OurEntry { key, .. } in ours
            .iter()
            .filter(|our| lacking.contains(&(our.known.slot, our.known.hash)))
        {
            shard.drop_lacking(&HashedKey::new(key), State::ABSENT, synced);
        }
        drop(shard);
        give_way();
        Ok(if head.cursor == CURSOR_END {
            Next::Done
        } else {
            Next::Cursor(head.cursor)
        })
    }
}

/// What to do after an answer.
enum Next {
    Done,
    Cursor(u64),
    Buckets(Box<[u64; BUCKETS]>),
}
