use proptest::prelude::*;

use super::*;
use crate::topology::testing::topology;

pub(super) const NOW: Instant = Instant::from_millis(1);

/// One node's catch-up and, for arc 0, the truth about the others.
pub(super) struct Case {
    pub(super) catchup: Catchup,
    pub(super) arc: ArcId,
    me: usize,
    pub(super) owners: Vec<MemberIndex>,
    pub(super) now: Instant,
}

impl Case {
    /// `n` owners, this node the one at `me`.
    pub(super) fn new(n: u8, me: usize) -> Self {
        let topology = topology(n, n);
        let arc = topology.settings().arcs.arc(0).unwrap();
        let owners = topology.owners(arc).to_vec();
        let catchup = Catchup::new(&topology, owners[me], None, NOW);
        Self {
            catchup,
            arc,
            me,
            owners,
            now: NOW,
        }
    }

    pub(super) fn see(&mut self, reachable: &[usize], caught_up: &[usize], coordinating: bool, is_new_view: bool) {
        let set = |positions: &[usize]| positions.iter().copied().fold(OwnerSet::EMPTY, OwnerSet::with);
        let (reachable, caught_up) = (set(reachable), set(caught_up));
        self.catchup
            .set_owners(NOW, self.arc, reachable, caught_up, coordinating, is_new_view);
    }

    /// What would begin now, in arc 0: positions.
    fn begin(&mut self) -> Vec<(usize, ExchangeId)> {
        let begun = self.catchup.begin(self.now);
        let of_arc = begun.iter().filter(|begin| begin.arc == self.arc);
        let position = |member| self.owners.iter().position(|&owner| owner == member).unwrap();
        let mut positions: Vec<_> = of_arc.map(|begin| (position(begin.member), begin.id)).collect();
        positions.sort_unstable();
        positions
    }

    pub(super) fn begin_positions(&mut self) -> Vec<usize> {
        self.begin().into_iter().map(|(position, _)| position).collect()
    }

    /// Exchanges with those that it wants to, who answer whether they kept their memory.
    pub(super) fn exchange(&mut self, kept_memory: impl Fn(usize) -> bool) -> Vec<usize> {
        let begun = self.begin();
        for &(position, id) in &begun {
            let kept_memory = kept_memory(position);
            self.catchup
                .on_exchanged(NOW, id, ExchangeOutcome::Merged { kept_memory });
        }
        begun.into_iter().map(|(position, _)| position).collect()
    }

    fn is_caught_up(&self) -> bool {
        self.catchup.caught_up().contains(self.arc)
    }

    fn others(&self) -> Vec<usize> {
        (0..self.owners.len()).filter(|&position| position != self.me).collect()
    }
}

#[test]
fn a_node_has_caught_up_after_n_minus_w_plus_1_others_that_kept_their_memory() {
    for (n, kept_min) in [(2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 4), (8, 4)] {
        for kept in 0..usize::from(n) {
            let mut case = Case::new(n, 0);
            let there: Vec<usize> = case.others().into_iter().take(kept).collect();
            case.see(&there, &there, false, false);
            case.exchange(|_| true);
            assert_eq!(
                case.is_caught_up(),
                kept >= kept_min,
                "{n} owners, {kept} of the others answered from memory"
            );
        }
    }
}

#[test]
fn an_arc_that_nobody_else_owns_is_open_at_once() {
    assert!(Case::new(1, 0).is_caught_up());
}

#[test]
fn without_memory_anywhere_the_arc_opens_only_when_all_have_answered() {
    let mut case = Case::new(3, 1);
    case.see(&[0], &[], false, false);
    assert_eq!(case.exchange(|_| false), [0]);
    assert!(!case.is_caught_up(), "the third may remember");
    case.see(&[0, 2], &[], false, false);
    assert_eq!(case.exchange(|_| false), [2]);
    assert!(case.is_caught_up());
}

