//! A, which coordinates the key and is to lose it, does not hear that a move has begun: its disk takes its time. The others finish the move. Then A and
//! B, which stays an owner, are cut off from everybody else, and A writes: in its epoch, it and B are a quorum. C and D are one in theirs.
//!
//! The rule: what names an older epoch is refused.

use circlet_core::moves::Change;

use super::script::Script;
use crate::command::Reply;
use crate::world::TrapSort;

pub(super) fn run(script: &mut Script) {
    script.join(script.a);
    script.world.run_ms(3_000);
    // The first node drives the move.
    script.choose_key(|arc| arc.owners[0].get() != 0);
    let a = script.owners()[0];
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    script.set_trap(TrapSort::LeftBehind);
    script.change(0, &Change::Leave(script.world.id(a)));
    script.run_until_lost_by(a);
    let behind = script.world.trapped().to_vec();
    script.expect(
        behind.len() == 2 && behind[0] == a,
        "A is left behind, and cut off with B",
    );
    let written = script.set(a, "w");
    let is_done = matches!(written, Reply::Done(_));
    script.expect(!is_done, "w is not acknowledged, which two of the owners do not have");
    let others: Vec<usize> = script
        .owners()
        .into_iter()
        .filter(|owner| !behind.contains(owner))
        .collect();
    script.world.run_ms(1_500);
    let read = script.get(others[0]);
    script.expect_value(&read, if is_done { "w" } else { "v" });
}
