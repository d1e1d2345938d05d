//! Members for tests.

use std::ops::RangeInclusive;

use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use crate::{Member, NodeId, Weight};

/// A member whose id is drawn from `seed`.
pub(crate) fn member(seed: u64, zone: u8, hundredths: u16) -> Member {
    let mut id = [0; NodeId::BYTES];
    id[..16].copy_from_slice(&xxh3_128(&seed.to_le_bytes()).to_le_bytes());
    id[16..].copy_from_slice(&(seed as u32).to_le_bytes());
    Member {
        id: NodeId::from_bytes(id),
        zone: format!("zone-{zone}").parse().unwrap(),
        weight: Weight::from_hundredths(hundredths).unwrap(),
    }
}

/// Members in up to `zones` zones, with weights of which half are 1 and the others between 0.5 and 4.
pub(crate) fn members(count: RangeInclusive<usize>, zones: u8) -> impl Strategy<Value = Vec<Member>> {
    let weight = prop_oneof![Just(100), 50..=400u16];
    let one = (any::<u64>(), 0..zones, weight).prop_map(|(seed, zone, weight)| member(seed, zone, weight));
    proptest::collection::vec(one, count).prop_map(|mut members| {
        members.sort_by_key(|member| member.id);
        members.dedup_by_key(|member| member.id);
        members
    })
}
