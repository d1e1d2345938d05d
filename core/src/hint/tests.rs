use std::collections::BTreeSet;

use circlet_ring::ArcCount;
use proptest::prelude::*;

use super::*;

const OWNER: NodeId = NodeId::from_bytes([1; 20]);
const OTHER: NodeId = NodeId::from_bytes([2; 20]);
const NOW: Instant = Instant::from_millis(1_000);

fn arc(number: u16) -> ArcId {
    ArcCount::MIN.arc(number).unwrap()
}

fn hints(keys_max: usize) -> Hints {
    Hints::new(HintCaps {
        keys_max,
        bytes_max: 1 << 20,
    })
}

#[test]
fn a_key_written_a_thousand_times_is_one_hint() {
    let mut hints = hints(10);
    let mut outcomes: Vec<Recorded> = (0..1000).map(|_| hints.record(NOW, OWNER, arc(1), b"k")).collect();
    outcomes.dedup();
    assert_eq!(outcomes, [Recorded::First, Recorded::Known]);
    assert_eq!(
        hints.size(OWNER),
        HintSize {
            keys: 1,
            bytes: 1 + KEY_OVERHEAD_BYTES,
            arcs: 0
        }
    );
}

#[test]
fn nothing_is_recorded_for_one_that_is_no_member_any_more() {
    let mut hints = hints(10);
    hints.record(NOW, OWNER, arc(1), b"k");
    let under_way = hints.take_batch(OWNER, 10);
    hints.forget(OWNER);
    assert_eq!(
        hints.record(NOW, OWNER, arc(1), b"k"),
        Recorded::Gone,
        "its arcs still move"
    );
    hints.give_back(OWNER, under_way);
    assert!(hints.is_empty(OWNER), "nobody will come and take them");
    assert_eq!(hints.record(NOW, OTHER, arc(1), b"k"), Recorded::First);
}

#[test]
fn hints_of_two_owners_do_not_mix() {
    let mut hints = hints(10);
    hints.record(NOW, OWNER, arc(1), b"a");
    hints.record(NOW, OTHER, arc(1), b"b");
    let batch = hints.take_batch(OWNER, 10);
    assert_eq!(batch.keys, [(arc(1), HintKey::from(&b"a"[..]))]);
    assert!(hints.is_empty(OWNER) && !hints.is_empty(OTHER));
    hints.forget(OTHER);
    assert_eq!(hints.owners().count(), 0);
}

#[test]
fn what_is_recorded_of_one_key_and_its_arc_can_be_asked() {
    let mut hints = hints(2);
    assert_eq!(hints.about(OWNER, arc(1), b"a"), HintedArc::default());
    hints.record(NOW, OWNER, arc(1), b"a");
    hints.record(NOW, OWNER, arc(1), b"b");
    let about = |keys, names_key, is_whole| HintedArc {
        keys,
        names_key,
        is_whole,
    };
    assert_eq!(hints.about(OWNER, arc(1), b"a"), about(2, true, false));
    assert_eq!(hints.about(OWNER, arc(1), b"x"), about(2, false, false));
    assert_eq!(hints.about(OWNER, arc(2), b"a"), HintedArc::default());
    hints.record(NOW, OWNER, arc(1), b"c");
    assert_eq!(hints.about(OWNER, arc(1), b"a"), about(0, false, true), "over the cap");
}

#[test]
fn over_the_cap_the_fullest_arc_becomes_dirty_and_the_others_keep_their_keys() {
    let mut hints = hints(4);
    for key in [b"a", b"b", b"c"] {
        hints.record(NOW, OWNER, arc(1), key);
    }
    hints.record(NOW, OWNER, arc(2), b"x");
    assert_eq!(hints.record(NOW, OWNER, arc(2), b"y"), Recorded::Collapsed { arcs: 1 });
    assert_eq!(
        hints.record(NOW, OWNER, arc(1), b"d"),
        Recorded::Known,
        "the whole arc is marked"
    );
    let batch = hints.take_batch(OWNER, 10);
    assert_eq!(batch.arcs, [arc(1)]);
    assert_eq!(
        batch.keys,
        [(arc(2), HintKey::from(&b"x"[..])), (arc(2), HintKey::from(&b"y"[..]))]
    );
}

#[test]
fn a_lower_cap_holds_at_once_for_every_owner() {
    let mut hints = hints(10);
    for (owner, number) in [(OWNER, 1), (OWNER, 2), (OTHER, 3)] {
        for key in [b"a", b"b", b"c"] {
            hints.record(NOW, owner, arc(number), key);
        }
    }
    let caps = HintCaps {
        keys_max: 3,
        bytes_max: 1 << 20,
    };
    assert_eq!(hints.limit_to(caps), 1, "one of the two arcs of the first owner");
    assert_eq!((hints.size(OWNER).keys, hints.size(OTHER).keys), (3, 3));
    assert_eq!(hints.record(NOW, OTHER, arc(3), b"d"), Recorded::Collapsed { arcs: 1 });
}

#[test]
fn a_key_larger_than_the_cap_marks_its_arc() {
    let mut hints = Hints::new(HintCaps {
        keys_max: 10,
        bytes_max: 100,
    });
    hints.record(NOW, OWNER, arc(1), b"small");
    assert_eq!(
        hints.record(NOW, OWNER, arc(2), &[b'k'; 200]),
        Recorded::Collapsed { arcs: 1 }
    );
    assert_eq!(
        hints.size(OWNER),
        HintSize {
            keys: 1,
            bytes: 5 + KEY_OVERHEAD_BYTES,
            arcs: 1
        }
    );
}

