//! What the parts of a turn wait for, and what answers change in it.

#[cfg(test)]
pub(super) mod tests;

use super::{
    Group, GroupIndex, GroupKind, ItemKind, Loss, MaybeRan, PARTS_MAX, PartIndex, Problem, Repairs, Sent, SentItem,
};
use crate::learned::LearnedStamps;
use crate::routes::NodeIndex;
use circlet_core::message::Malformed;
use circlet_core::message::batch_reply::{BatchReply, ItemResult, Refusal};
use circlet_core::quorum::Verdict;
use circlet_core::stamp::Stamp;
use circlet_ring::ArcId;
use std::ops::Range;

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

/// What the executor collects and the answers change.
#[derive(Default)]
pub(crate) struct Waits {
    pub(crate) groups: Vec<Group>,
    /// The group of each part; [`NO_GROUP`] for one that waits for nothing, [`ELSEWHERE`] for one that runs elsewhere.
    pub(crate) part_groups: Vec<GroupIndex>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) items: Vec<SentItem>,
    /// What frames that may be hedged ask.
    pub(crate) kept: Vec<u8>,
    /// Whether some were: two frames may have gone to one peer then.
    pub(super) is_hedged: bool,
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

/// Most groups of one turn: a part begins one at most, and may leave it for one of its own.
const GROUPS_MAX: GroupIndex = 2 * PARTS_MAX;

const _: () = assert!(GROUPS_MAX < ELSEWHERE);

impl Waits {
    /// Forgets everything, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.groups.clear();
        self.part_groups.clear();
        self.sent.clear();
        self.items.clear();
        self.kept.clear();
        self.is_hedged = false;
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

    /// A part waits together with the parts before it whose group is `alike`, else for one that it begins.
    ///
    /// # Errors
    /// Those of `begin`.
    pub(crate) fn join<E>(
        &mut self,
        part: PartIndex,
        alike: impl Fn(&Group) -> bool,
        begin: impl FnOnce() -> Result<Group, E>,
    ) -> Result<&Group, E> {
        let at = match self.groups.iter().rposition(alike) {
            Some(known) => {
                self.join_group(part, known);
                known
            }
            None => {
                self.begin_group(part, begin()?);
                self.groups.len() - 1
            }
        };
        Ok(&self.groups[at])
    }

    /// A part waits for what one before it waits for, whose group [`Waits::group_of`] has told.
    #[inline]
    pub(crate) fn join_known(&mut self, part: PartIndex, group: GroupIndex) {
        debug_assert!(usize::from(group) < self.groups.len());
        self.part_groups[usize::from(part)] = group;
    }

    /// The group that a part waits with, if it waits with one.
    pub(crate) fn group_of(&self, part: PartIndex) -> GroupIndex {
        self.part_groups[usize::from(part)]
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
    /// If there are more than [`GROUPS_MAX`] groups.
    fn join_group(&mut self, part: PartIndex, group: usize) {
        match GroupIndex::try_from(group) {
            Ok(group) if group < GROUPS_MAX => self.part_groups[usize::from(part)] = group,
            _ => unreachable!("a part begins two groups at most, and a turn has {PARTS_MAX} parts at most"),
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

    /// All that the frame at `sent` asked is fine.
    pub(super) fn on_all_fine(&mut self, sent: usize) {
        let peer = self.sent[sent].peer;
        if self.is_hedged {
            for group in self.groups_of(sent) {
                self.change_group(group, |group| group.on_ack(peer));
            }
            return;
        }
        // A group that did not ask the peer hears nothing of it.
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
    pub(super) fn on_groups_failure(&mut self, mut groups: Vec<usize>, peer: NodeIndex) {
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
    pub(super) fn groups_of(&self, sent: usize) -> Vec<usize> {
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

    pub(super) fn on_results(
        &mut self,
        sent: usize,
        reply: &BatchReply<'_>,
        learned: &LearnedStamps,
    ) -> Result<Repairs, Malformed> {
        let peer = self.sent[sent].peer;
        let items = self.sent[sent].items.clone();
        if reply.count as usize != items.len() {
            return Err(Malformed("an answer with another number of results"));
        }
        let (mut refused, mut superseded, mut late) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_outdated = false;
        for (at, result) in items.zip(reply.results()) {
            let item = self.items[at];
            match (item.kind, result?) {
                (_, ItemResult::Fine) => {}
                (ItemKind::Run { .. }, ItemResult::Reply(bytes)) => self.on_reply(item.part, bytes),
                (ItemKind::Run { .. }, _) => self.on_not_run(item.part, MaybeRan::No),
                (ItemKind::Apply, ItemResult::Ignored { .. }) => superseded.push(item.part),
                (ItemKind::Apply, ItemResult::State { key, .. }) => {
                    if self.is_superseded(item.part, key.key, learned) {
                        superseded.push(item.part);
                    }
                }
                (ItemKind::Check, ItemResult::State { .. } | ItemResult::Absent) if self.is_met(item) => late.push(at),
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
        let repairs = if late.is_empty() {
            Repairs::new()
        } else {
            self.settle_late(sent, &late)
        };
        superseded.retain(|part| !refused.contains(part));
        superseded.dedup();
        for part in superseded {
            self.on_superseded(part, peer);
        }
        if refused.len() < reply.count as usize {
            self.leave_others_alone(&refused);
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
        Ok(repairs)
    }

    /// A peer holds something newer than what a part wrote there, or wrote back.
    fn on_superseded(&mut self, part: PartIndex, peer: NodeIndex) {
        let group = usize::from(self.part_groups[usize::from(part)]);
        let Some(waits_for) = self.groups.get(group) else {
            return;
        };
        match waits_for.kind {
            GroupKind::Read => self.problem(part, Problem::Superseded),
            GroupKind::Write if waits_for.verdict() == Verdict::Pending => {
                let group = self.leave_others(part, group);
                if self.change_group(group, |group| group.on_superseded(peer))
                    && self.groups[group].verdict() == Verdict::Unreachable
                {
                    self.problem(part, self.groups[group].problem());
                }
            }
            GroupKind::Write | GroupKind::Delivery | GroupKind::Fetch => {}
        }
    }

    /// What was refused, of a frame that was not as a whole, fails for itself: the peer has given its word for the others.
    fn leave_others_alone(&mut self, refused: &[PartIndex]) {
        for part in refused {
            let group = usize::from(self.part_groups[usize::from(*part)]);
            if group < self.groups.len() {
                self.leave_others(*part, group);
            }
        }
    }

    /// Gives a part a group of its own, as far as the one that it shares has come: from here on it goes its own way.
    fn leave_others(&mut self, part: PartIndex, group: usize) -> usize {
        let others = (0..).zip(&self.part_groups).filter(|(other, _)| *other != part);
        // A group that no part waits for would hear no answers, and the turn wait for it.
        if others.map(|(_, of)| usize::from(*of)).all(|of| of != group) {
            return group;
        }
        self.begin_group(part, self.groups[group].clone());
        self.groups.len() - 1
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
    pub(super) fn on_none_run(&mut self, sent: usize, maybe_ran: MaybeRan, only_repeatable: bool) {
        for at in self.sent[sent].items.clone() {
            let SentItem { part, kind } = self.items[at];
            if kind == (ItemKind::Run { repeatable: true }) || (kind.is_run() && !only_repeatable) {
                self.on_not_run(part, maybe_ran);
            }
        }
    }

    pub(super) fn on_loss(&mut self, sent: usize, loss: Loss) {
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
