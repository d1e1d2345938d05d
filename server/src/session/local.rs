//! This node's share of commands that every node answers.
//!
//! | verb | arguments | answer |
//! |---|---|---|
//! | `DBSIZE` | arcs | number of live keys |
//! | `RANDOMKEY` | arcs | number of live keys, one of them |
//! | `SCAN` | arcs, from, count, pattern, a type or none | position to go on at, keys walked over, those that match |
//! | `FLUSH` | arcs | the arcs with the stamps that they were flushed at ([`Flushed`]) |
//! | `FLUSHED` | [`Flushed`] | how many of the arcs are owned here; those are flushed now |
//! | `MISSED` | [`Flushed`], members | OK; those members get these arcs again when they are back |
//! | `EXPLAIN` | a key, a stamp | what is held for the key ([`super::held`]), with its digest as seen by an owner synced up to the stamp |
//! | `HINTS` | | for each owner that hints are held for here: its id, keys, bytes, dirty arcs, age in milliseconds |
//! | `HOTKEYS` | | accesses in a thousand seconds, then for each of the hottest keys: the key, how many are seen, how many it may be at most |
//!
//! The words are between nodes: no client can send them here. A share over arcs of which one is not ready to be coordinated here
//! is refused as a whole. What changes arcs names the asker's epoch, and is refused by nodes of another one, as a write is: what was begun in an older
//! epoch would otherwise empty an arc after its next owner has pulled it, on fewer owners than the new epoch asks for.

use crate::command::kind_of;
use crate::command::pure::glob::{Case, matches};
use crate::metrics::Count;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes};
use crate::store::{HashedKey, Position, ShardGuard};
use circlet_core::ArcBitmap;
use circlet_core::control::Event;
use circlet_core::hint::Recorded;
use circlet_core::quorum::Level;
use circlet_core::stamp::Stamp;
use circlet_core::time::WallMs;
use circlet_resp::ReplyBuf;
use circlet_ring::{ArcCount, ArcId};

/// Keys that are walked over before the size of a share is looked at again.
const STEP_KEYS: usize = 64;

/// A share of SCAN ends when its keys have this many bytes.
const SHARE_BYTES_MAX: usize = 4 << 20;

/// Arcs and the stamps that they were flushed at: `arc u16, stamp u64` each, little-endian.
pub(crate) struct Flushed(pub(crate) Vec<(ArcId, Stamp)>);

impl Flushed {
    const ENTRY_BYTES: usize = 10;

    /// What [`Flushed::to_bytes`] made; `None` for anything else.
    pub(crate) fn read(arcs: ArcCount, bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks::<{ Self::ENTRY_BYTES }>();
        let entries = entries.iter().map(|entry| {
            let [a, b, stamp @ ..] = *entry;
            let arc = arcs.arc(u16::from_le_bytes([a, b]))?;
            Some((arc, Stamp::from_bits(u64::from_le_bytes(stamp))))
        });
        rest.is_empty()
            .then(|| entries.collect::<Option<Vec<_>>>().map(Flushed))?
    }

    /// As it travels.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let entry = |(arc, stamp): &(ArcId, Stamp)| {
            let (arc, stamp) = (arc.get().to_le_bytes(), stamp.to_bits().to_le_bytes());
            arc.into_iter().chain(stamp)
        };
        self.0.iter().flat_map(entry).collect()
    }
}

/// Why a share is not given. The asker asks again when the routes have changed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
enum NoShare {
    #[error("ERR not ready to coordinate some of these arcs")]
    NotReady,
    #[error("ERR no such share")]
    Unreadable,
    #[error("ERR a stamp is too far ahead")]
    Ahead,
    #[error("ERR another epoch is in force here")]
    OtherEpoch,
}

