//! Reads that ask one more owner because one of those asked is late.
//!
//! ```text
//!   asked of B:   a b c ... late ...          the answer of B, whenever it comes
//!   hedged at C:          a   c --answers-->  a, c: whichever of B and C says first that it holds the same
//! ```
//!
//! The turn keeps the bytes of frames that check, so that what is asked of the other owner is what was asked of the first: the digest of what was read, not
//! of what is there by now. Whoever speaks first decides; the other one's answer may come after the reply, and a difference that it brings is written back
//! then, since nobody waits for the read any more who would do it.
//!
//! Refused: giving the first owner up and running the command again, as for one that is slow beyond measure ([`super::Turn::on_slow`]). It would read again, and wait for the second
//! owner alone, which may be the slower one.

use super::group::Group;
use super::{ItemKind, Sent, SentItem, Waits};
use crate::routes::NodeIndex;
use circlet_core::message::batch::{self, Item};
use circlet_core::quorum::Verdict;
use smallvec::SmallVec;
use std::ops::Range;

/// Bytes that one turn keeps of what it asks. Reads of longer keys, and of pipelines that ask for more, are not hedged.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// What becomes of a frame that is late.
#[derive(Debug)]
pub(crate) enum Hedge {
    /// Nobody else can be asked, or nobody waits for it.
    Nothing,
    /// It would take more than there is for it. Nothing has changed.
    Unpaid,
    /// These are to be sent.
    Frames(SmallVec<[HedgeFrame; 1]>),
}

/// A frame that asks another owner.
#[derive(Debug)]
pub(crate) struct HedgeFrame {
    pub(crate) peer: NodeIndex,
    /// Index into the turn's `sent`.
    pub(crate) sent: usize,
    pub(crate) encoded: Vec<u8>,
    pub(crate) count: u32,
}

/// Keys whose present state is to be sent to owners, which answered a read after its reply.
pub(crate) type Repairs = Vec<(NodeIndex, Box<[u8]>)>;

impl Waits {
    /// Keeps the bytes of a frame's items; says where, nowhere if there is no room.
    pub(crate) fn keep(&mut self, encoded: &[u8]) -> Range<u32> {
        let start = self.kept.len();
        if start + encoded.len() <= KEPT_BYTES_MAX {
            self.kept.extend_from_slice(encoded);
        }
        start as u32..self.kept.len() as u32
    }

    /// The frame at `sent` is late: asks other owners what it asks, as far as reads wait for it and there are others. `pay` says whether so many questions may be asked.
    pub(super) fn hedge(&mut self, sent: usize, pay: impl FnOnce(u32) -> bool) -> Hedge {
        let Sent { items, kept, .. } = self.sent[sent].clone();
        let whom: Vec<Option<NodeIndex>> = self.items[items.clone()].iter().map(|item| self.spare(*item)).collect();
        let count = whom.iter().flatten().count();
        if count == 0 || kept.is_empty() {
            return Hedge::Nothing;
        }
        // At most as many as the frame has items.
        if !pay(count as u32) {
            return Hedge::Unpaid;
        }
        let mut frames: SmallVec<[(HedgeFrame, Vec<SentItem>); 1]> = SmallVec::new();
        let bytes = &self.kept[kept.start as usize..kept.end as usize];
        for ((item, peer), read) in self.items[items].iter().zip(&whom).zip(batch::items(bytes)) {
            let (Some(peer), Ok(Item::Check { key, digest })) = (*peer, read) else {
                continue;
            };
            let at = frames.iter().position(|(frame, _)| frame.peer == peer);
            let at = at.unwrap_or_else(|| {
                let (encoded, sent) = (Vec::new(), self.sent.len() + frames.len());
                let count = 0;
                frames.push((
                    HedgeFrame {
                        peer,
                        sent,
                        encoded,
                        count,
                    },
                    Vec::new(),
                ));
                frames.len() - 1
            });
            let (frame, asked) = &mut frames[at];
            batch::put_check(&mut frame.encoded, key, digest);
            frame.count += 1;
            asked.push(*item);
        }
        for (frame, asked) in &frames {
            let first = self.items.len();
            self.items.extend_from_slice(asked);
            let kept = self.keep(&frame.encoded);
            let items = first..self.items.len();
            self.sent.push(Sent {
                peer: frame.peer,
                items,
                kept,
            });
            for group in self.groups_of(frame.sent) {
                self.groups[group].ask_spare();
            }
        }
        self.is_hedged = true;
        Hedge::Frames(frames.into_iter().map(|(frame, _)| frame).collect())
    }

    /// Who can be asked what this item asks.
    fn spare(&self, item: SentItem) -> Option<NodeIndex> {
        let group = usize::from(self.part_groups[usize::from(item.part)]);
        let checks = item.kind == ItemKind::Check;
        self.groups.get(group).filter(|_| checks).and_then(Group::spare)
    }

    /// Whether the read of this part has what it needs.
    pub(super) fn is_met(&self, item: SentItem) -> bool {
        let group = usize::from(self.part_groups[usize::from(item.part)]);
        self.groups
            .get(group)
            .is_some_and(|group| group.verdict() == Verdict::Met)
    }

