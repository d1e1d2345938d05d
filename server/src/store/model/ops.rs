//! What is done to a shard and to its model.

use std::ops::Range;

use circlet_core::state::Kind;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(super) enum Op {
    Set {
        key: u8,
        length: usize,
        ttl_ms: Option<u64>,
    },
    Delete {
        key: u8,
    },
    Incr {
        key: u8,
        node: u64,
        by: i64,
    },
    Expire {
        key: u8,
        ttl_ms: Option<u64>,
    },
    /// Changes so many parts of a collection, numbered from some number on: many make it large, deleting them small again.
    Edit {
        key: u8,
        kind: Kind,
        parts: Range<u16>,
        change: PartChange,
    },
    /// Writes parts, one after the other, in a collection of its own type that nothing else is done to as a rule.
    Grow {
        key: u8,
        parts: Range<u16>,
        length: usize,
    },
    /// All owners have what was stamped up to so many operations ago.
    Sweep {
        ago: usize,
    },
    /// Merges again a delta that was merged before: late, twice, out of order.
    Replay {
        index: prop::sample::Index,
    },
    Remove {
        key: u8,
    },
    /// Flushes what is older than a stamp issued so many operations ago.
    Flush {
        ago: usize,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum PartChange {
    Write,
    Delete,
    /// Adds to a counter or score, in types that have them; otherwise writes.
    Add,
}

fn edits() -> impl Strategy<Value = Op> {
    let kind = prop::sample::select(vec![Kind::List, Kind::Set, Kind::SortedSet, Kind::Hash]);
    let change = prop::sample::select(vec![PartChange::Write, PartChange::Delete, PartChange::Add]);
    let count = prop_oneof![5 => 1..4_u16, 1 => 30..100_u16];
    // Few keys, so that some become large.
    (0_u8..3, kind, 0..100_u16, count, change).prop_map(|(key, kind, first, count, change)| Op::Edit {
        key,
        kind,
        parts: first..first + count,
        change,
    })
}

/// Collections that are uniform as a rule: these are changed in place.
pub(super) const GROWN: Range<u8> = 30..34;

fn grows() -> impl Strategy<Value = Op> {
    let length = prop_oneof![Just(8_usize), 0_usize..100, 0_usize..200];
    let parts = prop_oneof![4 => (0..20_u16).prop_map(|first| first..first + 1), 1 => (0..40_u16).prop_map(|first| first..first + 6)];
    (GROWN, parts, length).prop_map(|(key, parts, length)| Op::Grow { key, parts, length })
}

pub(super) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let key = || prop_oneof![30 => 0_u8..30, 1 => GROWN];
    let length = prop_oneof![20 => 0_usize..100, 1 => 16_000_usize..17_000];
    let ttl = || prop_oneof![Just(None), (0_u64..1 << 33).prop_map(Some)];
    let op = prop_oneof![
        30 => (key(), length, ttl()).prop_map(|(key, length, ttl_ms)| Op::Set { key, length, ttl_ms }),
        15 => key().prop_map(|key| Op::Delete { key }),
        30 => (key(), 1_u64..3, -5_i64..5).prop_map(|(key, node, by)| Op::Incr { key, node, by }),
        15 => (key(), ttl()).prop_map(|(key, ttl_ms)| Op::Expire { key, ttl_ms }),
        20 => edits(),
        40 => grows(),
        3 => (0_usize..50).prop_map(|ago| Op::Sweep { ago }),
        40 => any::<prop::sample::Index>().prop_map(|index| Op::Replay { index }),
        5 => key().prop_map(|key| Op::Remove { key }),
        2 => (0_usize..50).prop_map(|ago| Op::Flush { ago }),
    ];
    proptest::collection::vec(op, 1..300)
}
