//! Who owns what, as the client knows it: what a node said to `CLUSTER TOPOLOGY`.

use crate::cmd::{Cmd, cmd};
use crate::error::{Error, ErrorKind};
use crate::node::{Node, Surroundings};
use circlet_resp::Value;
use circlet_ring::{ArcCount, Slot};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;

/// Nodes by their place in [`Topology::nodes`], in the order in which to ask them.
pub(crate) type Order = SmallVec<[u16; 4]>;

/// See the module's header. Immutable; a newer one takes its place as a whole.
pub(crate) struct Topology {
    pub(crate) epoch: u64,
    fingerprint: Option<i64>,
    /// None before anything is known, or with servers that know no `CLUSTER TOPOLOGY`: then any node does.
    arcs: Option<ArcCount>,
    pub(crate) nodes: Vec<Arc<Node>>,
    /// By arc.
    owners: Vec<Order>,
}

/// The question, so that the answer is nothing if nothing has changed.
pub(crate) fn question(known: Option<i64>) -> Cmd {
    cmd("CLUSTER").arg("TOPOLOGY").arg(known)
}

impl Topology {
    /// Nodes without a map: any of them answers any command.
    pub(crate) fn unmapped(nodes: Vec<Arc<Node>>) -> Self {
        Topology {
            epoch: 0,
            fingerprint: None,
            arcs: None,
            nodes,
            owners: Vec::new(),
        }
    }

    /// Reads an answer to [`question`]. Nodes known before keep their connections.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] when it makes no sense.
    pub(crate) fn read(answer: Value, before: &Topology, around: &Arc<Surroundings>) -> Result<Self, Error> {
        let wrong = |what: &str| Error::new(ErrorKind::Protocol, format!("a topology with wrong {what}"));
        let Value::Map(fields) = answer else {
            return Err(wrong("form"));
        };
        let fields: HashMap<Vec<u8>, Value> = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.as_bytes()?.to_vec(), value)))
            .collect();
        let number = |name: &str| fields.get(name.as_bytes()).and_then(Value::as_integer);
        let arcs = number("arcs").and_then(|arcs| ArcCount::new(u16::try_from(arcs).ok()?));
        let arcs = arcs.ok_or_else(|| wrong("arcs"))?;
        let members = fields.get(&b"members"[..]).and_then(Value::as_slice);
        let addresses: Option<Vec<&str>> = members
            .ok_or_else(|| wrong("members"))?
            .iter()
            .map(|member| std::str::from_utf8(member.as_slice()?.get(1)?.as_bytes()?).ok())
            .collect();
        let addresses = addresses
            .filter(|found| !found.is_empty())
            .ok_or_else(|| wrong("members"))?;
        let owners = fields.get(&b"owners"[..]).and_then(Value::as_bytes);
        let owners = owners.and_then(|bytes| read_owners(bytes, arcs, addresses.len()));
        let known = |address: &str| before.nodes.iter().find(|node| &*node.address == address).cloned();
        let nodes = addresses
            .into_iter()
            .map(|address| known(address).unwrap_or_else(|| Node::new(address, Arc::clone(around))));
        Ok(Topology {
            epoch: number("epoch").unwrap_or_default().unsigned_abs(),
            fingerprint: number("fingerprint"),
            arcs: Some(arcs),
            nodes: nodes.collect(),
            owners: owners.ok_or_else(|| wrong("owners"))?,
        })
    }

    pub(crate) fn fingerprint(&self) -> Option<i64> {
        self.fingerprint
    }

    /// The owners of a slot, the acting primary first; none without a map.
    #[inline]
    pub(crate) fn owners(&self, slot: Slot) -> &[u16] {
        self.arcs.map_or(&[], |arcs| &self.owners[arcs.arc_of(slot).index()])
    }

    /// The arc of a slot; 0 without a map.
    #[inline]
    pub(crate) fn arc_of(&self, slot: Slot) -> u16 {
        self.arcs.map_or(0, |arcs| arcs.arc_of(slot).get())
    }

    /// The node to send a command to: the first owner that is asked and was not tried, else any node. Without a slot, any node, beginning with `from`.
    pub(crate) fn choose(&self, slot: Option<Slot>, tried: &[u16], from: usize) -> Option<u16> {
        let owners = slot.map_or(&[][..], |slot| self.owners(slot));
        let count = self.nodes.len();
        let others = (0..count).map(|step| ((from + step) % count) as u16);
        let order = || {
            owners
                .iter()
                .copied()
                .chain(others.clone())
                .filter(|place| !tried.contains(place))
        };
        order()
            .find(|place| self.nodes[usize::from(*place)].is_available())
            .or_else(|| order().next())
    }
}

/// The owners by arc; none if the bytes do not say exactly that.
fn read_owners(mut bytes: &[u8], arcs: ArcCount, nodes: usize) -> Option<Vec<Order>> {
    let mut owners = Vec::with_capacity(usize::from(arcs.get()));
    for _ in arcs.arcs() {
        let (&count, rest) = bytes.split_first()?;
        let (order, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let order = order
            .chunks_exact(2)
            .map(|place| u16::from_le_bytes([place[0], place[1]]));
        let order: Order = order.collect();
        if order.iter().any(|place| usize::from(*place) >= nodes) {
            return None;
        }
        owners.push(order);
        bytes = rest;
    }
    bytes.is_empty().then_some(owners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_only_if_every_byte_makes_sense() {
        let arcs = ArcCount::MIN;
        let mut bytes = [2, 0, 0, 1, 0].repeat(256);
        let owners = read_owners(&bytes, arcs, 2).expect("owners");
        assert_eq!((owners.len(), &owners[255][..]), (256, &[0, 1][..]));
        assert!(read_owners(&bytes, arcs, 1).is_none(), "a place without a node");
        bytes.push(0);
        assert!(read_owners(&bytes, arcs, 2).is_none(), "more than was announced");
        assert!(
            read_owners(&bytes[..bytes.len() - 2], arcs, 2).is_none(),
            "less than was announced"
        );
    }
}
