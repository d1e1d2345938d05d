//! What one batch of commands waits for.
//!
//! ```text
//!   executor --groups, items--> Turn --frames--> links        a session waits on the turn,
//!                                ^                  |          or an incoming link is answered when it is done
//!                                +---- answers -----+
//! ```
//!
//! The commands of a batch run one after the other without waiting; what their replies depend on is collected here: *groups* of
//! commands that need acknowledgements from the same owners at the same level (one `WriteOp` or `ReadOp` for all of them, so
//! that a pipeline of 64 costs one count, not 64), and commands *run elsewhere*. When every group has a verdict and every command
//! run elsewhere its answer, the turn is done. What did not go the common way is left as a [`Problem`] of its part, for the slow
//! path to settle: the common way pays nothing for it.
//!
//! Invariant: `open` is the number of groups without a verdict plus the commands run elsewhere without an answer.

mod group;
mod hedging;
mod problem;
mod sent;
mod waits;

pub(crate) use group::{Group, GroupKind};
pub(crate) use hedging::{Hedge, HedgeFrame, Repairs};
pub(crate) use problem::{MaybeRan, Problem};
pub(crate) use sent::{ItemKind, Loss, Sent, SentItem};
pub(crate) use waits::{NO_GROUP, Waits, WrittenKey};

