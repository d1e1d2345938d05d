//! Slices against a list.

use circlet_ring::ArcCount;
use proptest::prelude::*;

use super::*;
use crate::life::Life;
use crate::stamp::Stamp;
use crate::state::Summand;
use crate::time::{Instant, WallMs};

fn stamps() -> impl Strategy<Value = Stamp> {
    // Some slices apart, and some far.
    prop_oneof![20 => 0_u64..40_000, 1 => 0_u64..10_000_000]
        .prop_map(|ms| Stamp::new(WallMs::new(1_700_000_000_000 + ms), 7))
}

proptest! {
    #[test]
    fn sums_up_to_a_cut_are_those_of_a_list(
        parts in proptest::collection::vec((stamps(), any::<u64>(), any::<bool>(), any::<bool>()), 1..60),
        cut in stamps(),
    ) {
        let cut = cut_before(cut.ms());
        let mut sums = ArcSums::default();
        let mut list: Vec<Summand> = Vec::new();
        for (stamp, digest, is_grave, goes) in parts {
            let part = Summand { stamp, digest, is_grave };
            if goes && !list.is_empty() {
                sums.sub(list.swap_remove(digest as usize % list.len()));
            } else {
                sums.add(part);
                list.push(part);
            }
        }
        let sum = |which: &dyn Fn(&Summand) -> bool| {
            list.iter().filter(|part| which(part)).fold(0_u64, |sum, part| sum.wrapping_add(part.digest))
        };
        prop_assert_eq!(sums.total(), sum(&|_| true));
        if let Some(up_to) = sums.sum_up_to(cut, Stamp::ZERO) {
            prop_assert_eq!(up_to, sum(&|part| part.stamp <= cut));
            let has_graves = list.iter().any(|part| part.is_grave && part.stamp <= cut && part.digest != 0);
            prop_assert!(!has_graves || sums.has_graves_up_to(cut));
            sums.become_synced(cut);
            prop_assert!(!sums.has_graves_up_to(cut), "what was left was left for a reason");
        }
    }
}

proptest! {
    #[test]
    fn what_is_added_at_once_is_added_one_by_one(
        parts in proptest::collection::vec((stamps(), any::<u64>(), 0..3_usize), 1..60),
        cut in stamps(),
    ) {
        let mut entries = vec![Sums::default(); 3];
        for &(stamp, digest, entry) in &parts {
            entries[entry].add(Summand { stamp, digest, is_grave: digest % 2 == 0 });
        }
        let [mut at_once, mut one_by_one] = [Sums::default(), Sums::default()];
        entries.iter().for_each(|entry| at_once.add_all(entry));
        at_once.sub_all(&entries[1]);
        for &(stamp, digest, entry) in &parts {
            let part = Summand { stamp, digest, is_grave: digest % 2 == 0 };
            one_by_one.add(part);
            if entry == 1 {
                one_by_one.sub(part);
            }
        }
        prop_assert_eq!(&at_once, &one_by_one);
        prop_assert_eq!(at_once.all.sum_up_to(cut_before(cut.ms())), one_by_one.all.sum_up_to(cut_before(cut.ms())));
    }
}

#[test]
fn a_cut_is_the_last_stamp_of_a_slice_and_in_the_past() {
    let wall = WallMs::new(1_763_719_355_123);
    let cut = cut_before(wall);
    assert!(is_cut(cut) && !is_cut(Stamp::new(wall, 0)));
    assert!(wall.ms_since(cut.ms()) <= SLICE_MS && cut < Stamp::new(wall, 0));
    assert_eq!(cut_before(cut.ms()), Stamp::from_bits(cut.to_bits() - (SLICE_MS << 16)));
}

#[test]
fn a_cut_of_recent_seconds_can_be_told_and_one_of_long_ago_not() {
    let at = |seconds: u64| Stamp::new(WallMs::new(1_700_000_000_000 + seconds * 1_000), 0);
    let mut slices = Slices::default();
    for second in 0..100 {
        slices.add(at(second), 1);
    }
    assert!(slices.sum_up_to(cut_before(at(90).ms())).is_some());
    assert_eq!(slices.sum_up_to(cut_before(at(50).ms())), None);
    assert_eq!(slices.sum_up_to(Stamp::MAX), None, "that is no cut of ours to tell");
}

const PERIOD: std::time::Duration = std::time::Duration::from_secs(4);
const WALL: WallMs = WallMs::new(1_763_719_355_123);

/// The rounds of a node that owns arcs 0 and 1 with the peers 7 and 8.
struct Stage {
    rounds: Rounds<u8>,
    now: Instant,
    lives: [(u8, Life); 2],
}

