//! `CLUSTER TOPOLOGY [known-fingerprint]`: who owns which arc, for clients that go straight to the owners. Circlet's own, on both ports.
//!
//! | field | what it is |
//! |---|---|
//! | `fingerprint` | of all that follows, as this node sees it now |
//! | `epoch` | of the topology in force on this node |
//! | `arcs` | how many there are, of equally many slots each |
//! | `members` | of each: its id, its address for clients, its address for Redis Cluster clients |
//! | `owners` | of each arc: how many (a byte), then their places among the members (two bytes each, little endian), in the order in which to ask them |
//!
//! To one who knows this fingerprint the answer is nothing: that is what a client that asks every few seconds costs. *Refused:* `CLUSTER SLOTS` for
//! that: 140 KB each time at 1024 arcs, no epoch, and on the Redis Cluster port only.

use super::cluster::in_order;
use crate::command::CommandError;
use crate::command::pure::number::integer;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes, index};
use circlet_resp::{Args, ReplyBuf};
use xxhash_rust::xxh3::xxh3_64;

/// Writes the answer.
pub(super) fn write(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let known = args.get(2).map(integer).transpose()?;
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let routes = node.routes.load();
    let members: Vec<NodeIndex> = routes.view.topology().present().map(index).collect();
    let lines: Vec<[String; 3]> = members
        .iter()
        .map(|member| {
            let at = node.cluster_address(*member);
            let client = (at.ip(), routes.member(*member).addresses.client.port());
            let client = std::net::SocketAddr::from(client).to_string();
            [routes.member(*member).id.to_string(), client, at.to_string()]
        })
        .collect();
    let owners = owners(&routes, &members);
    let fingerprint = fingerprint(routes.epoch, &lines, &owners);
    if known == Some(fingerprint) {
        replies.null();
        return Ok(());
    }
    replies.map(5);
    for (name, value) in [
        ("fingerprint", fingerprint),
        ("epoch", routes.epoch as i64),
        ("arcs", i64::from(routes.arcs().get())),
    ] {
        replies.bulk(name.as_bytes());
        replies.integer(value);
    }
    replies.bulk(b"members");
    replies.array(lines.len());
    for line in &lines {
        replies.array(line.len());
        line.iter().for_each(|text| replies.bulk(text.as_bytes()));
    }
    replies.bulk(b"owners");
    replies.bulk(&owners);
    Ok(())
}

fn owners(routes: &Routes, members: &[NodeIndex]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for arc in routes.arcs().arcs() {
        let places = in_order(routes, arc)
            .into_iter()
            .filter_map(|owner| members.iter().position(|member| *member == owner));
        let start = bytes.len();
        bytes.push(0);
        for place in places {
            bytes[start] += 1;
            bytes.extend_from_slice(&(place as u16).to_le_bytes());
        }
    }
    bytes
}

fn fingerprint(epoch: u64, lines: &[[String; 3]], owners: &[u8]) -> i64 {
    let mut bytes = epoch.to_le_bytes().to_vec();
    for text in lines.iter().flatten() {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes.extend_from_slice(owners);
    xxh3_64(&bytes).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_client_would_do_differently_changes_the_fingerprint() {
        let lines = |port: &str| [["a".to_owned(), format!("127.0.0.1:{port}"), "127.0.0.1:7101".to_owned()]];
        let base = fingerprint(1, &lines("7001"), &[1, 0, 0]);
        assert_eq!(base, fingerprint(1, &lines("7001"), &[1, 0, 0]));
        assert_ne!(base, fingerprint(2, &lines("7001"), &[1, 0, 0]), "another epoch");
        assert_ne!(base, fingerprint(1, &lines("7002"), &[1, 0, 0]), "another address");
        assert_ne!(base, fingerprint(1, &lines("7001"), &[1, 1, 0]), "another owner");
    }
}
