//! `CLUSTER SLOTS`: ranges of slots with their owners, those in front that a client should ask first.

use super::cluster::{in_order, runs};
use crate::node::Node;
use crate::routes::Routes;
use circlet_resp::ReplyBuf;

/// Writes the answer.
pub(super) fn write(node: &Node, routes: &Routes, replies: &mut ReplyBuf) {
    let runs = runs(routes, |arc| in_order(routes, arc));
    replies.array(runs.len());
    for (start, end, owners) in runs {
        replies.array(2 + owners.len());
        replies.integer(i64::from(start));
        replies.integer(i64::from(end));
        for owner in owners {
            let member = routes.member(owner);
            let address = node.cluster_address(owner);
            replies.array(4);
            replies.bulk(address.ip().to_string().as_bytes());
            replies.integer(i64::from(address.port()));
            replies.bulk(member.id.to_string().as_bytes());
            // Networking metadata: no host names.
            replies.array(0);
        }
    }
}
