//! What happens, step by step, in the situations that matter.

use circlet_core::register::{Message, Outcome, ProposeError, ShortId, forced_recoveries};
use circlet_core::time::Instant;
use circlet_core::topology::Epoch;
use circlet_core::topology::VOTERS_MAX;

use crate::change::Change;
use crate::toy::{Toy, id};
use crate::world::{Envelope, History, Planted, World};

fn formed(voters: impl IntoIterator<Item = u64>, joiners: &[u64]) -> World {
    let voters: Vec<u64> = voters.into_iter().collect();
    let mut world = World::new(Toy::first(voters.clone()), &voters, joiners, Planted::Nothing);
    world.history = Some(History::default());
    world
}

/// Delivers what `passes`, and loses the rest, until nothing is on its way.
fn run(world: &mut World, passes: impl Fn(&Envelope) -> bool) {
    while let Some(envelope) = world.network.pop_first() {
        if passes(&envelope) {
            world.deliver(&envelope, Instant::ZERO, 0);
        }
    }
    assert!(world.violations().is_empty(), "{:?}", world.violations());
}

/// Runs until a proposal of `node` is over, and takes what became of it.
fn run_until_done(world: &mut World, node: u64, passes: impl Fn(&Envelope) -> bool) -> Outcome<Toy> {
    loop {
        run(world, &passes);
        if let Some((by, outcome)) = world.history.as_mut().and_then(|history| history.outcomes.pop()) {
            assert_eq!(by, id(node));
            return outcome;
        }
        let passed = world.pass_deadline(id(node), 0);
        assert!(passed.is_some(), "a proposal is under way or over");
    }
}

fn all(_: &Envelope) -> bool {
    true
}

/// Nothing reaches or leaves the nodes `cut`.
fn without(cut: &[u64]) -> impl Fn(&Envelope) -> bool {
    let cut: Vec<ShortId> = cut.iter().map(|&node| id(node)).collect();
    move |envelope| !cut.contains(&envelope.from) && !cut.contains(&envelope.to)
}

fn propose(world: &mut World, node: u64, change: Change) {
    assert!(world.propose(id(node), change, Instant::ZERO), "{node} can propose");
}

#[test]
fn a_change_is_made_and_every_voter_holds_it() {
    let mut world = formed(1..=3, &[]);
    propose(&mut world, 1, Change::Nothing);
    let Outcome::Made(made) = run_until_done(&mut world, 1, all) else {
        panic!("nobody is in the way");
    };
    for node in 1..=3 {
        assert_eq!(world.held(id(node)), Some(made));
    }
}

#[test]
fn a_minority_changes_nothing_and_says_how_many_it_reached() {
    let mut world = formed(1..=5, &[]);
    propose(&mut world, 1, Change::Nothing);
    let unreachable = Outcome::Unreachable {
        reached: 2,
        needed: 3,
        unsure: false,
    };
    assert_eq!(run_until_done(&mut world, 1, without(&[3, 4, 5])), unreachable);
    propose(&mut world, 3, Change::Nothing);
    let others = run_until_done(&mut world, 3, without(&[1, 2]));
    assert!(matches!(others, Outcome::Made(_)), "the majority goes on: {others:?}");
}

#[test]
fn whoever_comes_second_is_refused_with_the_document_that_came_first() {
    let mut world = formed(1..=3, &[]);
    propose(&mut world, 1, Change::Nothing);
    propose(&mut world, 2, Change::Nothing);
    run(&mut world, all);
    for node in [1, 2].into_iter().cycle() {
        if [1, 2]
            .iter()
            .all(|&node| world.register(id(node)).next_deadline().is_none())
        {
            break;
        }
        world.pass_deadline(id(node), 0);
        run(&mut world, all);
    }
    let outcomes = world.history.unwrap().outcomes;
    let made = outcomes.iter().find_map(|(by, outcome)| match outcome {
        Outcome::Made(made) => Some((*by, *made)),
        _ => None,
    });
    let (winner, made) = made.expect("one of them is through");
    let refused = Outcome::Refused {
        newest: made,
        unsure: false,
    };
    assert_eq!(outcomes.len(), 2);
    assert!(
        outcomes
            .iter()
            .any(|(by, outcome)| *by != winner && *outcome == refused)
    );
}

