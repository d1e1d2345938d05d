//! Two states of a key become one: strings, counters with runs; and the digest of a state.

use std::hint::black_box;

use circlet_core::stamp::Stamp;
use circlet_core::state::{Base, Run, Runs, State, merge, plain_digest};
use circlet_core::time::WallMs;
use criterion::{Criterion, criterion_group, criterion_main};

const VALUE: [u8; 64] = [b'x'; 64];
const KEY_HASH: u64 = 0x9e37_79b9_7f4a_7c15;

fn stamp(ms: u64) -> Stamp {
    Stamp::new(WallMs::new(1_700_000_000_000 + ms), 0)
}

fn merge_into_one(criterion: &mut Criterion, name: &str, left: State<'_>, right: State<'_>) {
    let mut merged = Vec::new();
    let mut group = criterion.benchmark_group("merge");
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            merged.clear();
            black_box(merge(black_box(left), black_box(right), &mut merged))
        });
    });
    group.finish();
}

fn merges(criterion: &mut Criterion) {
    let old = State::plain(stamp(1), None, &VALUE);
    let new = State::plain(stamp(2), None, &VALUE);
    merge_into_one(criterion, "one_string", old, new);
    merge_into_one(
        criterion,
        "one_string_with_ttl",
        old,
        State::plain(stamp(2), Some(WallMs::new(1 << 41)), &VALUE),
    );
    merge_into_one(criterion, "a_tombstone", old, State::tombstone(stamp(2)));
    let (left, right) = (runs(0), runs(1));
    let counter = |runs| State {
        base: Base::Bytes(b"10"),
        runs,
        ..State::plain(stamp(1), None, b"")
    };
    let [left, right] = [&left, &right].map(|bytes| Runs::new(bytes).expect("ascending runs"));
    merge_into_one(criterion, "a_counter_of_three_runs", counter(left), counter(right));
}

/// Three nodes' runs, the copy `newer` of them.
fn runs(newer: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for node in 1..=3 {
        Run {
            node,
            birth: stamp(10),
            stamp: stamp(20 + newer),
            total: 5,
        }
        .encode(&mut bytes);
    }
    bytes
}

fn codec(criterion: &mut Criterion) {
    let state = State::plain(stamp(1), Some(WallMs::new(1 << 41)), &VALUE);
    let mut encoded = Vec::new();
    state.encode(&mut encoded);
    let mut group = criterion.benchmark_group("state");
    group.bench_function("encode_string", |bencher| {
        let mut out = Vec::new();
        bencher.iter(|| {
            out.clear();
            black_box(state).encode(&mut out);
        });
    });
    group.bench_function("decode_string", |bencher| {
        bencher.iter(|| State::decode(black_box(&encoded)).is_ok());
    });
    group.bench_function("digest_string", |bencher| {
        bencher.iter(|| black_box(state).digest(black_box(KEY_HASH)));
    });
    group.bench_function("digest_string_fast", |bencher| {
        bencher.iter(|| plain_digest(black_box(KEY_HASH), stamp(1), None, black_box(&VALUE)));
    });
    group.finish();
}

criterion_group!(benches, merges, codec);
criterion_main!(benches);
