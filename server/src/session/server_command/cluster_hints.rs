//! `CLUSTER HINTS`: the owners that missed writes, and what is held for each of them until it is back. Circlet's own, on both ports:
//! on one-big-Redis of the whole cluster, on Redis Cluster of this node.
//!
//! One map for each absent owner:
//!
//! | field | what it is |
//! |---|---|
//! | `node` | the id of the owner |
//! | `address` | where it takes clients, when it is there |
//! | `keys` | keys that it missed writes of, one for each coordinator of theirs |
//! | `bytes` | their bytes, each key with 32 more for its place |
//! | `dirty-arcs` | arcs that are compared as a whole, because too many of their keys were missed |
//! | `oldest-ms` | milliseconds for which the owner has been missing writes: no hint is older |
//! | `holders` | nodes that hold them |
//!
//! A node that cannot be reached is not asked: what it holds is not in the sums.

use super::super::caller::Door;
use super::super::everyone::ask;
use crate::node::Node;
use circlet_resp::{ReplyBuf, Value};
use circlet_ring::NodeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is held for one owner, on all nodes that were asked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Held {
    keys: i64,
    bytes: i64,
    dirty_arcs: i64,
    oldest_ms: i64,
    holders: i64,
}

/// Writes the answer.
pub(super) async fn write(node: &Arc<Node>, door: Door, replies: &mut ReplyBuf) {
    let routes = node.routes.load_full();
    let is_asked = |member| door != Door::Cluster && node.links[member].is_up();
    let asked = (0..node.links.len() as u16).filter(|member| *member == routes.me || is_asked(*member));
    let shares = ask(
        node,
        &routes,
        asked.map(|member| (member, vec![&b"HINTS"[..]])).collect(),
    )
    .await;
    let held = sum(shares.into_iter().flatten());
    replies.array(held.len());
    for (owner, held) in held {
        let address = node.index_of(owner).map(|owner| node.member(owner).addresses.client);
        replies.map(7);
        replies.bulk(b"node");
        replies.bulk(owner.to_string().as_bytes());
        replies.bulk(b"address");
        replies.bulk(address.map_or(String::new(), |at| at.to_string()).as_bytes());
        for (name, figure) in [
            ("keys", held.keys),
            ("bytes", held.bytes),
            ("dirty-arcs", held.dirty_arcs),
            ("oldest-ms", held.oldest_ms),
            ("holders", held.holders),
        ] {
            replies.bulk(name.as_bytes());
            replies.integer(figure);
        }
    }
}

/// The shares of the nodes, by owner.
fn sum(shares: impl Iterator<Item = Value>) -> BTreeMap<NodeId, Held> {
    let mut sums: BTreeMap<NodeId, Held> = BTreeMap::new();
    for share in shares {
        for entry in share.as_slice().unwrap_or_default() {
            let Some([owner, figures @ ..]) = entry.as_slice() else {
                continue;
            };
            let owner = owner
                .as_bytes()
                .and_then(|id| std::str::from_utf8(id).ok()?.parse().ok());
            let figures: Option<Vec<i64>> = figures.iter().map(Value::as_integer).collect();
            let (Some(owner), Some(&[keys, bytes, dirty_arcs, oldest_ms])) = (owner, figures.as_deref()) else {
                continue;
            };
            let held = sums.entry(owner).or_default();
            held.keys += keys;
            held.bytes += bytes;
            held.dirty_arcs += dirty_arcs;
            held.oldest_ms = held.oldest_ms.max(oldest_ms);
            held.holders += 1;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_resp::ReplyParser;

    const A: NodeId = NodeId::from_bytes([10; 20]);
    const B: NodeId = NodeId::from_bytes([11; 20]);

    fn share(entries: &[(NodeId, [i64; 4])]) -> Value {
        let mut reply = ReplyBuf::default();
        reply.array(entries.len());
        for (owner, figures) in entries {
            reply.array(5);
            reply.bulk(owner.to_string().as_bytes());
            figures.iter().for_each(|figure| reply.integer(*figure));
        }
        let parsed = ReplyParser::default().parse(&reply.take()).expect("a reply");
        parsed.value.expect("a whole one")
    }

    #[test]
    fn what_several_nodes_hold_for_an_owner_is_added_up_and_the_oldest_counts() {
        let shares = [
            share(&[(A, [1, 40, 0, 900])]),
            share(&[(A, [2, 80, 3, 100]), (B, [5, 200, 0, 7])]),
            share(&[]),
        ];
        let sums = sum(shares.into_iter());
        let held = |keys, bytes, dirty_arcs, oldest_ms, holders| Held {
            keys,
            bytes,
            dirty_arcs,
            oldest_ms,
            holders,
        };
        assert_eq!(sums[&A], held(3, 120, 3, 900, 2));
        assert_eq!(sums[&B], held(5, 200, 0, 7, 1));
        assert_eq!(sums.len(), 2);
    }
}