    /// An owner answers something else than what was read, after the reply: who is to be sent the present state of which keys. `late` are indices into `items`, in order.
    pub(super) fn settle_late(&mut self, sent: usize, late: &[usize]) -> Repairs {
        let Sent { peer, items, kept } = self.sent[sent].clone();
        let mut repairs = Repairs::new();
        // Once for each group: all that is late in it is behind at the same owners.
        let mut settled: SmallVec<[(usize, SmallVec<[NodeIndex; 4]>); 1]> = SmallVec::new();
        let bytes = &self.kept[kept.start as usize..kept.end as usize];
        for (at, read) in items.zip(batch::items(bytes)) {
            let (true, Ok(Item::Check { key, .. })) = (late.binary_search(&at).is_ok(), read) else {
                continue;
            };
            let group = usize::from(self.part_groups[usize::from(self.items[at].part)]);
            let known = settled.iter().position(|(known, _)| *known == group);
            let known = known.unwrap_or_else(|| {
                settled.push((group, self.groups[group].settle_late(peer).collect()));
                settled.len() - 1
            });
            repairs.extend(settled[known].1.iter().map(|owner| (*owner, key.key.into())));
        }
        repairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::waits::tests::answer;
    use crate::turn::{NO_GROUP, PartIndex, Problem};
    use circlet_core::message::batch::WireKey;
    use circlet_core::message::batch_reply::ItemResult;
    use circlet_core::quorum::Level;

    const B: NodeIndex = 1;
    const C: NodeIndex = 2;

    /// One read for each of these first owners, of the key of its part's number; the other one of B and C is spare.
    fn reads(first: &[NodeIndex]) -> Waits {
        let mut waits = Waits::default();
        for (part, first) in (0..).zip(first) {
            waits.part_groups.push(NO_GROUP);
            let readers = [*first, B + C - first];
            let alike = |group: &Group| group.takes_read(Level::Quorum, &readers, 3);
            let group = waits.join(part, alike, || Group::read(3, Level::Quorum, &readers));
            assert!(group.is_ok());
        }
        for peer in [B, C] {
            let start = waits.items.len();
            let mut encoded = Vec::new();
            for (part, _) in (0..).zip(first).filter(|(_, first)| **first == peer) {
                let kind = ItemKind::Check;
                waits.items.push(SentItem { part, kind });
                batch::put_check(&mut encoded, key(&[part as u8]), u64::from(part));
            }
            let (items, kept) = (start..waits.items.len(), waits.keep(&encoded));
            waits.sent.push(Sent { peer, items, kept });
        }
        waits
    }

    fn key(key: &[u8]) -> WireKey<'_> {
        let (slot, hash) = (1, 2);
        WireKey { slot, hash, key }
    }

    /// Hedges the frame at `sent`, and gives the frames that are to be sent.
    fn hedged(waits: &mut Waits, sent: usize) -> SmallVec<[HedgeFrame; 1]> {
        match waits.hedge(sent, |_| true) {
            Hedge::Frames(frames) => frames,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_other_owner_is_asked_the_same_and_whoever_answers_first_decides() {
        for first in [0, 2] {
            let mut waits = reads(&[B, B]);
            let frames = hedged(&mut waits, 0);
            let [frame] = &frames[..] else { panic!("{frames:?}") };
            assert_eq!((frame.peer, frame.sent, frame.count), (C, 2, 2));
            assert_eq!(
                frame.encoded,
                waits.kept[waits.sent[0].kept.start as usize..waits.sent[0].kept.end as usize]
            );
            assert_eq!(waits.open, 1);
            waits.on_all_fine(first);
            assert_eq!((waits.open, &waits.problems[..]), (0, &[][..]), "frame {first} answers");
            waits.on_all_fine(2 - first);
            assert_eq!((waits.open, &waits.problems[..]), (0, &[][..]));
        }
    }

    #[test]
    fn an_answer_counts_only_for_what_its_frame_has_asked() {
        let mut waits = reads(&[B, C]);
        hedged(&mut waits, 0);
        waits.on_all_fine(1);
        assert_eq!(waits.open, 1, "C was asked for the first read in another frame");
        waits.on_all_fine(2);
        assert_eq!(waits.open, 0);
    }

    #[test]
    fn nothing_is_asked_that_is_not_paid_or_not_waited_for_or_nobody_else_holds() {
        let mut waits = reads(&[B, B, C]);
        assert!(matches!(waits.hedge(0, |count| count > 2), Hedge::Unpaid));
        assert_eq!((waits.sent.len(), waits.is_hedged), (2, false));
        assert_eq!(hedged(&mut waits, 0).len(), 1);
        assert!(matches!(waits.hedge(0, |_| true), Hedge::Nothing), "no third one");
        assert!(
            matches!(waits.hedge(2, |_| true), Hedge::Nothing),
            "nor for the hedge itself"
        );
        waits.on_all_fine(1);
        assert!(matches!(waits.hedge(1, |_| true), Hedge::Nothing), "it was answered");
    }

    #[test]
    fn a_read_fails_only_when_both_owners_do() {
        for [first, second] in [[B, C], [C, B]] {
            let mut waits = reads(&[B]);
            hedged(&mut waits, 0);
            waits.on_groups_failure(vec![0], first);
            assert_eq!(waits.open, 1, "the other one may answer");
            waits.on_groups_failure(vec![0], second);
            assert_eq!((waits.open, &waits.problems[..]), (0, &[(0, Problem::ReadAgain)][..]));
        }
    }

    #[test]
    fn a_difference_before_the_reply_is_settled_by_the_slow_path_and_one_after_it_is_written_back() {
        let mut waits = reads(&[B, B]);
        hedged(&mut waits, 0);
        let before = answer(&mut waits, 2, [false, true], ItemResult::Absent);
        assert_eq!((before.len(), &waits.problems[..]), (0, &[(0, Problem::Differs)][..]));
        assert_eq!(waits.open, 0);
        let after = answer(&mut waits, 0, [true, false], ItemResult::Absent);
        let part: PartIndex = 1;
        let key: Box<[u8]> = [part as u8].into();
        assert_eq!(
            after,
            [(B, key.clone()), (C, key)],
            "C has said that it holds what was read, which may be behind now"
        );
        assert_eq!(waits.problems.len(), 1, "nobody waits any more");
    }
}
