//! What a connection works with while it has commands in hand, shared by all connections of a thread.
//!
//! ```text
//!   connection A   reads -> [kit] -> parses, runs, replies -> gives it back
//!   connection B                                                     reads -> [the same kit] -> ...
//! ```
//!
//! Most connections wait most of the time. Ten thousand of them would each hold a read buffer, a plan and an executor that nobody
//! uses; and of fifty that take turns with one command each, every one would find its own out of the processor's caches. So the
//! kit that was used last is used next. A connection that waits for other nodes keeps its kit meanwhile: there are as many kits
//! as connections with commands in hand. What was read of a command that is not complete stays with its connection.
//!
//! Refused: one kit a thread, borrowed for the length of a poll: what a batch holds while it waits would have to be moved out first.

use super::batch::Workbench;
use circlet_resp::{Batch, ReplyBuf};
use std::cell::RefCell;

/// Kits that a thread keeps for the next commands. Raising it saves allocations where more connections wait for other nodes at
/// once, and costs some kilobytes each.
const IDLE_MAX: usize = 64;

/// A read buffer or replies longer than this are not kept, in bytes.
pub(super) const KEPT_BYTES_MAX: usize = 64 << 10;

thread_local! {
    #[expect(clippy::vec_box, reason = "a kit is lent and given back: moving a pointer is cheaper than moving it")]
    static IDLE: RefCell<Vec<Box<Kit>>> = const { RefCell::new(Vec::new()) };
}

/// See the module's header.
#[derive(Default)]
pub(super) struct Kit {
    /// What was read and not yet parsed.
    pub(super) buffer: Vec<u8>,
    pub(super) batch: Batch,
    pub(super) bench: Workbench,
    /// Empty; for replies to grow in.
    pub(super) replies: ReplyBuf,
}

impl Kit {
    /// The kit that this thread used last, or a new one.
    pub(super) fn take() -> Box<Kit> {
        IDLE.with_borrow_mut(Vec::pop).unwrap_or_default()
    }

    /// Gives a kit back whose commands are all done.
    pub(super) fn give_back(mut self: Box<Self>) {
        debug_assert!(
            self.buffer.is_empty() && self.replies.is_empty() && self.bench.plan.is_done(),
            "a kit is given back when nothing is left to do"
        );
        if self.buffer.capacity() > KEPT_BYTES_MAX {
            self.buffer = Vec::new();
        }
        IDLE.with_borrow_mut(|idle| {
            if idle.len() < IDLE_MAX {
                idle.push(self);
            }
        });
    }
}
