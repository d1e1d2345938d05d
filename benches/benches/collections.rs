//! One command on a collection of 10, 32, 1,000 and 1,000,000 parts, as a coordinator executes it under the arc's lock: views and edits, the delta
//! merged into the store. Up to 32 parts the collection is encoded, beyond it changes in place.

use std::hint::black_box;

use circlet_core::collection::{HashView, ListView, ScoreBound, SetView, SortedSetView};
use circlet_core::mutate::{Author, Edit, End, ListEdit, found};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Kind, State, score_bytes};
use circlet_core::time::WallMs;
use circlet_ring::ArcCount;
use circlet_server::store::{HashedKey, Shard, Store};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [u64; 4] = [10, 32, 1_000, 1_000_000];
const NOW: WallMs = WallMs::new(1_700_000_000_000);
const AUTHOR: Author = Author {
    node: 1,
    run_epoch: Stamp::ZERO,
};
/// Deleted parts are swept once in so many commands, as a round does every few seconds.
const SWEPT_EVERY: u64 = 1_000;

/// A command and its name; it is given the number of a part, and how many commands there were with it.
type Command<'a> = (&'a str, &'a dyn Fn(&mut Subject, u64, u64));

/// One collection in a store.
struct Subject {
    store: Store,
    key: HashedKey<'static>,
    kind: Kind,
    size: u64,
    random: u64,
}

impl Subject {
    fn new(kind: Kind, size: u64) -> Self {
        let key = HashedKey::new(b"collection");
        let store = Store::new(ArcCount::DEFAULT);
        let mut subject = Self {
            store,
            key,
            kind,
            size,
            random: size,
        };
        if kind == Kind::List {
            subject.change_list(|list, found| (0..size).for_each(|number| list.push(found, End::Back, &name(number))));
        } else {
            subject.change(|edit, found| {
                (0..size).for_each(|number| {
                    edit.set(found, &name(number), &value(kind, number), None);
                });
            });
        }
        subject
    }