impl Stage {
    fn new() -> Self {
        let arcs = ArcCount::new(512).expect("a power of two");
        let rounds = Rounds::new(arcs, PERIOD, Instant::ZERO);
        let lives = [(7, Life::new(1)), (8, Life::new(1))];
        Self {
            rounds,
            now: Instant::ZERO,
            lives,
        }
    }

    /// The next round that is begun, within a pass.
    fn begin(&mut self) -> Option<Round<u8>> {
        (0..2).find_map(|_| {
            self.now = self.rounds.next_deadline();
            let lives = self.lives;
            self.rounds
                .begin(self.now, WALL, |arc| (arc.get() < 2).then(|| lives.to_vec()))
        })
    }

    fn answer(&mut self, round: &Round<u8>, verdicts: [[RoundVerdict; 2]; 2]) -> Settled<u8> {
        let answer = |verdicts: [RoundVerdict; 2], life| RoundAnswer {
            life,
            verdicts: verdicts.to_vec(),
        };
        let [(first, first_life), (second, second_life)] = self.lives;
        assert_eq!(
            self.rounds
                .on_answer(round.id, first, Some(&answer(verdicts[0], first_life))),
            None
        );
        let last = answer(verdicts[1], second_life);
        self.rounds
            .on_answer(round.id, second, Some(&last))
            .expect("all have answered")
    }
}

use RoundVerdict::{Different, Refused, Same};

#[test]
fn an_arc_is_synced_once_every_owner_has_the_same_and_the_next_round_says_so_again() {
    let mut stage = Stage::new();
    let round = stage.begin().expect("due");
    assert!(is_cut(round.cut) && WALL.ms_since(round.cut.ms()) >= 2_000);
    let settled = stage.answer(&round, [[Same, Same], [Same, Refused]]);
    assert_eq!((settled.synced.len(), settled.different, settled.refused), (1, 0, 1));
    assert_eq!(settled.told.len(), 2);
    assert!(settled.told.iter().all(|told| told.arcs.len() == 1));
    let again = stage.begin().expect("the next pass");
    for asked in &again.asked {
        let cuts: Vec<Stamp> = asked.arcs.iter().map(|(_, synced)| *synced).collect();
        assert_eq!(cuts, [round.cut, Stamp::ZERO]);
    }
}

#[test]
fn a_life_that_was_not_asked_agrees_to_nothing_and_hears_of_nothing() {
    let mut stage = Stage::new();
    let round = stage.begin().expect("due");
    stage.answer(&round, [[Same; 2]; 2]);
    let round = stage.begin().expect("the next pass");
    stage.lives[1].1 = Life::new(2);
    let settled = stage.answer(&round, [[Same; 2]; 2]);
    assert_eq!((settled.synced.len(), settled.refused), (0, 2));
    let round = stage.begin().expect("the next pass");
    let of_new_life = round.asked.iter().find(|asked| asked.peer == 8).expect("it is asked");
    assert!(of_new_life.arcs.iter().all(|(_, synced)| *synced == Stamp::ZERO));
}

#[test]
fn a_difference_is_looked_at_again_and_then_exchanged() {
    let mut stage = Stage::new();
    let round = stage.begin().expect("due");
    let settled = stage.answer(&round, [[Same, Different], [Same, Same]]);
    assert_eq!((settled.different, settled.to_exchange.len()), (1, 0));
    let before = stage.now;
    let round = stage.begin().expect("in the next window");
    assert!(stage.now.since(before) < PERIOD);
    assert_eq!(round.asked[0].arcs.len(), 1, "only what differed");
    let [(peer, life), (other, other_life)] = stage.lives;
    let answer = |verdict, life| RoundAnswer {
        life,
        verdicts: vec![verdict],
    };
    stage.rounds.on_answer(round.id, peer, Some(&answer(Different, life)));
    let settled = stage
        .rounds
        .on_answer(round.id, other, Some(&answer(Same, other_life)))
        .expect("the last");
    assert_eq!(
        settled.to_exchange.iter().map(|(peer, _)| *peer).collect::<Vec<_>>(),
        [7]
    );
}

#[test]
fn an_arc_is_in_one_round_at_a_time_and_a_lost_link_ends_it() {
    let mut stage = Stage::new();
    let round = stage.begin().expect("due");
    assert_eq!(stage.begin(), None);
    assert_eq!(stage.rounds.on_answer(round.id, 7, None), None);
    let settled = stage.rounds.on_answer(round.id, 8, None).expect("the last");
    assert_eq!((settled.synced.len(), settled.refused), (0, 2));
    assert_eq!(
        stage.rounds.on_answer(round.id, 8, None),
        None,
        "a second answer finds nothing"
    );
    assert!(stage.begin().is_some());
}