#[test]
fn a_joiner_is_sent_the_document_and_then_votes() {
    let mut world = formed([1, 2], &[3]);
    propose(&mut world, 1, Change::Add(3));
    // One of the two is away, so the joiner's vote is needed once it is a voter, and not before.
    let unreachable = run_until_done(&mut world, 1, without(&[2]));
    assert!(
        matches!(unreachable, Outcome::Unreachable { reached: 1, .. }),
        "a joiner does not decide that it joins"
    );
    propose(&mut world, 1, Change::Add(3));
    let made = run_until_done(&mut world, 1, all);
    assert!(matches!(made, Outcome::Made(_)), "{made:?}");
    propose(&mut world, 3, Change::Nothing);
    let made = run_until_done(&mut world, 3, without(&[2]));
    assert!(matches!(made, Outcome::Made(_)), "{made:?}");
}

#[test]
fn a_voter_that_is_not_there_is_not_added_by_halves() {
    let mut world = formed([1], &[2]);
    propose(&mut world, 1, Change::Add(2));
    let outcome = run_until_done(&mut world, 1, without(&[2]));
    assert!(
        matches!(outcome, Outcome::Unreachable { unsure: false, .. }),
        "no vote was asked for: {outcome:?}"
    );
    propose(&mut world, 1, Change::Nothing);
    let made = run_until_done(&mut world, 1, without(&[2]));
    assert!(
        matches!(made, Outcome::Made(_)),
        "and so nothing is in the way of the next change"
    );
}

#[test]
fn a_change_left_half_way_is_finished_by_whoever_comes_next() {
    let mut world = formed(1..=3, &[]);
    propose(&mut world, 1, Change::Nothing);
    // 2 votes, and nobody hears of it.
    run(&mut world, |envelope| {
        envelope.to != id(3) && !matches!(envelope.message, Message::Accepted { .. })
    });
    world.crash(id(1));
    world.crash(id(2));
    assert!(world.read(id(3), Instant::ZERO));
    let Outcome::Newest(newest) = run_until_done(&mut world, 3, without(&[1])) else {
        panic!("two of three are there");
    };
    assert_eq!((newest.epoch, newest.tag), (2, 1001), "the change of node 1");
    assert_eq!(world.held(id(2)), Some(newest));
}

#[test]
fn whoever_was_away_for_many_changes_reads_the_newest_from_the_voters_it_knows() {
    let mut world = formed(1..=3, &[4, 5]);
    let changes = [Change::Add(4), Change::Add(5), Change::Remove(2), Change::Nothing];
    for change in changes {
        propose(&mut world, 1, change);
        let made = run_until_done(&mut world, 1, without(&[3]));
        assert!(matches!(made, Outcome::Made(_)), "{change:?}: {made:?}");
    }
    assert_eq!(world.held(id(3)), Some(Toy::first(1..=3)), "it was away");
    assert!(world.read(id(3), Instant::ZERO));
    let newest = run_until_done(&mut world, 3, without(&[1]));
    assert_eq!(
        newest,
        Outcome::Newest(world.held(id(1)).unwrap()),
        "with half of the old voters gone"
    );
}

/// Schedule 12: the zones re-spread the voters. Both documents get votes, under lists of which neither is the other's.
#[test]
fn seven_voters_swapped_while_two_nodes_propose_have_one_document_an_epoch() {
    let mut world = formed(1..=7, &[8]);
    propose(&mut world, 2, Change::Remove(1));
    // Everybody promises; three vote for "without 1", and 2 dies.
    run(&mut world, |envelope| {
        !matches!(&envelope.message, Message::Accept { .. } if envelope.to > id(3))
            && !matches!(&envelope.message, Message::Accepted { .. })
    });
    world.crash(id(2));
    propose(&mut world, 5, Change::Add(8));
    // It hears of nobody who voted.
    let outcome = run_until_done(&mut world, 5, without(&[1, 2, 3]));
    assert!(
        matches!(outcome, Outcome::Made(_)),
        "four of seven, and five of eight: {outcome:?}"
    );
    assert!(
        world
            .held(id(8))
            .is_some_and(|held| held.is_voter(1) && held.is_voter(8))
    );
    // Those three, and whoever they reach under either list, can only find the same.
    assert!(world.read(id(3), Instant::ZERO));
    let outcome = run_until_done(&mut world, 3, without(&[5, 6, 7]));
    assert_eq!(outcome, Outcome::Newest(world.held(id(5)).unwrap()));
    propose(&mut world, 3, Change::Remove(1));
    assert!(matches!(run_until_done(&mut world, 3, all), Outcome::Made(_)));
    assert!(
        world
            .held(id(4))
            .is_some_and(|held| !held.is_voter(1) && held.is_voter(8))
    );
}

