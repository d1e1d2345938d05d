//! The store with a million entries, one thread: what prefetching a batch is worth, and what a write costs.
//!
//! Keys come in random order from more memory than any cache holds, as they do in life: a small table would measure
//! the first-level cache. Each figure is for one batch of 64 keys.

use std::hint::black_box;

use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_core::time::WallMs;
use circlet_ring::ArcCount;
use circlet_server::store::{HashedKey, Store};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ENTRIES: u64 = 1_000_000;
const BATCH: usize = 64;
const VALUE: [u8; 64] = [b'x'; 64];
const NOW: WallMs = WallMs::new(1_700_000_000_000);

/// The bytes of key `number`: as the comparisons with other servers use them.
fn key(number: u64) -> String {
    format!("key:{number:012}")
}

/// Batches of keys in no order that a prefetcher could guess, for ever.
struct Keys {
    state: u64,
}

impl Keys {
    fn batch(&mut self) -> Vec<String> {
        (0..BATCH).map(|_| key(self.below(ENTRIES))).collect()
    }

    /// splitmix64, reduced by multiply and shift.
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * u128::from(bound)) >> 64) as u64
    }
}

fn set(store: &Store, key: &HashedKey<'_>) {
    let mut shard = store.lock(key.arc(store.arcs()));
    let stamp = shard.clock.stamp(NOW);
    shard.set_plain(key, stamp, None, &VALUE);
}

fn get(store: &Store, key: &HashedKey<'_>) -> usize {
    let shard = store.lock(key.arc(store.arcs()));
    shard
        .get(key)
        .and_then(|entry| entry.plain().map(<[u8]>::len))
        .unwrap_or(0)
}

/// Hashes a batch and, if so asked, has its cache lines fetched: all buckets, then all entries.
fn hash<'a>(store: &Store, keys: &'a [String], prefetches: bool) -> Vec<HashedKey<'a>> {
    let hashed: Vec<_> = keys.iter().map(|key| HashedKey::new(key.as_bytes())).collect();
    if prefetches {
        hashed.iter().for_each(|key| store.prefetch_bucket(key));
        store.prefetch_entries(hashed.iter().map(|key| (*key, false)));
    }
    hashed
}

fn table(criterion: &mut Criterion) {
    let store = Store::new(ArcCount::DEFAULT);
    for number in 0..ENTRIES {
        set(&store, &HashedKey::new(key(number).as_bytes()));
    }
    let mut keys = Keys { state: 1 };
    let mut group = criterion.benchmark_group("table");
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, prefetches) in [("prefetched", true), ("unprefetched", false)] {
        group.bench_function(format!("get_{name}"), |bencher| {
            let run = |keys: Vec<String>| {
                hash(&store, &keys, prefetches)
                    .iter()
                    .map(|key| get(&store, key))
                    .sum::<usize>()
            };
            bencher.iter_batched(|| keys.batch(), run, BatchSize::LargeInput);
        });
        group.bench_function(format!("overwrite_{name}"), |bencher| {
            let run = |keys: Vec<String>| hash(&store, &keys, prefetches).iter().for_each(|key| set(&store, key));
            bencher.iter_batched(|| keys.batch(), run, BatchSize::LargeInput);
        });
    }
    group.bench_function("merge_a_delta_prefetched", |bencher| {
        let mut newer = 0;
        let run = |keys: Vec<String>| {
            newer += 1;
            let stamp = Stamp::new(WallMs::new(NOW.get() + newer), 0);
            for key in hash(&store, &keys, true) {
                let mut shard = store.lock(key.arc(store.arcs()));
                black_box(shard.merge(&key, State::plain(stamp, None, &VALUE)));
            }
        };
        bencher.iter_batched(|| keys.batch(), run, BatchSize::LargeInput);
    });
    group.finish();
}

/// New entries, tables that grow on the way included.
fn growth(criterion: &mut Criterion) {
    const NEW: u64 = 100_000;
    let keys: Vec<String> = (0..NEW).map(key).collect();
    let mut group = criterion.benchmark_group("table");
    group.sample_size(10);
    group.throughput(Throughput::Elements(NEW));
    group.bench_function("insert_100000_into_an_empty_store", |bencher| {
        let run = |store: Store| {
            keys.iter().for_each(|key| set(&store, &HashedKey::new(key.as_bytes())));
            store
        };
        bencher.iter_batched(|| Store::new(ArcCount::DEFAULT), run, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, table, growth);
criterion_main!(benches);