#[test]
fn one_that_remembers_and_one_that_does_not_are_everything_that_exists() {
    let mut case = Case::new(3, 0);
    case.see(&[1, 2], &[1], false, false);
    case.exchange(|position| position == 1);
    assert!(case.is_caught_up());
}

#[test]
fn an_answer_without_memory_is_asked_again_once_the_peer_has_caught_up() {
    let mut case = Case::new(5, 0);
    case.see(&[1, 2], &[], false, false);
    assert_eq!(case.exchange(|_| false), [1, 2]);
    assert_eq!(case.begin_positions(), [], "nothing new to hear");
    case.see(&[1, 2], &[2], false, false);
    assert_eq!(case.exchange(|_| true), [2]);
}

#[test]
fn a_new_life_of_a_peer_voids_its_answer() {
    let mut case = Case::new(3, 0);
    case.see(&[1], &[], false, false);
    case.exchange(|_| false);
    case.catchup.on_new_life(NOW, case.owners[1]);
    case.see(&[1, 2], &[], false, false);
    let begun = case.begin();
    assert_eq!(begun.len(), 2, "the one that restarted is asked again");
    let (_, of_2) = begun[1];
    case.catchup
        .on_exchanged(NOW, of_2, ExchangeOutcome::Merged { kept_memory: false });
    assert!(!case.is_caught_up(), "its former self's answer does not count");
}

#[test]
fn an_answer_from_a_life_that_is_over_is_ignored() {
    let mut case = Case::new(2, 0);
    case.see(&[1], &[1], false, false);
    let begun = case.begin();
    let (_, id) = begun[0];
    case.catchup.on_new_life(NOW, case.owners[1]);
    assert_eq!(
        case.catchup
            .on_exchanged(NOW, id, ExchangeOutcome::Merged { kept_memory: true }),
        None
    );
    assert!(!case.is_caught_up());
    assert_eq!(
        case.catchup.on_exchanged(NOW, id, ExchangeOutcome::Failed),
        None,
        "reported twice"
    );
}

pub(super) fn caught_up_case(n: u8) -> Case {
    let mut case = Case::new(n, 0);
    let others = case.others();
    case.see(&others, &others, false, false);
    case.exchange(|_| true);
    assert!(case.is_caught_up());
    case
}

#[test]
fn the_coordinator_takes_over_from_as_many_others_as_a_quorum_has() {
    for (n, others_min) in [(2, 1), (3, 1), (4, 2), (5, 2), (8, 4)] {
        let mut case = caught_up_case(n);
        let others = case.others();
        case.see(&others, &others, true, true);
        let asked = case.exchange(|_| true);
        assert_eq!(asked.len(), others_min, "{n} owners");
        assert_eq!(case.catchup.taken_over(case.arc).len(), others_min, "{n} owners");
        case.see(&others, &others, true, false);
        assert_eq!(case.begin_positions(), [], "{n} owners: done");
    }
}

#[test]
fn one_without_memory_does_not_count_for_taking_over() {
    let mut case = caught_up_case(3);
    case.see(&[1, 2], &[2], true, true);
    assert_eq!(case.begin_positions(), [2], "1 has not caught up");
    let mut case = caught_up_case(3);
    case.see(&[1, 2], &[1, 2], true, true);
    assert_eq!(
        case.exchange(|_| false),
        [1],
        "it lost its memory, and its word has not come yet"
    );
    assert!(case.catchup.taken_over(case.arc).is_empty());
}

#[test]
fn who_does_not_coordinate_takes_over_only_when_a_command_waits() {
    let mut case = caught_up_case(3);
    case.see(&[1, 2], &[1, 2], false, true);
    assert_eq!(case.begin_positions(), []);
    case.catchup.want(NOW, case.arc);
    assert_eq!(case.exchange(|_| true), [1]);
    case.see(&[1, 2], &[1, 2], false, true);
    assert_eq!(case.begin_positions(), [], "it was for that view");
}

