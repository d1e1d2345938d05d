//! Members to place.

#![allow(dead_code, reason = "each test file uses a part of it")]

use circlet_ring::{Member, NodeId, Weight};
use xxhash_rust::xxh3::xxh3_128;

/// A member whose id is drawn from `seed`.
pub(crate) fn member(seed: u64, zone: usize, hundredths: u16) -> Member {
    let mut id = [0; NodeId::BYTES];
    id[..16].copy_from_slice(&xxh3_128(&seed.to_le_bytes()).to_le_bytes());
    id[16..].copy_from_slice(&(seed as u32).to_le_bytes());
    Member {
        id: NodeId::from_bytes(id),
        zone: format!("zone-{zone}").parse().unwrap(),
        weight: Weight::from_hundredths(hundredths).unwrap(),
    }
}

/// `nodes` members, dealt in turn to `zones` zones and to `weights` in hundredths. More nodes are the same ones and others.
pub(crate) fn cluster(nodes: usize, zones: usize, weights: &[u16]) -> Vec<Member> {
    (0..nodes)
        .map(|index| member(index as u64, index % zones, weights[index % weights.len()]))
        .collect()
}
