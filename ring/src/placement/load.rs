//! What a placement gives to one node.

use super::Share;

/// How much one node has in a placement, and how much would be fair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// The arcs that it owns.
    pub owned: u32,
    /// The arcs that it would own if arcs could be divided: by weight, within what zones allow. `owned` is at most
    /// 1.05 times that, rounded up.
    pub owned_fair: Share,
    /// The arcs that it is primary of.
    pub primary: u32,
    /// The arcs that it would be primary of if arcs could be divided: by weight. `primary` is at most 1.05 times that, rounded up,
    /// unless the owners allow no such choice.
    pub primary_fair: Share,
}
