//! What went to which peer.

use super::PartIndex;
use crate::routes::NodeIndex;
use std::ops::Range;

/// What an item of a frame asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Apply,
    Check,
    Fetch,
    Run {
        /// Running it twice does no harm: it reads, or sets a whole value.
        repeatable: bool,
    },
}

impl ItemKind {
    pub(crate) fn is_run(self) -> bool {
        matches!(self, ItemKind::Run { .. })
    }
}

/// One item of a frame, and the part it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SentItem {
    pub(crate) part: PartIndex,
    pub(crate) kind: ItemKind,
}

/// One frame of a turn.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) peer: NodeIndex,
    /// Where its items stand in `Waits::items`.
    pub(crate) items: Range<usize>,
    /// Where the items' bytes stand in `Waits::kept`; empty if they are not kept.
    pub(crate) kept: Range<u32>,
}

impl Sent {
    /// One whose bytes are not kept.
    pub(crate) fn new(peer: NodeIndex, items: Range<usize>) -> Self {
        let kept = 0..0;
        Sent { peer, items, kept }
    }
}

/// Why a frame is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It never left: the peer has not seen it.
    NotSent,
    /// The peer ended the link, as the system does for one that was killed: it may have seen it, and will not do it from now on.
    Died,
    /// This node ended the link: the peer may have seen it, or see it yet, should it only stand still.
    Broken,
    /// The deadline passed: the peer may have seen it.
    TimedOut,
}
