//! How often a node says something in a move, and in how many questions it asks about arcs.

use std::time::Duration;

use super::testing::World;
use crate::moves::Change;
use crate::topology::testing::id;

/// The pauses between two words of one node in one epoch, by whether the second is about arcs that it has caught up on, or only about drained ones.
fn pauses(world: &World) -> [Vec<Duration>; 2] {
    let mut pauses = [Vec::new(), Vec::new()];
    for node in &world.nodes {
        for pair in node.said.windows(2) {
            let ((before, first), (after, second)) = (&pair[0], &pair[1]);
            if first.epoch == second.epoch && first.life == second.life {
                let is_of_moves = first.caught_up == second.caught_up && first.drained != second.drained;
                let is_of_both = first.caught_up != second.caught_up;
                if is_of_moves || is_of_both {
                    pauses[usize::from(is_of_moves)].push(after.since(*before));
                }
            }
        }
    }
    pauses
}

#[test]
fn what_only_the_next_document_waits_for_is_said_every_ten_milliseconds() {
    let mut world = World::settled(4, 1);
    world.change(&Change::Leave(id(2)));
    assert!(world.ms_until(20_000, World::is_whole_again).is_some(), "it leaves");
    let [_, of_moves] = pauses(&world);
    assert!(of_moves.len() > 5, "some hundred arcs are drained: {}", of_moves.len());
    let shortest = of_moves.iter().min().copied().unwrap_or_default();
    assert!(
        shortest >= Duration::from_millis(10),
        "{shortest:?} between two words about drained arcs"
    );
}

#[test]
fn what_commands_wait_for_is_said_every_two_milliseconds() {
    let mut world = World::settled(3, 1);
    world.kill(1);
    world.run_ms(50);
    world.start(1);
    assert!(world.ms_until(5_000, World::is_whole).is_some(), "it comes back");
    let [caught_up, _] = pauses(&world);
    let shortest = caught_up.iter().min().copied().unwrap_or_default();
    assert!(shortest >= Duration::from_millis(2), "{shortest:?}");
    assert!(
        shortest < Duration::from_millis(10),
        "owners that are read from wait for it: {shortest:?}"
    );
}

/// Each of them would be a message, an answer and a task; and all nodes have their hands full just then.
#[test]
fn arcs_that_are_taken_over_from_one_peer_are_one_question() {
    let mut world = World::settled(4, 1);
    for node in &mut world.nodes {
        node.questions.clear();
    }
    world.change(&Change::Leave(id(2)));
    assert!(world.ms_until(20_000, World::is_whole_again).is_some(), "it leaves");
    let asked = world.nodes.iter().flat_map(|node| &node.questions);
    let (questions, arcs) = asked.fold((0, 0), |(questions, arcs), count| (questions + 1, arcs + count));
    assert!(arcs > 50, "a quarter of the arcs has another coordinator: {arcs}");
    assert!(questions * 4 < arcs, "{questions} questions about {arcs} arcs");
}
