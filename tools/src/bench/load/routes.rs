//! Who is asked for a key: what a Redis Cluster client knows, a node for each slot, learnt from `CLUSTER SLOTS` and corrected by `MOVED`.

use crate::redirection::address;
use circlet_resp::Value;
use circlet_ring::SLOT_COUNT;
use std::net::SocketAddr;

/// A map from slots to nodes.
#[derive(Debug)]
pub(crate) struct Routes {
    owners: Vec<Option<SocketAddr>>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Routes {
            owners: vec![None; usize::from(SLOT_COUNT)],
        }
    }

    pub(crate) fn of_slot(&self, slot: u16) -> Option<SocketAddr> {
        self.owners.get(usize::from(slot)).copied().flatten()
    }

    /// Every node that some slot belongs to.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = SocketAddr> {
        let mut nodes: Vec<SocketAddr> = self.owners.iter().flatten().copied().collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes.into_iter()
    }

    /// Takes over a reply to `CLUSTER SLOTS` of the node at `from`; false when it is none.
    pub(crate) fn learn(&mut self, reply: &Value, from: SocketAddr) -> bool {
        let Value::Array(ranges) = reply else { return false };
        for range in ranges {
            let Value::Array(range) = range else { return false };
            let [Value::Integer(first), Value::Integer(last), Value::Array(node), ..] = &range[..] else {
                return false;
            };
            let [ip, Value::Integer(port), ..] = &node[..] else {
                return false;
            };
            let ip = ip
                .as_bytes()
                .and_then(|ip| std::str::from_utf8(ip).ok())
                .unwrap_or_default();
            let (Some(owner), Ok(first), Ok(last)) = (
                u16::try_from(*port).ok().and_then(|port| address(ip, port, from)),
                usize::try_from(*first),
                usize::try_from(*last),
            ) else {
                return false;
            };
            if let Some(slots) = self.owners.get_mut(first..=last) {
                slots.fill(Some(owner));
            }
        }
        true
    }

    /// A slot belongs to another node.
    pub(crate) fn moved(&mut self, slot: u16, to: SocketAddr) {
        if let Some(owner) = self.owners.get_mut(usize::from(slot)) {
            *owner = Some(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_ring::Slot;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn range(first: i64, last: i64, ip: &str, port: i64) -> Value {
        let node = Value::Array(vec![
            Value::Bulk(ip.into()),
            Value::Integer(port),
            Value::Bulk(b"id".to_vec()),
        ]);
        Value::Array(vec![Value::Integer(first), Value::Integer(last), node])
    }

    #[test]
    fn slots_are_learnt_and_corrected() {
        let mut routes = Routes::new();
        let slot = Slot::of_key(b"a").get();
        let reply = Value::Array(vec![range(0, 9_999, "127.0.0.1", 1), range(10_000, 16_383, "", 2)]);
        assert!(routes.learn(&reply, at(2)));
        assert_eq!(routes.of_slot(slot), Some(if slot < 10_000 { at(1) } else { at(2) }));
        routes.moved(slot, at(3));
        assert_eq!(routes.of_slot(slot), Some(at(3)));
        assert_eq!(routes.nodes().collect::<Vec<_>>(), [at(1), at(2), at(3)]);
    }

    #[test]
    fn what_is_no_list_of_slots_is_not_learnt() {
        assert!(!Routes::new().learn(&Value::Error("ERR".into()), at(1)));
    }
}
