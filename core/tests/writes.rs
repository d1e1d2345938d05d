//! Every order in which owners can answer a write, against a dumb second version of its rules.

use circlet_core::coordinator::{Party, Shortfall, Side, Sides, WriteAck, WriteOp, WriteStep};
use circlet_core::owners::{OwnerIndex, Owners};
use circlet_core::quorum::Level;
use proptest::prelude::*;

const LEVELS: [Level; 3] = [Level::One, Level::Quorum, Level::All];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Merged(OwnerIndex),
    Superseded(OwnerIndex),
    Failed(OwnerIndex),
    Deadline,
}

impl Event {
    fn feed(self, op: &mut WriteOp) -> WriteStep {
        match self {
            Self::Merged(owner) => op.on_ack(owner, WriteAck::Merged),
            Self::Superseded(owner) => op.on_ack(owner, WriteAck::Superseded),
            Self::Failed(owner) => op.on_failure(owner),
            Self::Deadline => op.on_deadline(),
        }
    }

    fn owner(self) -> Option<OwnerIndex> {
        match self {
            Self::Merged(owner) | Self::Superseded(owner) | Self::Failed(owner) => Some(owner),
            Self::Deadline => None,
        }
    }
}

fn owner(index: u8) -> OwnerIndex {
    OwnerIndex::new(index).unwrap()
}

fn parties() -> impl Iterator<Item = Party> {
    (1..=4_u8).flat_map(|n| {
        (0..n).flat_map(move |me| {
            (0..1_u32 << n)
                .filter(move |mask| mask & (1 << me) != 0)
                .map(move |mask| {
                    Party::of(
                        n,
                        (0..n).filter(|index| mask & (1 << index) != 0).map(owner).collect(),
                        owner(me),
                    )
                })
        })
    })
}

/// What the steps after `history` should have been, decided from scratch for each prefix.
fn expected(party: Party, level: Level, history: &[Event]) -> Vec<WriteStep> {
    let mut replied = false;
    (1..=history.len())
        .map(|len| {
            let (event, before) = history[..len].split_last().unwrap();
            let answered: Vec<OwnerIndex> = before.iter().filter_map(|event| event.owner()).collect();
            let after_deadline = before.contains(&Event::Deadline);
            let is_news = match event.owner() {
                Some(owner) => party.alive.contains(owner) && !answered.contains(&owner) && !after_deadline,
                None => true,
            };
            let step = if replied || !is_news {
                WriteStep::Wait
            } else {
                expected_after(party, level, &history[..len])
            };
            replied |= step != WriteStep::Wait;
            step
        })
        .collect()
}

/// The step of a write that has had these answers and no reply.
fn expected_after(party: Party, level: Level, history: &[Event]) -> WriteStep {
    let n = party.sides.old.n;
    let (need, majority) = (level.needed(n), n / 2 + 1);
    let count = |is_it: fn(&Event) -> bool| u8::try_from(history.iter().filter(|event| is_it(event)).count()).unwrap();
    let merged = count(|event| matches!(event, Event::Merged(_)));
    let superseded = count(|event| matches!(event, Event::Superseded(_)));
    let failed = count(|event| matches!(event, Event::Failed(_)));
    let silent = party.alive.len() - merged - superseded - failed;
    let is_over = history.last() == Some(&Event::Deadline);
    let open = if is_over { 0 } else { silent };
    let fail = |acked| WriteStep::Fail(Shortfall::WriteTimeout { acked, need });

    if merged >= need {
        WriteStep::Acknowledge
    } else if superseded == 0 {
        if merged + open < need {
            fail(merged)
        } else {
            WriteStep::Wait
        }
    } else if merged + silent + failed < majority {
        WriteStep::Restamp
    } else if merged + open < majority {
        fail(merged)
    } else if merged + superseded + open < need {
        fail(merged + superseded)
    } else if merged >= majority && merged + superseded >= need {
        WriteStep::Acknowledge
    } else {
        WriteStep::Wait
    }
}

/// Calls `check` with every history of answers and deadline that `party` can see, whole ones only.
fn for_each_history(party: Party, history: &mut Vec<Event>, check: &mut impl FnMut(&[Event])) {
    let answered: Owners = history.iter().filter_map(|event| event.owner()).collect();
    let open = party.alive.without(answered);
    for owner in open.iter() {
        for event in [Event::Merged(owner), Event::Superseded(owner), Event::Failed(owner)] {
            history.push(event);
            for_each_history(party, history, check);
            history.pop();
        }
    }
    if open.is_empty() {
        check(history);
    }
}

#[test]
fn every_history_of_answers_ends_as_the_dumb_version_says() {
    let mut histories = 0;
    for party in parties() {
        for level in LEVELS {
            let Ok(begun) = WriteOp::begin(party, level) else {
                continue;
            };
            for_each_history(party, &mut Vec::new(), &mut |history| {
                let mut op = begun;
                let steps: Vec<WriteStep> = history.iter().map(|event| event.feed(&mut op)).collect();
                assert_eq!(
                    steps,
                    expected(party, level, history),
                    "{party:?} {level:?} {history:?}"
                );
                let replies = steps.iter().filter(|step| **step != WriteStep::Wait).count();
                assert_eq!(replies, 1, "one reply: {party:?} {level:?} {history:?}");
                histories += 1;
            });
        }
    }
    assert!(histories > 25_000, "{histories}");
}