/// Runs this node's share of a command that a node of this epoch asks for, and gives its reply, in RESP2.
pub(crate) fn share(node: &Node, routes: &Routes, epoch: u64, command: &[&[u8]]) -> Vec<u8> {
    let mut reply = ReplyBuf::default();
    let done = match command {
        [b"DBSIZE", arcs] => mine(node, routes, arcs).map(|arcs| reply.integer(live(node, &arcs) as i64)),
        [b"RANDOMKEY", arcs] => mine(node, routes, arcs).map(|arcs| random_key(node, &arcs, &mut reply)),
        [b"SCAN", arcs, from, count, pattern, kind @ ..] => mine(node, routes, arcs).and_then(|arcs| {
            let from = Position::from_bits(number(from)?);
            let count = usize::try_from(number(count)?).map_err(|_| NoShare::Unreadable)?;
            let wanted = Wanted {
                pattern,
                kind: kind.first().copied(),
            };
            scan(node, &arcs, from, count, wanted, &mut reply);
            Ok(())
        }),
        [b"FLUSH", arcs] => mine(node, routes, arcs)
            .and_then(|arcs| flush(node, epoch, &arcs))
            .map(|flushed| reply.bulk(&flushed.to_bytes())),
        [b"FLUSHED", flushed] => follow(node, routes, epoch, flushed).map(|owned| reply.integer(owned)),
        [b"MISSED", flushed, members] => missed(node, routes, flushed, members).map(|()| reply.ok()),
        [b"EXPLAIN", key, seen_by] => number(seen_by).map(|stamp| {
            super::held::look(node, routes, key, Stamp::from_bits(stamp)).write(&mut reply);
        }),
        [b"HOTKEYS"] => {
            super::server_command::cluster_hotkeys::share(node, &mut reply);
            Ok(())
        }
        [b"HINTS"] => {
            hints(node, &mut reply);
            Ok(())
        }
        _ => Err(NoShare::Unreadable),
    };
    if let Err(error) = done {
        reply.error_display(&error);
    }
    reply.take()
}

fn number(text: &[u8]) -> Result<u64, NoShare> {
    let text = std::str::from_utf8(text).map_err(|_| NoShare::Unreadable)?;
    text.parse().map_err(|_| NoShare::Unreadable)
}

/// The arcs asked for, all of which this node coordinates now.
fn mine(node: &Node, routes: &Routes, arcs: &[u8]) -> Result<ArcBitmap, NoShare> {
    let (words, rest) = arcs.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let arcs = ArcBitmap::from_words(routes.arcs(), &words).filter(|_| rest.is_empty());
    let arcs = arcs.ok_or(NoShare::Unreadable)?;
    let mut all_ready = true;
    for arc in arcs.iter().filter(|arc| !routes.arc(*arc).is_ready(Level::All)) {
        all_ready = false;
        // What has not caught up is being caught up with already.
        if routes.arc(arc).caught_up {
            node.want(arc);
        }
    }
    if !all_ready || !node.holds_lease(node.clock.now().mono) {
        return Err(NoShare::NotReady);
    }
    Ok(arcs)
}

fn live(node: &Node, arcs: &ArcBitmap) -> u64 {
    arcs.iter().map(|arc| node.store.lock(arc).counts().live).sum()
}

fn random_key(node: &Node, arcs: &ArcBitmap, reply: &mut ReplyBuf) {
    let key = node
        .store
        .random_key(node.clock.wall(), |arc| arcs.contains(arc), rand::random);
    reply.array(2);
    reply.integer(live(node, arcs) as i64);
    match key {
        Some(key) => reply.bulk(&key),
        None => reply.null(),
    }
}

/// Which keys SCAN returns.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    pattern: &'a [u8],
    /// The name of the type that their values must have, in letters of any size.
    kind: Option<&'a [u8]>,
}

impl Wanted<'_> {
    fn has_name(self, key: &[u8]) -> bool {
        self.pattern == b"*" || matches(self.pattern, key, Case::Sensitive)
    }

    fn has_kind(self, node: &Node, key: &[u8], now: WallMs) -> bool {
        self.kind.is_none_or(|name| {
            let key = HashedKey::new(key);
            let shard = node.store.lock(key.arc(node.store.arcs()));
            let kind = kind_of(shard.state(&key), now);
            kind.is_ok_and(|kind| kind.is_some_and(|kind| kind.name().as_bytes().eq_ignore_ascii_case(name)))
        })
    }
}

fn scan(node: &Node, arcs: &ArcBitmap, from: Position, count: usize, wanted: Wanted<'_>, reply: &mut ReplyBuf) {
    let now = node.clock.wall();
    let (mut visited, mut bytes) = (0, 0);
    let mut keys: Vec<Box<[u8]>> = Vec::new();
    let mut at = Some(from);
    while let Some(position) = at.filter(|_| visited < count && bytes < SHARE_BYTES_MAX) {
        let step = (count - visited).min(STEP_KEYS);
        let mut named: Vec<Box<[u8]>> = Vec::new();
        at = node.store.scan(
            position,
            step,
            now,
            |arc| arcs.contains(arc),
            |key| {
                visited += 1;
                if wanted.has_name(key) {
                    named.push(key.into());
                }
            },
        );
        named.retain(|key| wanted.has_kind(node, key, now));
        bytes += named.iter().map(|key| key.len()).sum::<usize>();
        keys.append(&mut named);
    }
    reply.array(3);
    let end = Position::first_of_slot(circlet_ring::SLOT_COUNT);
    reply.integer(at.unwrap_or(end).to_bits() as i64);
    reply.integer(visited as i64);
    reply.array(keys.len());
    keys.iter().for_each(|key| reply.bulk(key));
}

