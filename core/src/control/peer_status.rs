//! A node's word about itself, to its peers.

use crate::arc_bitmap::ArcBitmap;
use crate::life::Life;
use crate::time::WallMs;
use crate::topology::Epoch;

/// What a node says of its present life, to everyone that it has a link with: when the link comes up, when it changes, and every
/// second; every five in clusters of hundreds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerStatus {
    /// The life that it is about. What was said of an earlier one is void.
    pub life: Life,
    /// The epoch that it has installed: it refuses what names another one.
    pub epoch: Epoch,
    /// The arcs that it has drained: of those that it owns after a move, or is about to, compared with enough of the former owners.
    pub drained: ArcBitmap,
    /// The arcs that it has caught up on.
    pub caught_up: ArcBitmap,
    /// Its clock when it said so.
    pub wall: WallMs,
    /// Whether it believes its own clock; if not, it must not be chosen as coordinator.
    pub clock_believed: bool,
}