#[test]
fn what_cannot_be_proposed_is_refused_before_anything_is_sent() {
    let mut world = formed(1..=3, &[4]);
    let now = Instant::ZERO;
    let first = Toy::first(1..=3);
    let mut register = world.register(id(1)).clone();
    let swap = first.followed_by(9).with(4).without(3);
    assert_eq!(register.propose(swap, now), Err(ProposeError::VoterSteps));
    let later = first.followed_by(9).followed_by(9);
    assert_eq!(register.propose(later, now), Err(ProposeError::NotHeld(Epoch::FIRST)));
    assert!(register.propose(first.followed_by(9), now).is_ok());
    assert_eq!(register.propose(first.followed_by(9), now), Err(ProposeError::Busy));
    let mut joiner = world.register(id(4)).clone();
    assert_eq!(joiner.propose(first, now), Err(ProposeError::NotHeld(Epoch::new(0))));
    assert_eq!(joiner.read(now), Err(ProposeError::NotHeld(Epoch::new(0))));
    assert!(first.followed_by(1).is_voter(3) && VOTERS_MAX == 8);

    propose(&mut world, 1, Change::Nothing);
    let Outcome::Made(made) = run_until_done(&mut world, 1, all) else {
        panic!("nobody is in the way");
    };
    let mut register = world.register(id(2)).clone();
    let refused = register.propose(first.followed_by(9), now).unwrap();
    let newest = Outcome::Refused {
        newest: made,
        unsure: false,
    };
    assert_eq!(
        refused,
        [circlet_core::register::Output::Done(newest)],
        "made from a document that is not the newest"
    );
}

#[test]
fn a_forced_document_is_newer_than_all_that_the_lost_voters_chose() {
    let mut world = formed(1..=3, &[]);
    for _ in 0..3 {
        propose(&mut world, 2, Change::Nothing);
        run_until_done(&mut world, 2, without(&[1]));
    }
    let forced = world.force(id(1), [1]);
    assert_eq!((forced.follows, forced.from_accepted), (Epoch::FIRST, false));
    let (lost, document) = (world.held(id(2)).unwrap(), forced.document);
    assert!(document.epoch > lost.epoch);
    assert_eq!(
        (
            forced_recoveries(document_epoch(document)),
            forced_recoveries(document_epoch(lost))
        ),
        (1, 0)
    );
    propose(&mut world, 1, Change::Nothing);
    // The lost voters were not lost. Whatever they had is undone once they meet: that is why it is unsafe.
    run_unchecked(&mut world);
    let newest = world.held(id(1)).unwrap();
    assert_eq!(newest.parent, document.tag, "one voter decides");
    propose(&mut world, 2, Change::Nothing);
    world.deliver(
        &Envelope {
            from: id(1),
            to: id(2),
            message: Message::Chosen { document: newest },
        },
        Instant::ZERO,
        0,
    );
    assert_eq!(world.held(id(2)), Some(newest));
    let outcomes = world.history.unwrap().outcomes;
    let refused = Outcome::Refused { newest, unsure: false };
    assert_eq!(
        outcomes.last(),
        Some(&(id(2), refused)),
        "what was under way there is over"
    );
    let again = Epoch::new((forced_recoveries(document_epoch(newest)) + 1) << 32);
    assert_eq!(forced_recoveries(again), 2);
}

#[test]
fn what_a_forced_document_is_made_from_includes_what_was_only_accepted() {
    let mut world = formed(1..=3, &[]);
    propose(&mut world, 2, Change::Nothing);
    run(&mut world, |envelope| {
        !matches!(envelope.message, Message::Accepted { .. })
    });
    assert_eq!(world.held(id(1)), Some(Toy::first(1..=3)));
    let forced = world.force(id(1), [1]);
    assert_eq!((forced.follows, forced.from_accepted), (Epoch::new(2), true));
}

fn document_epoch(document: Toy) -> Epoch {
    Epoch::new(document.epoch)
}

fn run_unchecked(world: &mut World) {
    while let Some(envelope) = world.network.pop_first() {
        world.deliver(&envelope, Instant::ZERO, 0);
    }
}