#[test]
fn the_deadline_may_come_at_any_time_and_what_comes_after_it_changes_nothing() {
    for party in parties().filter(|party| party.sides.old.n == 3) {
        for level in LEVELS {
            let Ok(begun) = WriteOp::begin(party, level) else {
                continue;
            };
            for_each_history(party, &mut Vec::new(), &mut |history| {
                for at in 0..=history.len() {
                    let mut history = history.to_vec();
                    history.insert(at, Event::Deadline);
                    let mut op = begun;
                    let steps: Vec<WriteStep> = history.iter().map(|event| event.feed(&mut op)).collect();
                    assert_eq!(steps, expected(party, level, &history), "{party:?} {history:?}");
                }
            });
        }
    }
}

#[test]
fn a_write_is_refused_before_anything_changes_when_too_few_are_alive() {
    for party in parties() {
        for level in LEVELS {
            let (need, alive) = (level.needed(party.sides.old.n), party.alive.len());
            let refused = (alive < need).then_some(Shortfall::NoQuorum {
                need,
                total: party.sides.old.n,
                alive,
            });
            assert_eq!(WriteOp::begin(party, level).err(), refused, "{party:?} {level:?}");
        }
    }
}

#[test]
fn the_delta_goes_to_every_other_owner_alive() {
    for party in parties() {
        let op = WriteOp::begin(party, Level::One).unwrap();
        assert_eq!(op.targets(), party.alive.without(Owners::only(party.me)));
    }
}

#[test]
fn those_who_did_not_ack_get_hints_once_all_have_answered_or_the_time_is_up() {
    let party = Party::of(5, [0, 1, 2, 4].map(owner).into_iter().collect(), owner(0));
    let mut op = WriteOp::begin(party, Level::Quorum).unwrap();
    assert_eq!(op.on_ack(owner(0), WriteAck::Merged), WriteStep::Wait);
    assert_eq!(op.on_failure(owner(1)), WriteStep::Wait);
    assert_eq!(op.on_ack(owner(2), WriteAck::Merged), WriteStep::Wait);
    assert_eq!(op.settle(), None, "owner 4 may still answer");

    let mut in_time = op;
    assert_eq!(in_time.on_ack(owner(4), WriteAck::Merged), WriteStep::Acknowledge);
    assert_eq!(in_time.settle(), Some([1, 3].map(owner).into_iter().collect()));

    assert_eq!(
        op.on_deadline(),
        WriteStep::Fail(Shortfall::WriteTimeout { acked: 2, need: 3 })
    );
    assert_eq!(op.settle(), Some([1, 3, 4].map(owner).into_iter().collect()));
}

fn write(level: Level) -> WriteOp {
    let mut op = WriteOp::begin(Party::of(3, Owners::first(3), owner(1)), level).unwrap();
    assert_eq!(op.on_ack(owner(1), WriteAck::Merged), WriteStep::Wait);
    op
}

#[test]
fn a_write_that_no_majority_can_merge_is_stamped_anew() {
    for level in [Level::Quorum, Level::All] {
        let mut op = write(level);
        assert_eq!(
            op.on_ack(owner(2), WriteAck::Superseded),
            WriteStep::Wait,
            "the other one may merge it"
        );
        assert_eq!(op.on_ack(owner(0), WriteAck::Superseded), WriteStep::Restamp);
        assert_eq!(op.on_deadline(), WriteStep::Wait, "another op does the work");
        assert_eq!(op.settle(), Some(Owners::EMPTY), "and leaves the hints");
    }
}

#[test]
fn an_owner_that_holds_something_newer_counts_once_a_majority_has_merged_the_write() {
    for level in [Level::Quorum, Level::All] {
        let mut op = write(level);
        assert_eq!(op.on_ack(owner(2), WriteAck::Superseded), WriteStep::Wait);
        assert_eq!(op.on_ack(owner(0), WriteAck::Merged), WriteStep::Acknowledge);
        assert_eq!(
            op.settle(),
            Some(Owners::EMPTY),
            "who holds something newer misses nothing"
        );
    }
    let mut op = write(Level::Quorum);
    assert_eq!(op.on_ack(owner(0), WriteAck::Merged), WriteStep::Acknowledge);
    assert_eq!(op.on_ack(owner(2), WriteAck::Superseded), WriteStep::Wait);
    assert_eq!(op.settle(), Some(Owners::EMPTY));
}

