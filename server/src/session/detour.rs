//! A command's way round a node that this one does not reach.
//!
//! Two nodes may not reach each other while a third reaches both. Then the one cannot forward what the other coordinates; and it does not take the arc over,
//! since the third, which it would have to compare with, holds the other one for the coordinator, as it should. So it gives the command to the third, which
//! passes it on:
//!
//! ```text
//!   client --> asker  ...  coordinator
//!                 \        /
//!                  \--> passer          told to pass it on (`RunHow::pass_on`), which it does once
//! ```
//!
//! Whoever runs it is the coordinator, by its own view and under its own rules, and each hop is what a forwarded command is: what may have been sent and is
//! not safe to repeat is not sent again.

use super::caller::{Caller, Door};
use crate::node::Node;
use crate::routes::{self, NodeIndex, Routes};
use circlet_ring::ArcId;
use std::time::Duration;

/// A member that lives, and has been without a link for so long, is cut off from this node and not from all. Raising it: when that begins, commands wait
/// longer. Lowering it: a command for a node that has just died, which not all have noticed, is given to one of those, and may be lost there.
const CUT: Duration = Duration::from_millis(500);

/// Whom to give a command to that has found no coordinator here, in this many tries.
pub(super) fn next(node: &Node, routes: &Routes, caller: &Caller, arc: ArcId, tries: u32) -> Option<NodeIndex> {
    let route = routes.arc(arc);
    if caller.door == Door::Peer {
        let is_to_pass = caller.passes_on && tries == 1;
        return route
            .coordinator
            .filter(|coordinator| is_to_pass && *coordinator != routes.me);
    }
    // First as ever, and every other time again.
    if !tries.is_multiple_of(2) {
        return None;
    }
    let owners = routes.owners(route);
    let mut members = routes.view.topology().indexes();
    let is_cut = members.any(|member| {
        let owner = routes::index(member);
        owners.missing.contains(&owner)
            && routes.view.member(member).state.is_up()
            && node.links[owner].has_been_down_for(CUT)
    });
    if !is_cut {
        return None;
    }
    let up = node.links.iter().filter(|link| link.is_up()).map(|link| link.peer);
    let passers: Vec<NodeIndex> = if owners.reachable.is_empty() {
        up.collect()
    } else {
        owners.reachable.to_vec()
    };
    let turn = (tries / 2 - 1) as usize;
    passers.get(turn.checked_rem(passers.len())?).copied()
}
