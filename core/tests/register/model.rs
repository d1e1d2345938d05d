//! Every schedule of small worlds, by a model checker. Messages are never lost from the model's network, only never delivered, and may be delivered any
//! number of times in any order: so all of loss, repetition and reordering is in it.

use stateright::{Checker, Model, Property};

use circlet_core::register::ShortId;
use circlet_core::time::Instant;

use crate::change::Change;
use crate::toy::{Toy, id};
use crate::world::{Envelope, Planted, Violation, World, rules_left_out};

/// A small world, what its nodes want to change, and how much goes wrong.
#[derive(Clone, Debug)]
struct Scene {
    first: Toy,
    members: Vec<u64>,
    joiners: Vec<u64>,
    planted: Planted,
    /// Each node's changes, proposed one after the other; `None` is a read.
    scripts: Vec<(u64, Vec<Option<Change>>)>,
    /// How often, in all, a proposer tries again.
    retries: u8,
    /// Nothing is proposed by nodes that hold a document of this epoch.
    last_epoch: u64,
    /// Which nodes crash, each at most once.
    crashing: Vec<u64>,
    /// What is looked for.
    violations: Vec<Violation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    world: World,
    /// How far each script is.
    at: Vec<usize>,
    retries: u8,
    crashed: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Next(usize),
    Deliver(Envelope),
    Retry(ShortId),
    Crash(u64),
    /// Delivered to a node that crashes as it saves what follows.
    Die(Envelope),
}

impl Model for Scene {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            world: World::new(self.first, &self.members, &self.joiners, self.planted),
            at: vec![0; self.scripts.len()],
            retries: 0,
            crashed: vec![],
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (script, (node, changes)) in self.scripts.iter().enumerate() {
            let may = state
                .world
                .held(id(*node))
                .is_some_and(|held| held.epoch < self.last_epoch);
            if state.at[script] < changes.len() && may {
                actions.push(Action::Next(script));
            }
        }
        actions.extend(state.world.network.iter().cloned().map(Action::Deliver));
        if state.retries < self.retries {
            let waiting = state
                .world
                .ids()
                .filter(|&node| state.world.register(node).next_deadline().is_some());
            actions.extend(waiting.map(Action::Retry));
        }
        let up = self.crashing.iter().filter(|node| !state.crashed.contains(node));
        for &node in up {
            actions.push(Action::Crash(node));
            let to_it = state.world.network.iter().filter(|envelope| envelope.to == id(node));
            actions.extend(to_it.cloned().map(Action::Die));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let world = &mut state.world;
        match action {
            Action::Next(script) => {
                let (node, changes) = &self.scripts[script];
                let begun = match changes[state.at[script]] {
                    Some(change) => world.propose(id(*node), change, Instant::ZERO),
                    None => world.read(id(*node), Instant::ZERO),
                };
                if !begun {
                    return None;
                }
                state.at[script] += 1;
            }
            Action::Deliver(envelope) => world.deliver(&envelope, Instant::ZERO, 0),
            Action::Retry(node) => {
                world.try_again(node);
                state.retries += 1;
            }
            Action::Crash(node) => {
                world.crash(id(node));
                state.crashed.push(node);
            }
            Action::Die(envelope) => {
                world.deliver_to_doomed(&envelope, Instant::ZERO, 0);
                state.crashed.push(envelope.to.get());
            }
        }
        state.world.forget_idle_messages();
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let is_sound = |scene: &Self, state: &State| {
            let found = state.world.violations();
            !scene.violations.iter().any(|violation| found.contains(violation))
        };
        vec![Property::always("agreement", is_sound)]
    }
}

/// The way to a violation, if there is one, and how many states were looked at.
fn check(scene: Scene) -> (Option<Vec<Action>>, usize) {
    let checker = scene.checker().threads(2).spawn_bfs().join();
    let found = checker.discoveries().into_values().next();
    (found.map(|path| path.into_actions()), checker.unique_state_count())
}

const SAME: Option<Change> = Some(Change::Nothing);
const READ: Option<Change> = None;

/// A scene of so many voters and members in which nothing goes wrong but messages.
fn scene(voters: u64, members: u64, scripts: &[(u64, &[Option<Change>])]) -> Scene {
    let scripts = scripts.iter().map(|(node, changes)| (*node, changes.to_vec()));
    Scene {
        first: Toy::first(1..=voters),
        members: (1..=members).collect(),
        joiners: vec![],
        planted: Planted::Nothing,
        scripts: scripts.collect(),
        retries: 0,
        last_epoch: u64::MAX,
        crashing: vec![],
        violations: vec![Violation::TwoDocuments, Violation::BrokenChain, Violation::CanBeLost],
    }
}

