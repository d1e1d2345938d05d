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
pub(crate) use problem::{MaybeRan, Problem};
pub(crate) use sent::{ItemKind, Loss, Sent, SentItem};

use crate::learned::LearnedStamps;
use crate::routes::NodeIndex;
use circlet_core::message::Malformed;
use circlet_core::message::batch_reply::{BatchReply, ItemResult, Refusal};
use circlet_core::quorum::Verdict;
use circlet_core::stamp::Stamp;
use circlet_ring::ArcId;
use parking_lot::Mutex;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Index of a part (a command, or one key's share of one) in its turn.
pub(crate) type PartIndex = u16;

/// Most parts of one turn: what is more runs in the next one. It bounds what a turn holds, how long its frames are, and how long a
/// command of many keys keeps a thread. A turn a thousand keys costs next to nothing beside a thousand keys.
pub(crate) const PARTS_MAX: PartIndex = 1 << 10;

/// Index of a group in its turn.
pub(crate) type GroupIndex = u16;

/// A key that the turn writes: what becomes a hint for an owner that does not acknowledge.
#[derive(Debug, Clone)]
pub(crate) struct WrittenKey {
    pub(crate) part: PartIndex,
    pub(crate) arc: ArcId,
    /// The greatest stamp of the delta.
    pub(crate) stamp: Stamp,
    /// Where it stands in `Waits::written_bytes`. 32 bits are enough: all keys of a turn stand in one buffer of a session, whose
    /// positions have no more.
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
    pub(crate) part_groups: Vec<GroupIndex>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) items: Vec<SentItem>,
    // Invariant: in the order of the parts.
    pub(crate) written: Vec<WrittenKey>,
    pub(crate) written_bytes: Vec<u8>,
    /// Of a part that has several, the first one counts.
    pub(crate) problems: Vec<(PartIndex, Problem)>,
    /// Replies of commands run elsewhere, in the order of their arrival.
    pub(crate) replies: Vec<u8>,
    pub(crate) replied: Vec<(PartIndex, Range<usize>)>,
    pub(crate) open: usize,
}

/// A part that waits for nothing.
pub(crate) const NO_GROUP: GroupIndex = GroupIndex::MAX;
/// A part that runs on another node, which has not answered.
const ELSEWHERE: GroupIndex = GroupIndex::MAX - 1;

