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
//! The thread that ends a wait is often another than the one that began it, and for long stretches the same one: it would collect kits while the other makes
//! new ones. So what a thread has too many of goes where all look before they make one.
//!
//! Refused: one kit a thread, borrowed for the length of a poll: what a batch holds while it waits would have to be moved out first.

use super::batch::Workbench;
use circlet_resp::{Batch, ReplyBuf};
use parking_lot::Mutex;
use std::cell::RefCell;

/// Kits that a thread keeps for its next commands. What exceeds this is there for all threads.
const IDLE_MAX: usize = 8;

/// Kits that are kept for all threads. Raising it saves allocations where more connections wait for other nodes at once, and costs some
/// kilobytes each.
const SHARED_MAX: usize = 128;

/// A read buffer or replies longer than this are not kept, in bytes.
pub(super) const KEPT_BYTES_MAX: usize = 64 << 10;

thread_local! {
    #[expect(clippy::vec_box, reason = "a kit is lent and given back: moving a pointer is cheaper than moving it")]
    static IDLE: RefCell<Vec<Box<Kit>>> = const { RefCell::new(Vec::new()) };
}

#[expect(clippy::vec_box, reason = "as above")]
static SHARED: Mutex<Vec<Box<Kit>>> = Mutex::new(Vec::new());

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
    /// The kit that this thread used last, or one that no thread uses, or a new one.
    pub(super) fn take() -> Box<Kit> {
        let idle = IDLE.with_borrow_mut(Vec::pop);
        idle.or_else(|| SHARED.lock().pop()).unwrap_or_default()
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
        let surplus = IDLE.with_borrow_mut(|idle| {
            if idle.len() < IDLE_MAX {
                idle.push(self);
                None
            } else {
                Some(self)
            }
        });
        let Some(surplus) = surplus else { return };
        let mut shared = SHARED.lock();
        if shared.len() < SHARED_MAX {
            shared.push(surplus);
        }
    }
}