/// Two nodes change what three decide, and may try again.
fn two_proposers() -> Scene {
    let scene = scene(3, 3, &[(1, &[SAME]), (2, &[SAME])]);
    Scene { retries: 2, ..scene }
}

/// One of three votes and crashes.
fn crash_of_a_voter() -> Scene {
    let crashing = vec![3];
    Scene {
        crashing,
        ..two_proposers()
    }
}

/// A proposer that is no voter crashes, proposes something else, and somebody looks.
fn crash_of_a_proposer() -> Scene {
    let scene = scene(3, 4, &[(4, &[SAME, SAME]), (1, &[READ])]);
    Scene {
        crashing: vec![4],
        last_epoch: 2,
        ..scene
    }
}

/// A fourth voter comes while another node takes the third one away.
fn growth() -> Scene {
    let scene = scene(3, 3, &[(1, &[Some(Change::Add(4))]), (2, &[Some(Change::Remove(3))])]);
    Scene {
        joiners: vec![4],
        retries: 1,
        ..scene
    }
}

/// A third voter comes, the second one goes and proposes meanwhile.
fn swap_of_two() -> Scene {
    let swap = [Some(Change::Add(3)), Some(Change::Remove(2))];
    let scene = scene(2, 2, &[(1, &swap), (2, &[SAME])]);
    Scene {
        joiners: vec![3],
        retries: 1,
        ..scene
    }
}

/// Two nodes propose, a third asks what is newest.
fn two_proposers_and_a_reader() -> Scene {
    scene(3, 3, &[(1, &[SAME]), (2, &[READ]), (3, &[SAME])])
}

/// Of four voters, two nodes each take another away.
fn two_removals() -> Scene {
    let scene = scene(
        4,
        4,
        &[(1, &[Some(Change::Remove(4))]), (3, &[Some(Change::Remove(2))])],
    );
    Scene { retries: 1, ..scene }
}

/// Two changes, one after the other, and somebody who comes late.
fn two_changes() -> Scene {
    scene(3, 3, &[(1, &[SAME, SAME]), (2, &[SAME])])
}

fn is_sound(scene: Scene) {
    let name = format!("{scene:?}");
    let (found, states) = check(scene);
    assert_eq!(found, None, "{name}");
    assert!(states > 1000, "all of {name} were looked at, which are {states} states");
}

#[test]
fn three_voters_of_whom_one_crashes_and_two_proposers_agree() {
    is_sound(crash_of_a_voter());
    is_sound(two_proposers_and_a_reader());
}

#[test]
fn a_proposer_that_crashes_and_changes_its_mind_undoes_nothing() {
    is_sound(crash_of_a_proposer());
}

#[test]
fn a_late_proposer_does_not_disturb_two_changes_in_a_row() {
    is_sound(two_changes());
}

#[test]
fn voters_that_come_and_go_at_once_agree() {
    is_sound(growth());
    is_sound(two_removals());
}

#[test]
fn a_swap_of_voters_in_two_steps_agrees() {
    is_sound(swap_of_two());
}

/// Where each rule left out is missed, and how.
fn missed(rule: &str) -> (Scene, Violation) {
    match rule {
        "keep promises" | "adopt accepted" => (two_proposers(), Violation::TwoDocuments),
        "old majority" => (two_removals(), Violation::TwoDocuments),
        "new majority" => (growth(), Violation::CanBeLost),
        "chosen before used" => (two_proposers_and_a_reader(), Violation::TwoDocuments),
        "vote from base" => (two_changes(), Violation::TwoDocuments),
        "save before answer" => (crash_of_a_voter(), Violation::TwoDocuments),
        "life in ballot" => (crash_of_a_proposer(), Violation::CanBeLost),
        _ => panic!("no scene for `{rule}`"),
    }
}

#[test]
fn every_rule_is_missed_when_it_is_left_out() {
    for (rule, planted) in rules_left_out() {
        let (scene, violation) = missed(rule);
        let (found, states) = check(Scene {
            planted,
            violations: vec![violation],
            ..scene
        });
        assert!(found.is_some(), "without `{rule}`: {violation:?} in {states} states");
    }
}