#[test]
fn an_exchange_begun_in_an_earlier_view_does_not_count_in_the_present_one() {
    let mut case = caught_up_case(3);
    case.see(&[1], &[1], true, true);
    let begun = case.begin();
    case.see(&[1], &[1], true, true);
    assert_eq!(case.begin_positions(), [], "one at a time with a peer");
    case.catchup
        .on_exchanged(NOW, begun[0].1, ExchangeOutcome::Merged { kept_memory: true });
    assert!(
        case.catchup.taken_over(case.arc).is_empty(),
        "it was asked before the view changed"
    );
    assert_eq!(case.exchange(|_| true), [1], "asked anew");
    assert_eq!(case.catchup.taken_over(case.arc).len(), 1);
}

#[test]
fn who_is_held_for_the_coordinator_by_nobody_does_not_take_over() {
    let mut case = caught_up_case(3);
    case.see(&[1], &[1], true, true);
    let begun = case.begin();
    case.catchup.on_exchanged(NOW, begun[0].1, ExchangeOutcome::Contested);
    assert!(
        case.catchup.taken_over(case.arc).is_empty(),
        "the other coordinates still"
    );
    assert_eq!(case.begin_positions(), [], "it is asked again, but not at once");
    let later = case.catchup.next_deadline().expect("it is asked again");
    let begun = case.catchup.begin(later);
    case.catchup
        .on_exchanged(later, begun[0].id, ExchangeOutcome::Merged { kept_memory: true });
    assert_eq!(case.catchup.taken_over(case.arc).len(), 1);

    let mut empty = Case::new(2, 0);
    empty.see(&[1], &[1], false, false);
    let begun = empty.begin();
    empty.catchup.on_exchanged(NOW, begun[0].1, ExchangeOutcome::Contested);
    assert!(empty.is_caught_up(), "somebody else has to coordinate meanwhile");
}

#[test]
fn an_exchange_begun_without_memory_does_not_count_for_taking_over() {
    let mut case = Case::new(3, 0);
    case.see(&[1, 2], &[1, 2], true, true);
    case.exchange(|_| true);
    assert!(case.is_caught_up());
    assert!(
        case.catchup.taken_over(case.arc).is_empty(),
        "the others have not heard yet that this one has caught up"
    );
}

#[test]
fn a_peer_that_fails_is_left_alone_for_a_while_and_others_are_asked_instead() {
    let mut case = caught_up_case(3);
    case.see(&[1, 2], &[1, 2], true, true);
    let begun = case.begin();
    assert_eq!(begun[0].0, 1);
    case.catchup.on_exchanged(NOW, begun[0].1, ExchangeOutcome::Failed);
    assert_eq!(case.exchange(|_| true), [2]);
    assert_eq!(case.catchup.taken_over(case.arc).iter().collect::<Vec<_>>(), [2]);

    let mut alone = caught_up_case(3);
    alone.see(&[1], &[1], true, true);
    let begun = alone.begin();
    alone.catchup.on_exchanged(NOW, begun[0].1, ExchangeOutcome::Failed);
    assert_eq!(alone.begin_positions(), [], "paused");
    let later = alone.catchup.next_deadline().expect("it is tried again");
    assert_eq!(alone.catchup.begin(later).len(), 1);
    assert_eq!(alone.catchup.next_deadline(), None);
}

#[test]
fn a_peer_of_another_epoch_is_asked_again_within_milliseconds_and_more_rarely_while_it_stays_so() {
    let mut case = caught_up_case(2);
    case.see(&[1], &[1], true, true);
    let mut now = NOW;
    let mut pauses = Vec::new();
    for _ in 0..12 {
        let begun = case.catchup.begin(now);
        assert_eq!(begun.len(), 1, "at {now:?}");
        case.catchup.on_exchanged(now, begun[0].id, ExchangeOutcome::Refused);
        assert_eq!(case.catchup.begin(now).len(), 0, "not at once");
        let next = case.catchup.next_deadline().expect("it is asked again");
        pauses.push(next.since(now).as_millis());
        now = next;
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000]);
    let begun = case.catchup.begin(now);
    case.catchup
        .on_exchanged(now, begun[0].id, ExchangeOutcome::Merged { kept_memory: true });
    assert_eq!(case.catchup.taken_over(case.arc).len(), 1, "it has followed");
}

