//! `CLUSTER RING`: the topology in force on this node, whole: what pictures of the ring are drawn from. Circlet's own, on both ports.
//!
//! | field | what it is |
//! |---|---|
//! | `epoch`, `forced-recoveries` | its version, and how many times it was forced on the cluster without a majority |
//! | `name` | the cluster's name in this node's configuration |
//! | `replicas`, `read-level`, `write-level` | what holds for the cluster |
//! | `members` | a map each, in the order of joining: `node`, `address`, `stage` (`joining`, `active`, `leaving`, `left`, `removed`), `state` (as SWIM sees it), `zone`, `weight`, `voter` (0 or 1) |
//! | `owners` | for each arc its owners in preference order, as indexes into `members` |
//! | `moves` | a map for each arc that moves: `arc`, `stage`, `to` (indexes) |
//! | `draining` | a map for each arc that has former owners: `arc`, `from` (indexes) |
//! | `waiting` | the arcs that are to have other owners, and do not move yet |

use crate::node::Node;
use crate::routes::index;
use circlet_core::register::forced_recoveries;
use circlet_core::topology::{ArcOwners, MemberEntry, OwnerList, Topology};
use circlet_resp::ReplyBuf;
use circlet_ring::ArcId;

/// Writes the answer.
pub(super) fn write(node: &Node, replies: &mut ReplyBuf) {
    let routes = node.routes.load();
    let topology = routes.view.topology();
    let settings = topology.settings();
    replies.map(11);
    number(replies, b"epoch", topology.epoch().get().cast_signed());
    number(
        replies,
        b"forced-recoveries",
        forced_recoveries(topology.epoch()).cast_signed(),
    );
    text(replies, b"name", &node.config.current().cluster.name);
    number(replies, b"replicas", settings.replicas.into());
    text(replies, b"read-level", settings.read.word());
    text(replies, b"write-level", settings.write.word());
    replies.bulk(b"members");
    replies.array(topology.members().len());
    for member in topology.indexes() {
        let state = if index(member) == routes.me {
            "alive".to_owned()
        } else {
            routes.view.member(member).state.to_string()
        };
        write_member(
            replies,
            topology.member(member),
            &state,
            topology.voters().contains(&member),
        );
    }
    replies.bulk(b"owners");
    replies.array(usize::from(settings.arcs.get()));
    for (_, arc) in arcs(topology) {
        indexes(replies, &arc.owners);
    }
    write_moves(topology, &node.waiting_arcs(topology), replies);
}

fn write_moves(topology: &Topology, waiting: &[ArcId], replies: &mut ReplyBuf) {
    replies.bulk(b"moves");
    replies.array(arcs(topology).filter(|(_, arc)| arc.moving.is_some()).count());
    for (id, moving) in arcs(topology).filter_map(|(id, arc)| Some((id, arc.moving?))) {
        replies.map(3);
        number(replies, b"arc", id.get().into());
        text(replies, b"stage", &moving.stage.to_string());
        replies.bulk(b"to");
        indexes(replies, &moving.to);
    }
    replies.bulk(b"draining");
    replies.array(arcs(topology).filter(|(_, arc)| !arc.draining.is_empty()).count());
    for (id, arc) in arcs(topology).filter(|(_, arc)| !arc.draining.is_empty()) {
        replies.map(2);
        number(replies, b"arc", id.get().into());
        replies.bulk(b"from");
        indexes(replies, &arc.draining);
    }
    replies.bulk(b"waiting");
    replies.array(waiting.len());
    waiting.iter().for_each(|arc| replies.integer(arc.get().into()));
}

fn arcs(topology: &Topology) -> impl Iterator<Item = (ArcId, &ArcOwners)> {
    topology.settings().arcs.arcs().map(|arc| (arc, topology.arc(arc)))
}

fn write_member(replies: &mut ReplyBuf, member: &MemberEntry, state: &str, is_voter: bool) {
    replies.map(7);
    text(replies, b"node", &member.id.to_string());
    text(replies, b"address", &member.addresses.client.to_string());
    text(replies, b"stage", &member.stage.to_string());
    text(replies, b"state", state);
    text(replies, b"zone", member.zone.as_str());
    text(replies, b"weight", &member.weight.to_string());
    number(replies, b"voter", is_voter.into());
}

fn indexes(replies: &mut ReplyBuf, members: &OwnerList) {
    replies.array(members.len());
    members.iter().for_each(|member| replies.integer(member.get() as i64));
}

fn number(replies: &mut ReplyBuf, name: &[u8], figure: i64) {
    replies.bulk(name);
    replies.integer(figure);
}

fn text(replies: &mut ReplyBuf, name: &[u8], text: &str) {
    replies.bulk(name);
    replies.bulk(text.as_bytes());
}
