//! `CLUSTER NODES`: a line a member, with the slots that it is the acting primary of.

use super::cluster::{acting, runs};
use crate::node::Node;
use crate::routes::{NodeIndex, Routes, index};
use circlet_core::membership::MemberState;
use std::fmt::Write as _;

/// The lines.
pub(super) fn lines(node: &Node, routes: &Routes) -> String {
    let runs = runs(routes, |arc| acting(routes, arc));
    let mut lines = String::new();
    for member in routes.view.topology().present() {
        let entry = routes.view.topology().member(member);
        let number: NodeIndex = index(member);
        let at = node.cluster_address(number);
        let state = if number == routes.me {
            MemberState::Alive
        } else {
            routes.view.member(member).state
        };
        let (flags, link) = words(number == routes.me, state);
        // Writing to a string does not fail.
        let _ = write!(
            lines,
            "{} {}:{}@{} {flags} - 0 0 {} {link}",
            entry.id,
            at.ip(),
            at.port(),
            entry.addresses.peer.port(),
            routes.epoch,
        );
        for (start, end, _) in runs.iter().filter(|(_, _, acting)| *acting == number) {
            let _ = if start == end {
                write!(lines, " {start}")
            } else {
                write!(lines, " {start}-{end}")
            };
        }
        lines.push('\n');
    }
    lines
}

/// A member's flags, and the state of the link to it.
fn words(is_me: bool, state: MemberState) -> (&'static str, &'static str) {
    match (is_me, state) {
        (true, _) => ("myself,master", "connected"),
        (_, MemberState::Alive) => ("master", "connected"),
        (_, MemberState::Suspect) => ("master,fail?", "connected"),
        (_, MemberState::Down) => ("master,fail", "disconnected"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_shown_as_gossip_sees_it() {
        assert_eq!(words(true, MemberState::Alive).0, "myself,master");
        assert_eq!(words(false, MemberState::Suspect).0, "master,fail?");
        assert_eq!(words(false, MemberState::Down), ("master,fail", "disconnected"));
    }
}