#[test]
fn missed_writes_are_fetched_until_an_exchange_that_began_later_succeeds() {
    let mut case = caught_up_case(3);
    case.see(&[1, 2], &[1, 2], false, false);
    case.catchup.on_stale(NOW, case.arc, case.owners[2]);
    let begun = case.begin();
    assert_eq!(begun[0].0, 2);
    case.catchup.on_stale(NOW, case.arc, case.owners[2]);
    case.catchup
        .on_exchanged(NOW, begun[0].1, ExchangeOutcome::Merged { kept_memory: true });
    assert_eq!(case.begin().len(), 1, "it may not have been in that answer");
    case.catchup.on_link_down(NOW, case.owners[2]);
    assert_eq!(case.exchange(|_| true), [2], "a broken exchange fetched nothing");
    assert_eq!(case.begin_positions(), []);
}

#[test]
fn arcs_with_waiting_commands_come_first_and_bulk_leaves_them_room() {
    let mut case = Case::new(3, 0);
    let arcs: Vec<ArcId> = case.catchup.caught_up().arc_count().arcs().collect();
    for &arc in &arcs {
        case.catchup
            .set_owners(NOW, arc, OwnerSet::first(3), OwnerSet::EMPTY, false, false);
    }
    let begun = case.catchup.begin(NOW);
    assert_eq!(begun.len(), 2 * lane::BULK_IN_FLIGHT_MAX, "two peers");
    assert_eq!(case.catchup.begin(NOW), [], "no more in bulk");
    let waiting = arcs[200];
    case.catchup.want(NOW, waiting);
    let urgent = case.catchup.begin(NOW);
    assert!(
        urgent
            .iter()
            .all(|begin| begin.arc == waiting && begin.reason == ExchangeReason::Wanted)
    );
    assert_eq!(urgent.len(), 2);
    for arc in arcs {
        case.catchup.want(NOW, arc);
    }
    case.catchup.begin(NOW);
    assert_eq!(case.catchup.in_flight_count(), 2 * lane::IN_FLIGHT_MAX);
}

#[test]
fn an_arc_is_opened_alone_only_by_the_setting_and_only_without_those_that_stayed_away() {
    let topology = topology(3, 3);
    let arcs = topology.settings().arcs;
    let (me, late) = (MemberIndex::new(0), NOW + Duration::from_secs(60));
    let mut patient = Catchup::new(&topology, me, None, NOW);
    assert_eq!(patient.open_alone(late), []);
    let mut hasty = Catchup::new(&topology, me, Some(Duration::from_secs(60)), NOW);
    assert_eq!(hasty.open_alone(NOW + Duration::from_secs(59)), []);
    hasty.set_reachable(NOW, MemberIndex::new(1), true);
    assert_eq!(hasty.open_alone(late), [], "one is there and may remember");
    hasty.set_reachable(NOW, MemberIndex::new(1), false);
    assert_eq!(hasty.open_alone(late).len(), usize::from(arcs.get()));
    assert!(hasty.is_complete());
    assert_eq!(hasty.opened_alone_count(), 256);
}

#[derive(Debug, Clone)]
enum Step {
    See {
        reachable: u8,
        caught_up: u8,
        coordinating: bool,
        is_new_view: bool,
    },
    Begin,
    Finish {
        which: usize,
        outcome: u8,
    },
    NewLife(usize),
    LinkDown(usize),
    Want,
    Stale(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<u8>(), any::<u8>(), any::<bool>(), any::<bool>()).prop_map(|(reachable, caught_up, coordinating, is_new_view)| Step::See { reachable, caught_up, coordinating, is_new_view }),
        4 => Just(Step::Begin),
        6 => (any::<usize>(), 0..4_u8).prop_map(|(which, outcome)| Step::Finish { which, outcome }),
        1 => (0..5_usize).prop_map(Step::NewLife),
        1 => (0..5_usize).prop_map(Step::LinkDown),
        1 => Just(Step::Want),
        1 => (0..5_usize).prop_map(Step::Stale),
    ]
}

