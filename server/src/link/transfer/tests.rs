//! What one chunk after the other is made of.

use super::*;
use crate::store::Store;
use circlet_core::time::WallMs;
use circlet_ring::ArcCount;

const NOW: WallMs = WallMs::new(1_763_719_355_123);

fn shard(store: &Store) -> ShardGuard<'_> {
    store.lock(HashedKey::new(b"{a}").arc(store.arcs()))
}

/// SETs of `{a}` with each number, in the order of the numbers' stamps.
fn put(store: &Store, numbers: impl IntoIterator<Item = u64>, value: &[u8]) {
    for number in numbers {
        let key = format!("{{a}}{number}");
        let stamp = Stamp::new(WallMs::new(NOW.get() + number), 0);
        shard(store).merge(&HashedKey::new(key.as_bytes()), State::plain(stamp, None, value));
    }
}

/// Pulls all of `theirs`, naming what `few` says; how many entries came in how many chunks, and what was said to be lacking.
fn pull(ours: &Store, theirs: &Store) -> (u32, usize, Vec<(u16, u64)>) {
    let named = few(&shard(ours)).expect("few");
    let (mut count, mut chunks, mut lacking, mut cursor) = (0, 0, Vec::new(), 0);
    while cursor != CURSOR_END {
        let pull = Pull {
            id: 0,
            epoch: 1,
            arc: 0,
            digest: 0,
            buckets: u64::MAX,
            cursor,
            known: named.iter().map(|our| our.known).collect(),
        };
        let chunk = Chunk::cut(&shard(theirs), &pull);
        (count, chunks, cursor) = (count + chunk.count, chunks + 1, chunk.cursor);
        lacking.extend_from_slice(&chunk.lacking);
        let head = PullReply {
            id: 0,
            outcome: PullOutcome::States,
            held: HeldArc::default(),
            cursor,
        };
        let mut frame = Vec::new();
        head.put_states(&mut frame, chunk.count, &chunk.states, &chunk.lacking);
        let frame = circlet_core::message::frame::split(&frame).unwrap().expect("a frame");
        let (_, PullBody::States { states, .. }) = PullReply::read(frame.body).unwrap() else {
            panic!("no states");
        };
        for (key, state) in states {
            shard(ours).receive_whole(&hashed(key), State::decode(state).unwrap(), Stamp::ZERO);
        }
    }
    (count, chunks, lacking)
}

#[test]
fn an_arc_that_has_a_few_entries_names_them_and_gets_all_others() {
    let (ours, theirs) = (Store::new(ArcCount::DEFAULT), Store::new(ArcCount::DEFAULT));
    put(&theirs, 0..3_000, &[b'v'; 64]);
    // The same, the lesser of one stamp, and what is nowhere else.
    put(&ours, (0..2_000).step_by(100), &[b'v'; 64]);
    put(&ours, (2_000..3_000).step_by(100), b"u");
    put(&ours, 5_000..5_010, b"new");
    let (count, chunks, mut lacking) = pull(&ours, &theirs);
    assert_eq!(count, 3_000 - 20, "all but those that are the same");
    assert!(chunks > 3, "in many chunks, not {chunks}");
    let name = |number: u64| {
        let key = format!("{{a}}{number}");
        let key = HashedKey::new(key.as_bytes());
        (key.slot.get(), key.hash)
    };
    let mut new: Vec<(u16, u64)> = (5_000..5_010).map(name).collect();
    new.sort_unstable();
    lacking.sort_unstable();
    assert_eq!(lacking, new, "each is named once");
    put(&theirs, 5_000..5_010, b"new");
    assert_eq!(shard(&ours).digest(), shard(&theirs).digest());
    shard(&ours).check_invariants();
}

#[test]
fn an_arc_of_many_entries_or_long_ones_names_none() {
    let store = Store::new(ArcCount::DEFAULT);
    assert_eq!(few(&shard(&store)).map(|ours| ours.len()), Some(0));
    put(&store, 0..FEW_MAX as u64, b"v");
    assert_eq!(few(&shard(&store)).map(|ours| ours.len()), Some(FEW_MAX));
    put(&store, [FEW_MAX as u64], b"v");
    assert!(few(&shard(&store)).is_none(), "many");
    let store = Store::new(ArcCount::DEFAULT);
    put(&store, [0], &vec![b'v'; FEW_BYTES_MAX as usize]);
    assert!(few(&shard(&store)).is_none(), "long");
}
