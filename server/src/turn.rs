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
mod problem;
mod sent;

pub(crate) use group::{Group, GroupKind};
pub(crate) use problem::Problem;
pub(crate) use sent::{ItemKind, Loss, Sent, SentItem};

use crate::routes::NodeIndex;
use circlet_core::message::Malformed;
use circlet_core::message::batch_reply::{BatchReply, ItemResult};
use circlet_core::quorum::Verdict;
use circlet_ring::ArcId;
use parking_lot::Mutex;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Index of a part (a command, or one key's share of one) in its batch.
pub(crate) type PartIndex = u16;

/// A key that the turn writes: what becomes a hint for an owner that does not acknowledge.
#[derive(Debug, Clone)]
pub(crate) struct WrittenKey {
    pub(crate) part: PartIndex,
    pub(crate) arc: ArcId,
    pub(crate) bytes: Range<u32>,
}

/// Who is to know that the turn is done.
pub(crate) trait Finish: Send {
    /// Called once, by whoever brought the last answer, outside of every lock.
    fn finish(self: Box<Self>, turn: &Arc<Turn>);
}

/// What the executor collects and the answers change.
#[derive(Default)]
pub(crate) struct Waits {
    pub(crate) groups: Vec<Group>,
    /// The group of each part; [`NO_GROUP`] for one that waits for nothing, [`ELSEWHERE`] for one that runs elsewhere.
    pub(crate) part_groups: Vec<u16>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) items: Vec<SentItem>,
    pub(crate) written: Vec<WrittenKey>,
    pub(crate) written_bytes: Vec<u8>,
    pub(crate) problems: Vec<(PartIndex, Problem)>,
    /// Replies of commands run elsewhere, in the order of their arrival.
    pub(crate) replies: Vec<u8>,
    pub(crate) replied: Vec<(PartIndex, Range<u32>)>,
    pub(crate) open: usize,
}

/// A part that waits for nothing.
pub(crate) const NO_GROUP: u16 = u16::MAX;
/// A part that runs on another node, which has not answered.
pub(crate) const ELSEWHERE: u16 = u16::MAX - 1;