proptest! {
    /// Against a dumb twin: the latest answers of the present lives, by position.
    #[test]
    fn caught_up_is_what_the_answers_of_the_present_lives_say(n in 1..6_u8, steps in prop::collection::vec(step(), 1..80)) {
        let mut case = Case::new(n, 0);
        let mut answers: Vec<Option<bool>> = vec![None; usize::from(n)];
        let mut flying: Vec<(usize, ExchangeId)> = Vec::new();
        let mut expected = n == 1;
        for step in steps {
            match step {
                Step::See { reachable, caught_up, coordinating, is_new_view } => {
                    let (reachable, caught_up) = (OwnerSet::from_bits(reachable.into()), OwnerSet::from_bits(caught_up.into()));
                    case.catchup.set_owners(NOW, case.arc, reachable, caught_up, coordinating, is_new_view);
                }
                Step::Begin => flying.extend(case.begin()),
                Step::Finish { which, outcome } if !flying.is_empty() => {
                    let (position, id) = flying.remove(which % flying.len());
                    let outcome = match outcome {
                        0 => ExchangeOutcome::Failed,
                        1 => ExchangeOutcome::Merged { kept_memory: false },
                        _ => ExchangeOutcome::Merged { kept_memory: true },
                    };
                    case.catchup.on_exchanged(NOW, id, outcome);
                    if let ExchangeOutcome::Merged { kept_memory } = outcome {
                        answers[position] = Some(kept_memory || answers[position] == Some(true));
                    }
                }
                Step::NewLife(position) if position > 0 && position < usize::from(n) => {
                    case.catchup.on_new_life(NOW, case.owners[position]);
                    answers[position] = None;
                    flying.retain(|&(other, _)| other != position);
                }
                Step::LinkDown(position) if position > 0 && position < usize::from(n) => {
                    case.catchup.on_link_down(NOW, case.owners[position]);
                    flying.retain(|&(other, _)| other != position);
                }
                Step::Want => case.catchup.want(NOW, case.arc),
                Step::Stale(position) if position < usize::from(n) => case.catchup.on_stale(NOW, case.arc, case.owners[position]),
                _ => {}
            }
            let n = usize::from(n);
            let kept = answers.iter().flatten().filter(|&&kept| kept).count();
            let all_answered = answers[1..].iter().all(Option::is_some);
            expected |= kept > n - (n / 2 + 1) || all_answered;
            prop_assert_eq!(case.is_caught_up(), expected);
            prop_assert_eq!(case.catchup.in_flight_count(), flying.len(), "what is under way is counted");
            let mut positions: Vec<usize> = flying.iter().map(|&(position, _)| position).collect();
            positions.dedup();
            positions.sort_unstable();
            positions.dedup();
            prop_assert_eq!(positions.len(), flying.len(), "one exchange of an arc with a peer at a time");
        }
    }
}

#[test]
fn an_arc_wanted_where_somebody_else_coordinates_holds_up_no_exchange() {
    let mut case = Case::new(3, 0);
    case.see(&[1, 2], &[1, 2], false, false);
    case.exchange(|_| true);
    case.catchup.want(NOW, case.arc);
    for (_, id) in case.begin() {
        case.catchup.on_exchanged(NOW, id, ExchangeOutcome::Contested);
    }
    assert_eq!(
        case.begin_positions(),
        [],
        "it is not asked again by itself: all agree who coordinates"
    );

    case.see(&[1, 2], &[1, 2], true, true);
    let begun = case.begin();
    assert_eq!(
        begun.len(),
        1,
        "and taking over does not wait for a peer that was only of another opinion"
    );
}