#[test]
fn a_key_written_while_its_batch_is_on_its_way_is_sent_again() {
    let mut hints = hints(10);
    hints.record(NOW, OWNER, arc(1), b"k");
    let batch = hints.take_batch(OWNER, 10);
    assert_eq!(batch.keys.len(), 1);
    assert_eq!(hints.record(NOW, OWNER, arc(1), b"k"), Recorded::First);
    assert_eq!(hints.take_batch(OWNER, 10), batch);
}

#[test]
fn a_batch_that_was_not_taken_comes_again() {
    let mut hints = hints(10);
    hints.record(NOW, OWNER, arc(1), b"a");
    hints.record_arc(NOW, OWNER, arc(2));
    let batch = hints.take_batch(OWNER, 10);
    assert!(hints.is_empty(OWNER));
    hints.give_back(OWNER, batch.clone());
    assert_eq!(hints.take_batch(OWNER, 10), batch);
}

#[test]
fn the_age_is_that_of_the_first_hint_since_all_were_sent() {
    let at = Instant::from_millis;
    let mut hints = hints(10);
    assert_eq!(hints.since(OWNER), None);
    hints.record(at(5), OWNER, arc(1), b"a");
    hints.record(at(7), OWNER, arc(1), b"b");
    hints.record_arc(at(8), OTHER, arc(1));
    assert_eq!((hints.since(OWNER), hints.since(OTHER)), (Some(at(5)), Some(at(8))));
    hints.take_batch(OWNER, 1);
    assert_eq!(hints.since(OWNER), Some(at(5)), "one is left");
    let last = hints.take_batch(OWNER, 1);
    assert_eq!(hints.since(OWNER), None);
    hints.record(at(9), OWNER, arc(2), b"c");
    assert_eq!(hints.since(OWNER), Some(at(9)));
    hints.give_back(OWNER, last);
    assert_eq!(
        hints.since(OWNER),
        Some(at(5)),
        "what was not taken is as old as before"
    );
}

#[test]
fn an_arc_that_is_written_to_all_the_time_does_not_hold_up_the_others() {
    let mut hints = hints(100);
    hints.record(NOW, OWNER, arc(9), b"waits");
    for round in 0..10_u8 {
        hints.record(NOW, OWNER, arc(1), &[round]);
        hints.record(NOW, OWNER, arc(1), &[round, round]);
        let batch = hints.take_batch(OWNER, 1);
        if batch.keys.iter().any(|(arc, _)| arc.get() == 9) {
            assert!(round <= 2, "the turn of the other arc came after {round} rounds");
            return;
        }
    }
    panic!("the turn of the other arc never came");
}

#[derive(Debug, Clone)]
enum Step {
    Record(u16, u8),
    RecordArc(u16),
    Take(usize),
    TakeAndGiveBack(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..5_u16, any::<u8>()).prop_map(|(arc, key)| Step::Record(arc, key)),
        1 => (0..5_u16).prop_map(Step::RecordArc),
        1 => (1..6_usize).prop_map(Step::Take),
        1 => (1..6_usize).prop_map(Step::TakeAndGiveBack),
    ]
}

fn covers(batch: &HintBatch, missed: &mut BTreeSet<(u16, u8)>) {
    for (arc, key) in &batch.keys {
        missed.remove(&(arc.get(), key[0]));
    }
    for arc in &batch.arcs {
        missed.retain(|(missed_arc, _)| *missed_arc != arc.get());
    }
}

proptest! {
    #[test]
    fn every_missed_key_is_sent_by_name_or_with_its_arc_and_the_caps_hold(steps in prop::collection::vec(step(), 1..200)) {
        let caps = HintCaps { keys_max: 20, bytes_max: 15 * (1 + KEY_OVERHEAD_BYTES) };
        let mut hints = Hints::new(caps);
        let mut missed = BTreeSet::new();
        for step in steps {
            match step {
                Step::Record(number, key) => {
                    hints.record(NOW, OWNER, arc(number), &[key]);
                    missed.insert((number, key));
                }
                Step::RecordArc(number) => {
                    hints.record_arc(NOW, OWNER, arc(number));
                }
                Step::Take(keys_max) => {
                    let batch = hints.take_batch(OWNER, keys_max);
                    prop_assert!(batch.keys.len() + batch.arcs.len() <= keys_max);
                    covers(&batch, &mut missed);
                }
                Step::TakeAndGiveBack(keys_max) => {
                    let batch = hints.take_batch(OWNER, keys_max);
                    hints.give_back(OWNER, batch);
                }
            }
            let size = hints.size(OWNER);
            prop_assert!(size.keys <= caps.keys_max && size.bytes <= caps.bytes_max, "{size:?}");
        }
        while !hints.is_empty(OWNER) {
            let batch = hints.take_batch(OWNER, 3);
            prop_assert!(!batch.is_empty(), "hints drain");
            covers(&batch, &mut missed);
        }
        prop_assert!(missed.is_empty(), "never sent: {missed:?}");
    }
}