impl Waits {
    /// Forgets everything, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.groups.clear();
        self.part_groups.clear();
        self.sent.clear();
        self.items.clear();
        self.written.clear();
        self.written_bytes.clear();
        self.problems.clear();
        self.replies.clear();
        self.replied.clear();
        self.open = 0;
    }

    fn problem(&mut self, part: PartIndex, problem: Problem) {
        if !self.problems.iter().any(|(known, _)| *known == part) {
            self.problems.push((part, problem));
        }
    }

    fn on_all_fine(&mut self, peer: NodeIndex) {
        for group in 0..self.groups.len() {
            self.change_group(group, |group| group.on_ack(peer));
        }
    }

    /// Changes a group; says whether that gave it its verdict.
    fn change_group(&mut self, index: usize, change: impl FnOnce(&mut Group)) -> bool {
        let group = &mut self.groups[index];
        let was_pending = group.verdict() == Verdict::Pending;
        change(group);
        let decided = was_pending && group.verdict() != Verdict::Pending;
        self.open -= usize::from(decided);
        decided
    }

    fn on_group_failure(&mut self, index: usize, peer: NodeIndex) {
        if !self.change_group(index, |group| group.on_failure(peer)) {
            return;
        }
        let problem = self.groups[index].problem();
        for part in 0..self.part_groups.len() {
            if usize::from(self.part_groups[part]) == index {
                self.problem(part as PartIndex, problem);
            }
        }
    }

    fn groups_of(&self, sent: usize) -> Vec<usize> {
        let mut groups: Vec<usize> = self.items[self.sent[sent].items()]
            .iter()
            .map(|item| usize::from(self.part_groups[usize::from(item.part)]))
            .filter(|group| *group < self.groups.len())
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    fn on_results(&mut self, sent: usize, reply: &BatchReply<'_>) -> Result<(), Malformed> {
        let peer = self.sent[sent].peer;
        let items = self.sent[sent].items();
        if reply.count as usize != items.len() {
            return Err(Malformed("an answer with another number of results"));
        }
        let mut refused = Vec::new();
        for (at, result) in items.zip(reply.results()) {
            let item = self.items[at];
            match (item.kind, result?) {
                (_, ItemResult::Fine) => {}
                (ItemKind::Run { .. }, ItemResult::Reply(bytes)) => self.on_reply(item.part, bytes),
                (ItemKind::Run { .. }, _) => self.on_not_run(item.part, false),
                (ItemKind::Apply, ItemResult::State { .. }) => self.problem(item.part, Problem::Superseded),
                (ItemKind::Check, ItemResult::State { .. } | ItemResult::Absent) => {
                    self.problem(item.part, Problem::Differs);
                }
                (ItemKind::Fetch, _) => {}
                (_, _) => refused.push(usize::from(self.part_groups[usize::from(item.part)])),
            }
        }
        for group in self.groups_of(sent) {
            if refused.contains(&group) {
                self.on_group_failure(group, peer);
            } else {
                self.change_group(group, |group| group.on_ack(peer));
            }
        }
        Ok(())
    }

    fn on_reply(&mut self, part: PartIndex, bytes: &[u8]) {
        if std::mem::replace(&mut self.part_groups[usize::from(part)], NO_GROUP) != ELSEWHERE {
            return;
        }
        let start = self.replies.len() as u32;
        self.replies.extend_from_slice(bytes);
        self.replied.push((part, start..self.replies.len() as u32));
        self.open -= 1;
    }

    fn on_not_run(&mut self, part: PartIndex, maybe_ran: bool) {
        if std::mem::replace(&mut self.part_groups[usize::from(part)], NO_GROUP) == ELSEWHERE {
            self.open -= 1;
            self.problem(part, Problem::RunElsewhere { maybe_ran });
        }
    }

    /// The peer will not run what it was asked to, or not in time.
    fn on_none_run(&mut self, sent: usize, maybe_ran: bool, only_repeatable: bool) {
        for at in self.sent[sent].items() {
            let SentItem { part, kind } = self.items[at];
            if kind == (ItemKind::Run { repeatable: true }) || (kind.is_run() && !only_repeatable) {
                self.on_not_run(part, maybe_ran);
            }
        }
    }

    fn on_loss(&mut self, sent: usize, loss: Loss) {
        let peer = self.sent[sent].peer;
        self.on_none_run(sent, loss != Loss::NotSent, false);
        for group in self.groups_of(sent) {
            self.on_group_failure(group, peer);
        }
    }
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

    /// A peer answered the frame that [`Waits::sent`] holds at `sent`.
    ///
    /// # Errors
    /// [`Malformed`] when the answer does not fit the question; the caller treats the link as lost.
    pub(crate) fn on_answer(self: &Arc<Self>, sent: usize, reply: &BatchReply<'_>) -> Result<(), Malformed> {
        self.change(|waits| {
            if reply.all_fine() {
                let peer = waits.sent[sent].peer;
                if waits.items[waits.sent[sent].items()]
                    .iter()
                    .any(|item| item.kind.is_run())
                {
                    return Err(Malformed("a command was not answered"));
                }
                waits.on_all_fine(peer);
                Ok(())
            } else {
                waits.on_results(sent, reply)
            }
        })
    }

    /// The frame will not be answered, or not in time.
    pub(crate) fn on_loss(self: &Arc<Self>, sent: usize, loss: Loss) {
        self.change(|waits| waits.on_loss(sent, loss));
    }

    /// The peer takes long: what can be asked of another peer no longer waits for this one.
    pub(crate) fn on_slow(self: &Arc<Self>, sent: usize) {
        self.change(|waits| {
            let peer = waits.sent[sent].peer;
            waits.on_none_run(sent, true, true);
            for group in waits.groups_of(sent) {
                if waits.groups[group].kind == GroupKind::Read {
                    waits.on_group_failure(group, peer);
                }
            }
        });
    }

    /// The keys that the frame at `sent` carried deltas of.
    pub(crate) fn written_to(&self, sent: usize, mut each: impl FnMut(NodeIndex, ArcId, &[u8])) {
        let inner = self.inner.lock();
        let waits = &inner.waits;
        let Some(frame) = waits.sent.get(sent) else { return };
        for item in waits.items[frame.items()]
            .iter()
            .filter(|item| item.kind == ItemKind::Apply)
        {
            for key in waits.written.iter().filter(|key| key.part == item.part) {
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
