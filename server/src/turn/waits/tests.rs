use super::*;
use circlet_core::coordinator::{Side, Sides};
use circlet_core::message::batch_reply;
use circlet_core::message::frame::split;
use circlet_core::quorum::Level;
use circlet_ring::ArcCount;

const PEER: NodeIndex = 1;
const OTHER: NodeIndex = 2;

/// A peer answers the frame at `sent`: for each item that it is fine, or `otherwise`.
pub(in crate::turn) fn answer<const N: usize>(
    waits: &mut Waits,
    sent: usize,
    fine: [bool; N],
    otherwise: ItemResult<'_>,
) -> Repairs {
    let mut results = Vec::new();
    for fine in fine {
        let result = if fine { ItemResult::Fine } else { otherwise };
        batch_reply::put_result(&mut results, result);
    }
    let mut frame = Vec::new();
    batch_reply::put_results(&mut frame, 0, N as u32, Stamp::ZERO, &results);
    let body = split(&frame).expect("a frame").expect("a whole one").body;
    let reply = BatchReply::read(body).expect("an answer");
    let learned = LearnedStamps::new(ArcCount::DEFAULT);
    waits.on_results(sent, &reply, &learned).expect("as many results")
}

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
    waits.sent.push(Sent::new(PEER, items));
    waits
}

/// Two reads that wait for the peer together.
fn two_reads() -> Waits {
    let mut waits = Waits::default();
    for part in [0, 1] {
        waits.part_groups.push(NO_GROUP);
        let alike = |group: &Group| group.takes_read(Level::Quorum, &[PEER], 3);
        let group = waits.join(part, alike, || Group::read(3, Level::Quorum, &[PEER]));
        assert!(group.is_ok());
        let kind = ItemKind::Check;
        waits.items.push(SentItem { part, kind });
    }
    waits.sent.push(Sent::new(PEER, 0..2));
    assert_eq!((waits.groups.len(), waits.open), (1, 1));
    waits
}

#[test]
fn what_one_owner_refuses_fails_alone() {
    let refused = ItemResult::Refused(Refusal::NotCaughtUp);
    for part in [0, 1] {
        let others = [part != 0, part != 1];
        let mut reads = two_reads();
        answer(&mut reads, 0, others, refused);
        assert_eq!(
            (reads.open, &reads.problems[..]),
            (0, &[(part, Problem::ReadAgain)][..])
        );
        let mut writes = two_writes();
        answer(&mut writes, 0, others, refused);
        answer(&mut writes, 1, others, refused);
        let (acked, need) = (1, 2);
        let failed = Problem::WriteTimeout { acked, need };
        assert_eq!((writes.open, &writes.problems[..]), (0, &[(part, failed)][..]));
    }
    let mut reads = two_reads();
    answer(&mut reads, 0, [false; 2], refused);
    let both = [0, 1].map(|part| (part, Problem::ReadAgain));
    assert_eq!((reads.open, &reads.problems[..]), (0, &both[..]));
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

/// Two writes of one group, sent to both other owners.
fn two_writes() -> Waits {
    let mut waits = Waits::default();
    waits.part_groups.resize(2, NO_GROUP);
    let three = Sides::one(Side::first(3));
    for part in [0, 1] {
        let alike = |group: &Group| group.takes_write(Level::Quorum, &[PEER, OTHER], three);
        let group = waits.join(part, alike, || Group::write(three, Level::Quorum, &[PEER, OTHER]));
        assert!(group.is_ok());
    }
    let kind = ItemKind::Apply;
    waits.items.extend([0, 1].map(|part| SentItem { part, kind }));
    waits.sent.extend([PEER, OTHER].map(|peer| Sent::new(peer, 0..2)));
    waits
}

/// What is left of the parts when the peers have said this of each.
fn outcome(answers: [(usize, [bool; 2]); 2]) -> (usize, Vec<(PartIndex, Problem)>) {
    let mut waits = two_writes();
    for (sent, merged) in answers {
        answer(&mut waits, sent, merged, ItemResult::Ignored { slot: 0 });
    }
    let mut problems = Vec::new();
    waits.take_problems(&mut problems);
    (waits.open, problems)
}

#[test]
fn a_part_is_run_again_only_if_no_majority_can_merge_what_it_wrote() {
    let fine = [true, true];
    for first in [0, 1] {
        let second = 1 - first;
        assert_eq!(outcome([(first, [false, true]), (second, fine)]), (0, vec![]));
        assert_eq!(outcome([(first, fine), (second, [false, true])]), (0, vec![]));
        assert_eq!(outcome([(first, [false, true]), (second, [true, false])]), (0, vec![]));
        let again = (0, Problem::Superseded);
        assert_eq!(
            outcome([(first, [false, true]), (second, [false, true])]),
            (0, vec![again])
        );
        let both = vec![again, (1, Problem::Superseded)];
        assert_eq!(outcome([(first, [false; 2]), (second, [false; 2])]), (0, both));
    }
}

#[test]
fn a_part_that_one_owner_outranks_waits_for_the_other() {
    let mut waits = two_writes();
    waits.on_superseded(0, PEER);
    waits.on_all_fine(0);
    assert_eq!(waits.open, 1, "the other part has its quorum");
    let mut lost = two_writes();
    lost.on_superseded(0, PEER);
    lost.on_all_fine(0);
    lost.on_loss(1, Loss::TimedOut);
    assert_eq!(
        (lost.open, &lost.problems[..]),
        (0, &[(0, Problem::WriteTimeout { acked: 1, need: 2 })][..])
    );
    waits.on_all_fine(1);
    assert_eq!((waits.open, &waits.problems[..]), (0, &[][..]));
}