#[test]
fn a_superseded_write_that_a_lost_owner_may_have_merged_has_an_unknown_outcome() {
    let unknown = WriteStep::Fail(Shortfall::WriteTimeout { acked: 1, need: 2 });
    let mut op = write(Level::Quorum);
    assert_eq!(op.on_ack(owner(2), WriteAck::Superseded), WriteStep::Wait);
    let mut late = op;
    assert_eq!(op.on_failure(owner(0)), unknown);
    assert_eq!(late.on_deadline(), unknown);

    let alive = [1, 2].map(owner).into_iter().collect();
    let mut op = WriteOp::begin(Party::of(3, alive, owner(1)), Level::Quorum).unwrap();
    assert_eq!(op.on_ack(owner(1), WriteAck::Merged), WriteStep::Wait);
    assert_eq!(
        op.on_ack(owner(2), WriteAck::Superseded),
        WriteStep::Restamp,
        "the third was not asked"
    );
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let party = Party::of(5, Owners::first(4), owner(0));
    let mut op = WriteOp::begin(party, Level::Quorum).unwrap();
    assert_eq!(op.on_ack(owner(0), WriteAck::Merged), WriteStep::Wait);
    assert_eq!(op.on_failure(owner(1)), WriteStep::Wait);
    let before = op;
    for ack in [WriteAck::Merged, WriteAck::Superseded] {
        for unexpected in [0, 1, 4, 15].map(owner) {
            assert_eq!(op.on_ack(unexpected, ack), WriteStep::Wait, "from {}", unexpected.get());
            assert_eq!(op.on_failure(unexpected), WriteStep::Wait);
        }
    }
    assert_eq!(op, before);
}

#[test]
fn an_op_stays_small_enough_to_copy_for_each_command() {
    assert!(size_of::<WriteOp>() <= 20);
}

/// Who has acked and who may still, counted for both sides of a move, by hand.
#[derive(Debug)]
struct DumbCounter {
    sides: [Vec<u8>; 2],
    acked: Vec<u8>,
    open: Vec<u8>,
}

impl DumbCounter {
    fn needed(&self, side: usize, level: Level) -> usize {
        usize::from(level.needed(u8::try_from(self.sides[side].len()).unwrap()))
    }

    fn among(&self, side: usize, of: &[u8]) -> usize {
        self.sides[side].iter().filter(|owner| of.contains(owner)).count()
    }

    fn is_met(&self, level: Level) -> bool {
        (0..2).all(|side| self.among(side, &self.acked) >= self.needed(side, level))
    }

    fn is_hopeless(&self, level: Level) -> bool {
        let may_come = |side| self.among(side, &self.acked) + self.among(side, &self.open);
        (0..2).any(|side| may_come(side) < self.needed(side, level))
    }
}

fn sides() -> impl Strategy<Value = Vec<u8>> {
    proptest::sample::subsequence((0..6).collect::<Vec<u8>>(), 1..=4)
}

proptest! {
    #[test]
    fn a_write_of_a_moving_arc_needs_its_level_on_both_sides(
        old in sides(),
        new in sides(),
        alive in proptest::sample::subsequence((0..6).collect::<Vec<u8>>(), 0..=6),
        me in any::<prop::sample::Index>(),
        level in proptest::sample::select(LEVELS.to_vec()),
        answers in proptest::collection::vec((0..6_u8, any::<bool>()), 0..12),
    ) {
        let me = *me.get(&old);
        let set = |owners: &[u8]| owners.iter().copied().map(owner).collect::<Owners>();
        let side = |owners: &[u8]| Side { n: u8::try_from(owners.len()).unwrap(), owners: set(owners) };
        let party = Party {
            sides: Sides { old: side(&old), new: side(&new) },
            alive: set(&alive),
            me: owner(me),
        };
        let is_there = |owner: &u8| *owner == me || (alive.contains(owner) && (old.contains(owner) || new.contains(owner)));
        let open = (0..6).filter(is_there).collect();
        let mut dumb = DumbCounter { sides: [old, new], acked: Vec::new(), open };
        let begun = WriteOp::begin(party, level);
        prop_assert_eq!(begun.is_err(), dumb.is_hopeless(level), "{:?}", begun);
        let Ok(mut op) = begun else { return Ok(()) };
        let mut replied = false;
        for (from, acks) in [(me, true)].into_iter().chain(answers) {
            let is_news = dumb.open.contains(&from);
            dumb.open.retain(|open| *open != from);
            let step = if acks {
                dumb.acked.extend(is_news.then_some(from));
                op.on_ack(owner(from), WriteAck::Merged)
            } else {
                op.on_failure(owner(from))
            };
            let expected = match (is_news && !replied, dumb.is_met(level), dumb.is_hopeless(level)) {
                (true, true, _) => "acknowledge",
                (true, false, true) => "fail",
                _ => "wait",
            };
            replied |= expected != "wait";
            let said = match step {
                WriteStep::Acknowledge => "acknowledge",
                WriteStep::Fail(Shortfall::WriteTimeout { .. }) => "fail",
                WriteStep::Wait => "wait",
                WriteStep::Fail(_) | WriteStep::Restamp => "something else",
            };
            prop_assert_eq!(said, expected);
        }
        if dumb.open.is_empty() {
            let union = party.sides.union();
            prop_assert_eq!(op.settle(), Some(union.without(set(&dumb.acked))));
        }
    }
}
