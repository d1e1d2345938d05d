//! `CLUSTER ADDRESSES entry`: a member says where it is, and is told where all members are. Sent by nodes, on the big port; Circlet's own on both.
//!
//! The answer is an array of entries, as they stand in the topology, but with the addresses that the members themselves have said last. `GONE epoch`: it has left, or was removed.

use crate::command::CommandError;
use crate::node::Node;
use circlet_core::topology::MemberEntry;
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;

/// Runs it.
pub(super) fn addresses(node: &Arc<Node>, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let entry = MemberEntry::from_bytes(&args[2]).map_err(|_| CommandError::Syntax)?;
    let topology = node.topology();
    match topology.index_of(&entry.id).map(|member| topology.member(member)) {
        None => replies.error("ERR this node is none of the cluster's"),
        Some(member) if !member.stage.is_there() => replies.error(&format!("GONE {}", topology.epoch())),
        Some(_) => {
            node.learn_address(entry.id, entry.addresses);
            let entries = node.entries_as_known(&topology);
            replies.array(entries.len());
            entries.iter().for_each(|entry| replies.bulk(&entry.to_bytes()));
        }
    }
    Ok(())
}