use crate::learned::LearnedStamps;
use crate::routes::NodeIndex;
use circlet_core::message::Malformed;
use circlet_core::message::batch_reply::BatchReply;
use circlet_ring::ArcId;
use parking_lot::Mutex;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Index of a part (a command, or one key's share of one) in its turn.
pub(crate) type PartIndex = u16;

/// Most parts of one turn: what is more runs in the next one. It bounds what a turn holds, how long its frames are, and how long a
/// command of many keys keeps a thread. A turn a thousand keys costs next to nothing beside a thousand keys.
pub(crate) const PARTS_MAX: PartIndex = 1 << 10;

/// Index of a group in its turn.
pub(crate) type GroupIndex = u16;

/// Who is to know that the turn is done.
pub(crate) trait Finish: Send {
    /// Called once, by whoever brought the last answer, outside of every lock.
    fn finish(self: Box<Self>, turn: &Arc<Turn>);
}

enum Waiter {
    Nobody,
    Session(Waker),
    Peer(Box<dyn Finish>),
}

struct Inner {
    waits: Waits,
    waiter: Waiter,
}

/// See the module's header.
pub(crate) struct Turn {
    inner: Mutex<Inner>,
}

impl Turn {
    /// A turn for what the executor collected; `waits` is left empty.
    pub(crate) fn new(waits: &mut Waits) -> Self {
        Turn {
            inner: Mutex::new(Inner {
                waits: std::mem::take(waits),
                waiter: Waiter::Nobody,
            }),
        }
    }

    /// Takes up new waits in a turn that nobody else holds any more; `waits` gets the old memory, cleared.
    pub(crate) fn reuse(&mut self, waits: &mut Waits) {
        let inner = self.inner.get_mut();
        inner.waiter = Waiter::Nobody;
        std::mem::swap(&mut inner.waits, waits);
        waits.clear();
    }

    /// Looks at, or takes from, what the answers brought.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Waits) -> T) -> T {
        look(&mut self.inner.lock().waits)
    }

    /// A peer answered the frame that [`Waits::sent`] holds at `sent`. Gives what is to be written back to owners, if a read has had its reply before.
    ///
    /// # Errors
    /// [`Malformed`] when the answer does not fit the question; the caller treats the link as lost.
    pub(crate) fn on_answer(
        self: &Arc<Self>,
        sent: usize,
        reply: &BatchReply<'_>,
        learned: &LearnedStamps,
    ) -> Result<Repairs, Malformed> {
        self.change(|waits| {
            if reply.all_fine() {
                if waits.items[waits.sent[sent].items.clone()]
                    .iter()
                    .any(|item| item.kind.is_run())
                {
                    return Err(Malformed("a command was not answered"));
                }
                waits.on_all_fine(sent);
                Ok(Repairs::new())
            } else {
                waits.on_results(sent, reply, learned)
            }
        })
    }

    /// The frame will not be answered, or not in time.
    pub(crate) fn on_loss(self: &Arc<Self>, sent: usize, loss: Loss) {
        self.change(|waits| waits.on_loss(sent, loss));
    }

    /// The peer is late with the frame at `sent`: reads that wait for it are asked of other owners too. `pay` says whether so many may be.
    pub(crate) fn hedge(&self, sent: usize, pay: impl FnOnce(u32) -> bool) -> Hedge {
        self.inner.lock().waits.hedge(sent, pay)
    }

    /// The peer takes long: what can be asked of another peer no longer waits for this one.
    pub(crate) fn on_slow(self: &Arc<Self>, sent: usize) {
        self.change(|waits| {
            let peer = waits.sent[sent].peer;
            waits.on_none_run(sent, MaybeRan::Whenever, true);
            let mut groups = waits.groups_of(sent);
            groups.retain(|group| waits.groups[*group].kind == GroupKind::Read);
            waits.on_groups_failure(groups, peer);
        });
    }

    /// The keys that the frame at `sent` carried deltas of.
    pub(crate) fn written_to(&self, sent: usize, mut each: impl FnMut(NodeIndex, ArcId, &[u8])) {
        let inner = self.inner.lock();
        let waits = &inner.waits;
        let Some(frame) = waits.sent.get(sent) else { return };
        for item in waits.items[frame.items.clone()]
            .iter()
            .filter(|item| item.kind == ItemKind::Apply)
        {
            let first = waits.written.partition_point(|key| key.part < item.part);
            for key in waits.written[first..].iter().take_while(|key| key.part == item.part) {
                each(
                    frame.peer,
                    key.arc,
                    &waits.written_bytes[key.bytes.start as usize..key.bytes.end as usize],
                );
            }
        }
    }

    fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut Waits) -> T) -> T {
        let mut inner = self.inner.lock();
        let was_open = inner.waits.open != 0;
        let result = change(&mut inner.waits);
        let waiter = if was_open && inner.waits.open == 0 {
            std::mem::replace(&mut inner.waiter, Waiter::Nobody)
        } else {
            Waiter::Nobody
        };
        drop(inner);
        match waiter {
            Waiter::Nobody => {}
            Waiter::Session(waker) => waker.wake(),
            Waiter::Peer(finish) => finish.finish(self),
        }
        result
    }

    /// Waits until the turn is done.
    pub(crate) async fn done(&self) {
        std::future::poll_fn(|cx| self.poll_done(cx)).await;
    }

    fn poll_done(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.inner.lock();
        if inner.waits.open == 0 {
            return Poll::Ready(());
        }
        inner.waiter = Waiter::Session(cx.waker().clone());
        Poll::Pending
    }

    /// Has `finish` called when the turn is done: now, if it is.
    pub(crate) fn when_done(self: &Arc<Self>, finish: Box<dyn Finish>) {
        let mut inner = self.inner.lock();
        if inner.waits.open != 0 {
            inner.waiter = Waiter::Peer(finish);
            return;
        }
        drop(inner);
        finish.finish(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_core::stamp::Stamp;
    use circlet_ring::{ArcCount, Slot};

    const PEER: NodeIndex = 1;

    #[test]
    fn the_keys_of_a_frame_are_found_by_their_parts() {
        let mut waits = Waits::default();
        let arc = ArcCount::default().arc_of(Slot::of_key(b"a"));
        for (part, key) in [(0, b"a"), (2, b"b"), (2, b"c"), (3, b"d")] {
            let start = waits.written_bytes.len() as u32;
            waits.written_bytes.extend_from_slice(key);
            let bytes = start..waits.written_bytes.len() as u32;
            waits.written.push(WrittenKey {
                part,
                arc,
                bytes,
                stamp: Stamp::ZERO,
            });
        }
        for part in [2, 3] {
            let kind = ItemKind::Apply;
            waits.items.push(SentItem { part, kind });
        }
        waits.sent.push(Sent::new(PEER, 0..2));
        let turn = Turn::new(&mut waits);
        let mut keys = Vec::new();
        turn.written_to(0, |_, _, key| keys.extend_from_slice(key));
        assert_eq!(keys, b"bcd");
    }
}
