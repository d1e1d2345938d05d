//! A whole arc that comes to a new owner: the short way of [`Shard::receive_whole`] against the general one.

use circlet_core::antientropy::cut_before;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Kind, Part, PartsBuf, State};
use circlet_core::time::WallMs;
use circlet_ring::ArcCount;
use proptest::prelude::*;

use super::key::HashedKey;
use super::merging::Merge;
use super::{Shard, ShardGuard, Store};

const START_MS: u64 = 1_763_719_355_123;
const KEYS: u16 = 40;
/// Milliseconds between two times: two to a slice of the arc's sums.
const TIME_MS: u64 = 512;

/// What arrives: under which key, of which millisecond, and what it is.
#[derive(Clone, Debug)]
struct Sent {
    key: u16,
    at: u64,
    what: u8,
}

impl Sent {
    fn any() -> impl Strategy<Value = Self> {
        (0..KEYS, 0_u64..20, 0_u8..5).prop_map(|(key, at, what)| Self { key, at, what })
    }

    fn receive(&self, shard: &mut Shard, how: impl FnOnce(&mut Shard, &HashedKey<'_>, State<'_>) -> Merge) -> Merge {
        let key = format!("{{a}}{}", self.key);
        let stamp = Stamp::new(time(self.at), self.key);
        let mut parts = PartsBuf::new();
        let state = match self.what {
            0 | 1 => State::plain(stamp, None, b"value"),
            2 => State::plain(stamp, Some(time(self.at + 5)), b"expires"),
            3 => State::tombstone(stamp),
            _ => {
                parts.push(Part::written(Kind::Hash, b"field", stamp, b"v", None));
                State {
                    parts: parts.as_parts(),
                    ..State::ABSENT
                }
            }
        };
        how(shard, &HashedKey::new(key.as_bytes()), state)
    }
}

fn time(at: u64) -> WallMs {
    WallMs::new(START_MS + at * TIME_MS)
}

fn shard(store: &Store) -> ShardGuard<'_> {
    store.lock(HashedKey::new(b"{a}").arc(store.arcs()))
}

proptest! {
    #[test]
    fn what_is_taken_as_it_is_becomes_what_the_general_way_makes_of_it(
        before in proptest::collection::vec(Sent::any(), 0..20),
        sent in proptest::collection::vec(Sent::any(), 1..80),
        flushed in proptest::option::of(0_u64..20),
        mine in proptest::option::of(0_u64..20),
        theirs in proptest::option::of(0_u64..20),
        expected in any::<bool>(),
    ) {
        let up_to = |at: Option<u64>| at.map_or(Stamp::ZERO, |at| cut_before(time(at)));
        let theirs = up_to(theirs);
        let stores = [Store::new(ArcCount::DEFAULT), Store::new(ArcCount::DEFAULT)];
        for store in &stores {
            let mut shard = shard(store);
            for sent in &before {
                sent.receive(&mut shard, |shard, key, state| shard.merge(key, state));
            }
            drop(shard.flush(up_to(flushed)));
            shard.become_synced(up_to(mine));
        }
        let (mut short, mut general) = (shard(&stores[0]), shard(&stores[1]));
        if expected {
            let each_slot = vec![8; usize::from(ArcCount::DEFAULT.slots_per_arc())];
            short.expect(&each_slot);
        }
        for sent in &sent {
            let merge = sent.receive(&mut short, |shard, key, state| shard.receive_whole(key, state, theirs));
            let as_before = sent.receive(&mut general, |shard, key, state| shard.receive_any_whole(key, state, theirs));
            prop_assert_eq!(merge, as_before, "{:?}", sent);
            prop_assert_eq!(short.digest(), general.digest(), "{:?}", sent);
            prop_assert_eq!(short.clock.last(), general.clock.last());
        }
        short.check_invariants();
        let counts = |shard: &Shard| (shard.counts().live, shard.counts().expiring, shard.counts().tombstones);
        prop_assert_eq!(counts(&short), counts(&general));
        for at in 0..30 {
            let cut = up_to(Some(at));
            prop_assert_eq!(short.become_synced(cut), general.become_synced(cut), "what may go later is listed");
            prop_assert_eq!(short.digest(), general.digest());
        }
        short.check_invariants();
    }
}
