//! Which node of a cluster owns which key: what a Redis Cluster client does, done before the load starts.
//!
//! A connection of the generator belongs to one node, and draws from the keys that this node is the first owner of;
//! so a batch of P stays a batch of P, and no request is redirected or forwarded.

use std::net::SocketAddr;
use std::time::Duration;

use super::Target;
use super::keys::{Keys, key_bytes};
use crate::admin::{Client, Value};
use crate::error::{Doing, Error, Result};

const SLOTS: usize = 16384;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// One target for each node that is the first owner of some of the `count` keys, by CLUSTER SLOTS of `seed`.
pub(crate) fn targets_of_cluster(seed: SocketAddr, count: u64) -> Result<Vec<Target>> {
    let mut client = Client::open(seed, ANSWER_TIMEOUT).doing(format_args!("connecting to {seed}"))?;
    let answer = client
        .ask(&["CLUSTER", "SLOTS"])
        .doing(format_args!("asking {seed} for its slots"))?;
    let ranges = answer
        .list()
        .and_then(|ranges| ranges.iter().map(|range| owner_of(range, seed)).collect());
    let ranges: Vec<Range> = ranges.ok_or_else(|| Error::Answer(format!("{seed}: CLUSTER SLOTS is malformed")))?;
    let mut nodes: Vec<SocketAddr> = ranges.iter().map(|range| range.owner).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut owner_by_slot = vec![usize::MAX; SLOTS];
    for range in &ranges {
        let owner = nodes.partition_point(|node| *node < range.owner);
        owner_by_slot[range.first..=range.last].fill(owner);
    }
    let mut numbers: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
    for number in 0..count {
        let owner = owner_by_slot[usize::from(slot_of(&key_bytes(number)))];
        let list = numbers
            .get_mut(owner)
            .ok_or_else(|| Error::Answer(format!("{seed}: a slot has no owner")))?;
        list.push(u32::try_from(number).map_err(|_| Error::Answer("more than 2^32 keys".to_owned()))?);
    }
    let target = |(addr, numbers): (SocketAddr, Vec<u32>)| Target {
        addr,
        keys: Keys::Listed(numbers.into()),
    };
    Ok(nodes.into_iter().zip(numbers).map(target).collect())
}

struct Range {
    first: usize,
    last: usize,
    owner: SocketAddr,
}

/// `[first, last, [host, port, ...], ...]`; an empty host is the one that was asked.
fn owner_of(range: &Value, seed: SocketAddr) -> Option<Range> {
    let [first, last, owner, ..] = range.list()? else {
        return None;
    };
    let [host, port, ..] = owner.list()? else { return None };
    let ip = match host.text() {
        None | Some("") => seed.ip(),
        Some(host) => host.parse().ok()?,
    };
    let slot = |value: &Value| usize::try_from(value.integer()?).ok().filter(|&slot| slot < SLOTS);
    let port = u16::try_from(port.integer()?).ok()?;
    let (first, last) = (slot(first)?, slot(last)?);
    (first <= last).then_some(Range {
        first,
        last,
        owner: SocketAddr::new(ip, port),
    })
}

/// CRC16/XMODEM mod 16384, bit by bit: a cluster client's rule, written apart from the server's. The keys of the
/// generator have no hash tag.
fn slot_of(key: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for &byte in key {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            };
        }
    }
    crc % SLOTS as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slot_is_the_one_that_redis_cluster_documents() {
        assert_eq!(slot_of(b"123456789"), 12739);
    }

    #[test]
    fn an_empty_host_is_the_node_that_was_asked() {
        let seed = SocketAddr::from(([127, 0, 0, 1], 7101));
        let owner = Value::List(vec![Value::Text(String::new()), Value::Integer(7102)]);
        let range = Value::List(vec![Value::Integer(0), Value::Integer(9), owner]);
        let range = owner_of(&range, seed).expect("well formed");
        assert_eq!(
            (range.first, range.last, range.owner.to_string()),
            (0, 9, "127.0.0.1:7102".to_owned())
        );
    }

    #[test]
    fn a_slot_out_of_range_is_refused() {
        let seed = SocketAddr::from(([127, 0, 0, 1], 7101));
        let owner = Value::List(vec![Value::Text(String::new()), Value::Integer(7102)]);
        let range = Value::List(vec![Value::Integer(0), Value::Integer(16384), owner]);
        assert!(owner_of(&range, seed).is_none());
    }
}