// A part begins one group at most.
const _: () = assert!(PARTS_MAX < ELSEWHERE);

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

    /// A part waits for what another node answers.
    pub(crate) fn run_elsewhere(&mut self, part: PartIndex) {
        self.part_groups[usize::from(part)] = ELSEWHERE;
        self.open += 1;
    }

    /// A part waits for what no part before it waits for.
    pub(crate) fn begin_group(&mut self, part: PartIndex, group: Group) {
        self.open += usize::from(group.verdict() == Verdict::Pending);
        self.groups.push(group);
        self.join_group(part, self.groups.len() - 1);
    }

    /// A part waits for what a part before it waits for.
    ///
    /// # Panics
    /// If there are more groups than parts.
    pub(crate) fn join_group(&mut self, part: PartIndex, group: usize) {
        match GroupIndex::try_from(group) {
            Ok(group) if group < PARTS_MAX => self.part_groups[usize::from(part)] = group,
            _ => unreachable!("a part begins one group at most, and a turn has {PARTS_MAX} parts at most"),
        }
    }

    fn problem(&mut self, part: PartIndex, problem: Problem) {
        self.problems.push((part, problem));
    }

    /// The problems, in the order of the parts, each part's first one. What was there is forgotten.
    pub(crate) fn take_problems(&mut self, into: &mut Vec<(PartIndex, Problem)>) {
        std::mem::swap(&mut self.problems, into);
        self.problems.clear();
        // Keeps the order of those of one part.
        into.sort_by_key(|(part, _)| *part);
        into.dedup_by_key(|(part, _)| *part);
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

    /// A peer fails these groups; their parts are gone through once for all of them.
    fn on_groups_failure(&mut self, mut groups: Vec<usize>, peer: NodeIndex) {
        groups.retain(|group| self.change_group(*group, |group| group.on_failure(peer)));
        if groups.is_empty() {
            return;
        }
        for (part, group) in (0..=PartIndex::MAX).zip(&self.part_groups) {
            let group = usize::from(*group);
            if groups.binary_search(&group).is_ok() {
                self.problems.push((part, self.groups[group].problem()));
            }
        }
    }

    /// The groups of a frame's parts, in order, each once.
    fn groups_of(&self, sent: usize) -> Vec<usize> {
        let parts = self.items[self.sent[sent].items.clone()].iter().map(|item| item.part);
        self.groups_of_parts(parts)
    }

    fn groups_of_parts(&self, parts: impl Iterator<Item = PartIndex>) -> Vec<usize> {
        let mut groups: Vec<usize> = parts
            .map(|part| usize::from(self.part_groups[usize::from(part)]))
            .filter(|group| *group < self.groups.len())
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// Whether a delta lost to something newer that this node did not know when it was made. If not, it was overtaken by a later one
    /// of this node's own on the way, which is as good as merged.
    fn is_superseded(&self, part: PartIndex, key: &[u8], learned: &LearnedStamps) -> bool {
        let is_it = |written: &&WrittenKey| {
            let bytes = written.bytes.start as usize..written.bytes.end as usize;
            written.part == part && self.written_bytes[bytes] == *key
        };
        let written = self.written.iter().find(is_it);
        // What is written back after a read is not listed.
        written.is_none_or(|written| learned.is_news(written.arc, written.stamp))
    }

    fn on_results(&mut self, sent: usize, reply: &BatchReply<'_>, learned: &LearnedStamps) -> Result<(), Malformed> {
        let peer = self.sent[sent].peer;
        let items = self.sent[sent].items.clone();
        if reply.count as usize != items.len() {
            return Err(Malformed("an answer with another number of results"));
        }
        let mut refused = Vec::new();
        let mut is_outdated = false;
        for (at, result) in items.zip(reply.results()) {
            let item = self.items[at];
            match (item.kind, result?) {
                (_, ItemResult::Fine) => {}
                (ItemKind::Run { .. }, ItemResult::Reply(bytes)) => self.on_reply(item.part, bytes),
                (ItemKind::Run { .. }, _) => self.on_not_run(item.part, MaybeRan::No),
                (ItemKind::Apply, ItemResult::Ignored { .. }) => self.problem(item.part, Problem::Superseded),
                (ItemKind::Apply, ItemResult::State { key, .. }) => {
                    if self.is_superseded(item.part, key.key, learned) {
                        self.problem(item.part, Problem::Superseded);
                    }
                }
                (ItemKind::Check, ItemResult::State { .. } | ItemResult::Absent) => {
                    self.problem(item.part, Problem::Differs);
                }
                (ItemKind::Fetch, _) => {}
                (_, result) => {
                    is_outdated |= result == ItemResult::Refused(Refusal::OtherEpoch);
                    refused.push(item.part);
                }
            }
        }
        let refused = self.groups_of_parts(refused.into_iter());
        for group in self.groups_of(sent) {
            if refused.binary_search(&group).is_err() {
                self.change_group(group, |group| group.on_ack(peer));
            } else if is_outdated {
                self.groups[group].become_outdated();
            }
        }
        self.on_groups_failure(refused, peer);
        Ok(())
    }

    fn on_reply(&mut self, part: PartIndex, bytes: &[u8]) {
        if std::mem::replace(&mut self.part_groups[usize::from(part)], NO_GROUP) != ELSEWHERE {
            return;
        }
        let start = self.replies.len();
        self.replies.extend_from_slice(bytes);
        self.replied.push((part, start..self.replies.len()));
        self.open -= 1;
    }

    fn on_not_run(&mut self, part: PartIndex, maybe_ran: MaybeRan) {
        if std::mem::replace(&mut self.part_groups[usize::from(part)], NO_GROUP) == ELSEWHERE {
            self.open -= 1;
            self.problem(part, Problem::RunElsewhere { maybe_ran });
        }
    }

    /// The peer will not run what it was asked to, or not in time.
    fn on_none_run(&mut self, sent: usize, maybe_ran: MaybeRan, only_repeatable: bool) {
        for at in self.sent[sent].items.clone() {
            let SentItem { part, kind } = self.items[at];
            if kind == (ItemKind::Run { repeatable: true }) || (kind.is_run() && !only_repeatable) {
                self.on_not_run(part, maybe_ran);
            }
        }
    }

    fn on_loss(&mut self, sent: usize, loss: Loss) {
        let peer = self.sent[sent].peer;
        let maybe_ran = match loss {
            Loss::NotSent => MaybeRan::No,
            Loss::Died => MaybeRan::Before,
            Loss::Broken | Loss::TimedOut => MaybeRan::Whenever,
        };
        self.on_none_run(sent, maybe_ran, false);
        self.on_groups_failure(self.groups_of(sent), peer);
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
    pub(crate) fn on_answer(
        self: &Arc<Self>,
        sent: usize,
        reply: &BatchReply<'_>,
        learned: &LearnedStamps,
    ) -> Result<(), Malformed> {
        self.change(|waits| {
            if reply.all_fine() {
                let peer = waits.sent[sent].peer;
                if waits.items[waits.sent[sent].items.clone()]
                    .iter()
                    .any(|item| item.kind.is_run())
                {
                    return Err(Malformed("a command was not answered"));
                }
                waits.on_all_fine(peer);
                Ok(())
            } else {
                waits.on_results(sent, reply, learned)
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
    use circlet_core::quorum::Level;
    use circlet_ring::{ArcCount, Slot};

    const PEER: NodeIndex = 1;

    /// Reads of so many parts, each of which waits for the peer alone.
    fn reads(parts: PartIndex) -> Waits {
        let mut waits = Waits::default();
        for part in 0..parts {
            waits.part_groups.push(NO_GROUP);
            waits.begin_group(part, Group::read(3, Level::Quorum, &[PEER]).expect("two of three"));
            let kind = ItemKind::Check;
            waits.items.push(SentItem { part, kind });
        }
        let items = 0..usize::from(parts);
        waits.sent.push(Sent { peer: PEER, items });
        waits
    }

    #[test]
    fn a_lost_frame_leaves_each_of_its_parts_one_problem_in_order() {
        let mut waits = reads(PARTS_MAX);
        assert_eq!(waits.open, usize::from(PARTS_MAX));
        waits.problem(PARTS_MAX - 1, Problem::Differs);
        waits.on_loss(0, Loss::Broken);
        waits.on_loss(0, Loss::Broken);
        assert_eq!(waits.open, 0);
        let mut problems = vec![(7, Problem::NotReady)];
        waits.take_problems(&mut problems);
        let mut expected: Vec<_> = (0..PARTS_MAX).map(|part| (part, Problem::ReadAgain)).collect();
        expected[usize::from(PARTS_MAX - 1)].1 = Problem::Differs;
        assert_eq!(problems, expected, "a part's first problem counts");
    }

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
        waits.sent.push(Sent {
            peer: PEER,
            items: 0..2,
        });
        let turn = Turn::new(&mut waits);
        let mut keys = Vec::new();
        turn.written_to(0, |_, _, key| keys.extend_from_slice(key));
        assert_eq!(keys, b"bcd");
    }
}