/// An arc to be flushed, locked, if this epoch is in force.
///
/// # Errors
/// [`NoShare::OtherEpoch`]. Arcs that were flushed before stay so: the asker repeats the whole in its next epoch.
fn lock_in(node: &Node, epoch: u64, arc: ArcId) -> Result<ShardGuard<'_>, NoShare> {
    node.lock_in_force(arc, epoch).ok_or(NoShare::OtherEpoch)
}

/// Flushes arcs that this node coordinates: each at a stamp of its own, above everything that it holds.
fn flush(node: &Node, epoch: u64, arcs: &ArcBitmap) -> Result<Flushed, NoShare> {
    let now = node.clock.wall();
    let flush = |arc| {
        let mut shard = lock_in(node, epoch, arc)?;
        let stamp = shard.clock.stamp(now);
        let discarded = shard.flush(stamp);
        drop(shard);
        drop(discarded);
        Ok((arc, stamp))
    };
    arcs.iter().map(flush).collect::<Result<_, _>>().map(Flushed)
}

/// Flushes what another node flushed, where it is owned here.
fn follow(node: &Node, routes: &Routes, epoch: u64, flushed: &[u8]) -> Result<i64, NoShare> {
    let flushed = Flushed::read(routes.arcs(), flushed).ok_or(NoShare::Unreadable)?;
    let now = node.clock.wall();
    if flushed
        .0
        .iter()
        .any(|(_, stamp)| node.drift.check(now, *stamp).is_err())
    {
        node.metrics.inc(Count::DeltasAhead);
        return Err(NoShare::Ahead);
    }
    // These routes may be older than what is in force: then no arc is locked.
    if epoch != routes.epoch {
        return Err(NoShare::OtherEpoch);
    }
    let mut owned = 0;
    for (arc, stamp) in flushed.0 {
        if routes.arc(arc).owned {
            owned += 1;
            let mut shard = lock_in(node, epoch, arc)?;
            let discarded = shard.flush(stamp);
            drop(shard);
            drop(discarded);
        }
    }
    Ok(owned)
}

/// Remembers that members missed a flush: they are told that the arcs are stale, and get the flush with the arc's exchange.
fn missed(node: &Node, routes: &Routes, flushed: &[u8], members: &[u8]) -> Result<(), NoShare> {
    let flushed = Flushed::read(routes.arcs(), flushed).ok_or(NoShare::Unreadable)?;
    let topology = node.topology();
    let (members, _) = members.as_chunks::<2>();
    for member in members {
        let member: NodeIndex = u16::from_le_bytes(*member);
        let Some(entry) = topology.members().get(usize::from(member)) else {
            return Err(NoShare::Unreadable);
        };
        let mut first = false;
        let now = node.clock.now().mono;
        for (arc, _) in &flushed.0 {
            let mut owners = topology.arc(*arc).union();
            let both_own = routes.arc(*arc).owned && owners.any(|owner| owner.get() == usize::from(member));
            if both_own && member != routes.me {
                first |= node.hints.lock().record_arc(now, entry.id, *arc) == Recorded::First;
            }
        }
        if first {
            node.tell(Event::HintsPending { peer: entry.id });
        }
    }
    Ok(())
}

fn hints(node: &Node, reply: &mut ReplyBuf) {
    let held = node.held_hints();
    reply.array(held.len());
    for held in held {
        reply.array(5);
        reply.bulk(held.owner.to_string().as_bytes());
        for figure in [held.size.keys, held.size.bytes, held.size.arcs] {
            reply.integer(figure as i64);
        }
        reply.integer(held.age.as_millis() as i64);
    }
}

/// Where a key stands in the order that SCAN goes by.
pub(crate) fn position(key: &[u8]) -> Position {
    HashedKey::new(key).position()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flushed_arcs_travel_with_their_stamps() {
        let arcs = ArcCount::DEFAULT;
        let flushed = Flushed(vec![
            (arcs.arc(7).unwrap(), Stamp::from_bits(u64::MAX)),
            (arcs.arc(1023).unwrap(), Stamp::from_bits(1)),
        ]);
        let bytes = flushed.to_bytes();
        assert_eq!(Flushed::read(arcs, &bytes).unwrap().0, flushed.0);
        assert!(Flushed::read(arcs, &bytes[1..]).is_none(), "cut short");
        let beyond = [&1024_u16.to_le_bytes()[..], &[0; 8]].concat();
        assert!(Flushed::read(arcs, &beyond).is_none(), "no such arc");
    }
}
