//! From a key to the nodes that own it: slot, arc, owners; and what planning a whole cluster costs.

use std::hint::black_box;

use circlet_ring::{ArcCount, Member, NodeId, Placement, Slot};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const REPLICAS: u8 = 3;

fn members(nodes: u8) -> Vec<Member> {
    // Ids are random in life; these are spread by hand so that every run plans the same cluster.
    (0..nodes)
        .map(|node| Member::new(NodeId::from_bytes([node.wrapping_mul(37); NodeId::BYTES])))
        .collect()
}

fn plan(nodes: u8) -> Placement {
    Placement::plan(ArcCount::DEFAULT, REPLICAS, &members(nodes)).expect("distinct members")
}

fn keys(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("placement");
    for length in [16, 64] {
        let key = "k".repeat(length);
        group.bench_function(format!("slot_of_{length}_bytes"), |bencher| {
            bencher.iter(|| Slot::of_key(black_box(key.as_bytes())));
        });
    }
    group.bench_function("slot_of_tagged_32_bytes", |bencher| {
        bencher.iter(|| Slot::of_key(black_box(b"session:{user:1234567890}:basket")));
    });
    let placement = plan(10);
    // Slots in no order that a prefetcher could guess, so that the owners' memory is part of the cost.
    let slots: Vec<Slot> = (0..4096_u32)
        .filter_map(|step| Slot::new((step * 9973 % 16384) as u16))
        .collect();
    let mut next = slots.iter().cycle();
    group.bench_function("arc_lookup", |bencher| {
        bencher.iter_batched(
            || *next.next().expect("a cycle has no end"),
            |slot| placement.owners(placement.arc_count().arc_of(black_box(slot)))[0],
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("placement_plan");
    group.sample_size(10);
    for nodes in [3, 10, 100] {
        let members = members(nodes);
        group.bench_function(format!("{nodes}_nodes"), |bencher| {
            bencher.iter(|| Placement::plan(ArcCount::DEFAULT, REPLICAS, black_box(&members)));
        });
    }
    group.finish();
}

criterion_group!(benches, keys, plans);
criterion_main!(benches);
