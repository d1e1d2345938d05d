//! Frames between nodes: a turn's deltas written by the coordinator and read by a replica, and the answers.

use std::hint::black_box;

use circlet_core::message::batch::{Batch, BatchWriter, Item, WireKey, put_apply, put_check};
use circlet_core::message::batch_reply::{BatchReply, put_all_fine};
use circlet_core::message::frame::split;
use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_core::time::WallMs;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const KEY: WireKey<'_> = WireKey {
    slot: 4711,
    hash: 0x9e37_79b9_7f4a_7c15,
    key: b"key:000000123456",
};
const TURN: u32 = 7;
const EPOCH: u64 = 3;
/// The items of one frame: a client at P=1, and several clients at P=16.
const TURNS: [u32; 2] = [1, 64];

fn state() -> Vec<u8> {
    let mut state = Vec::new();
    State::plain(Stamp::new(WallMs::new(1_700_000_000_000), 0), None, &[b'x'; 64]).encode(&mut state);
    state
}

/// A frame of `count` deltas.
fn deltas(count: u32, items: &mut Vec<u8>, frame: &mut Vec<u8>, state: &[u8]) {
    items.clear();
    frame.clear();
    for _ in 0..count {
        put_apply(items, KEY, state);
    }
    let mut writer = BatchWriter::new(frame, TURN, EPOCH, Stamp::ZERO);
    writer.items(items, count);
    writer.finish();
}

fn batches(criterion: &mut Criterion) {
    let state = state();
    let (mut items, mut frame) = (Vec::new(), Vec::new());
    let mut group = criterion.benchmark_group("wire");
    for count in TURNS {
        group.throughput(Throughput::Elements(u64::from(count)));
        group.bench_function(format!("write_{count}_deltas"), |bencher| {
            bencher.iter(|| deltas(count, &mut items, &mut frame, black_box(&state)));
        });
        deltas(count, &mut items, &mut frame, &state);
        group.bench_function(format!("read_{count}_deltas"), |bencher| {
            bencher.iter(|| read(black_box(&frame)));
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("write_a_check", |bencher| {
        bencher.iter(|| {
            items.clear();
            put_check(&mut items, black_box(KEY), 42);
        });
    });
    group.finish();
}

/// Reads a frame to its end as a replica does; answers how many bytes of state there were.
fn read(frame: &[u8]) -> usize {
    let frame = split(frame).expect("well formed").expect("whole");
    let batch = Batch::read(frame.body).expect("well formed");
    let mut bytes = 0;
    for item in batch.items() {
        if let Item::Apply { key, state } = item.expect("well formed") {
            bytes += key.key.len() + state.len();
        }
    }
    bytes
}

fn answers(criterion: &mut Criterion) {
    let mut frame = Vec::new();
    let mut group = criterion.benchmark_group("wire");
    group.bench_function("answer_all_fine", |bencher| {
        bencher.iter(|| {
            frame.clear();
            put_all_fine(&mut frame, black_box(TURN));
            let answer = split(&frame).expect("well formed").expect("whole");
            BatchReply::read(answer.body).map(|reply| reply.all_fine())
        });
    });
    group.finish();
}

criterion_group!(benches, batches, answers);
criterion_main!(benches);