    /// The number of a part, in no order that could be guessed.
    fn number(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * u128::from(self.size)) >> 64) as u64
    }

    fn read<R>(&self, read: impl FnOnce(State<'_>) -> R) -> R {
        let shard = self.store.lock(self.key.arc(self.store.arcs()));
        read(found(shard.state(&self.key), NOW))
    }

    fn change(&mut self, change: impl FnOnce(&mut Edit, State<'_>)) {
        let mut shard = self.store.lock(self.key.arc(self.store.arcs()));
        let stamp = shard.clock.stamp(NOW);
        let found = found(shard.state(&self.key), NOW);
        let mut edit = Edit::new(self.kind, NOW, stamp, AUTHOR);
        change(&mut edit, found);
        let mut delta = Vec::new();
        if edit.finish(found, &mut delta) {
            merge(&mut shard, &self.key, &delta);
        }
    }

    fn change_list(&mut self, change: impl FnOnce(&mut ListEdit, State<'_>)) {
        self.change(|edit, found| {
            let mut list = ListEdit::new(edit.clone(), NOW);
            change(&mut list, found);
            *edit = list.edit().clone();
        });
    }

    fn sweep_sometimes(&self, commands: u64) {
        if commands.is_multiple_of(SWEPT_EVERY) {
            let mut shard = self.store.lock(self.key.arc(self.store.arcs()));
            let synced = shard.clock.last();
            shard.become_synced(synced);
        }
    }
}

fn merge(shard: &mut Shard, key: &HashedKey<'_>, delta: &[u8]) {
    let delta = State::decode_trusted(delta).expect("an edit writes states");
    assert!(shard.merge(key, delta).changed);
}

fn name(number: u64) -> Vec<u8> {
    format!("part:{number:012}").into_bytes()
}

fn value(kind: Kind, number: u64) -> Vec<u8> {
    match kind {
        Kind::Hash => vec![b'x'; 32],
        Kind::SortedSet => score_bytes((number.wrapping_mul(0x9e37_79b9) % 1_000_000) as f64).to_vec(),
        _ => Vec::new(),
    }
}

/// Measures commands at all sizes.
fn measure(criterion: &mut Criterion, kind: Kind, commands: &[Command<'_>]) {
    for size in SIZES {
        let mut subject = Subject::new(kind, size);
        for (name, command) in commands {
            let mut group = criterion.benchmark_group(*name);
            let mut count = 0;
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter(|| {
                    count += 1;
                    let number = subject.number();
                    command(&mut subject, number, count);
                });
            });
            group.finish();
        }
    }
}

fn hashes(criterion: &mut Criterion) {
    let hget = |subject: &mut Subject, number, _| {
        subject.read(|state| assert!(HashView::new(state, NOW).get(&name(number)).is_some()));
    };
    let hset = |subject: &mut Subject, number, _| {
        subject.change(|edit, found| {
            edit.set(found, &name(number), &[b'y'; 32], None);
        });
    };
    let hlen = |subject: &mut Subject, _, _| {
        black_box(subject.read(|state| HashView::new(state, NOW).len()));
    };
    measure(
        criterion,
        Kind::Hash,
        &[("hget", &hget), ("hset", &hset), ("hlen", &hlen)],
    );
}

fn sets(criterion: &mut Criterion) {
    let sismember = |subject: &mut Subject, number, _| {
        subject.read(|state| assert!(SetView::new(state, NOW).contains(&name(number))));
    };
    let srandmember = |subject: &mut Subject, number, _| {
        black_box(subject.read(|state| SetView::new(state, NOW).random(number).map(<[u8]>::len)));
    };
    let srem_sadd = |subject: &mut Subject, number, count| {
        subject.change(|edit, found| {
            edit.delete(found, &name(number));
        });
        subject.sweep_sometimes(count);
        subject.change(|edit, found| {
            edit.set(found, &name(number), b"", None);
        });
    };
    let commands: [Command<'_>; 3] = [
        ("sismember", &sismember),
        ("srandmember", &srandmember),
        ("srem_and_sadd", &srem_sadd),
    ];
    measure(criterion, Kind::Set, &commands);
}

fn sorted_sets(criterion: &mut Criterion) {
    let zadd = |subject: &mut Subject, number, count: u64| {
        subject.change(|edit, found| {
            edit.set(
                found,
                &name(number),
                &score_bytes((count.wrapping_mul(0x9e37_79b9) % 1_000_000) as f64),
                None,
            );
        });
    };
    let zrank = |subject: &mut Subject, number, _| {
        subject.read(|state| assert!(SortedSetView::new(state, NOW).rank(&name(number)).is_some()));
    };
    let zrange = |subject: &mut Subject, number, _| {
        let start = number as usize;
        black_box(subject.read(|state| SortedSetView::new(state, NOW).by_rank(start..start + 10).count()));
    };
    let zcount = |subject: &mut Subject, number, _| {
        let (min, max) = (
            ScoreBound::Included(number as f64 / 2.0),
            ScoreBound::Excluded(number as f64),
        );
        black_box(subject.read(|state| SortedSetView::new(state, NOW).ranks_by_score(min, max).len()));
    };
    let commands: [Command<'_>; 4] = [
        ("zadd", &zadd),
        ("zrank", &zrank),
        ("zrange_10", &zrange),
        ("zcount", &zcount),
    ];
    measure(criterion, Kind::SortedSet, &commands);
}

fn lists(criterion: &mut Criterion) {
    let lindex = |subject: &mut Subject, number, _| {
        subject.read(|state| assert!(ListView::new(state, NOW).get(number as usize).is_some()));
    };
    let lpush_rpop = |subject: &mut Subject, number, count| {
        subject.change_list(|list, found| list.push(found, End::Front, &name(number)));
        subject.change_list(|list, found| assert!(list.pop(found, End::Back).is_some()));
        subject.sweep_sometimes(count);
    };
    measure(
        criterion,
        Kind::List,
        &[("lindex", &lindex), ("lpush_and_rpop", &lpush_rpop)],
    );
}

criterion_group!(benches, hashes, sets, sorted_sets, lists);
criterion_main!(benches);
