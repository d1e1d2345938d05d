//! A, which is to lose the key, and B, which coordinates it in the second stage of the move, are cut off at the moment at which the end of that stage is
//! chosen. B goes on in it, and writes: it and A are a quorum of the old owners, but not of the new ones. The others, C and D, have drained A and B before,
//! and read from the new owners alone.
//!
//! The rule: while an arc moves, a write needs a quorum of each side.

use circlet_core::moves::Change;
use circlet_core::topology::MoveStage;

use super::script::Script;
use crate::command::Reply;
use crate::world::TrapSort;

pub(super) fn run(script: &mut Script) {
    script.join(script.a);
    script.world.run_ms(3_000);
    let leaver = script.owners()[0].max(1);
    script.change(0, &Change::Leave(script.world.id(leaver)));
    // The first node drives the move, so it is the first to know.
    for _ in 0..2_000 {
        if !script.world.topology().is_at_rest() {
            break;
        }
        script.world.run_ms(5);
    }
    script.choose_key(|arc| {
        let first = arc.goal()[0];
        arc.moving.is_some() && first.get() != 0 && arc.owners.contains(&first)
    });
    let written = script.set(0, "v");
    script.expect_done(&written, "v by all");
    script.set_trap(TrapSort::StageEnds);
    script.run_until_stage(Some(MoveStage::WriteBothReadNew));
    script.run_until_stage(None);
    let b = script.owners()[0];
    let is_cut_off = script.world.trapped() == [b, leaver];
    script.expect(is_cut_off, "A and B are cut off");
    let written = script.set(b, "w");
    let is_done = matches!(written, Reply::Done(_));
    script.expect(!is_done, "w is not acknowledged, which two of the owners do not have");
    let others: Vec<usize> = script.owners().into_iter().filter(|&owner| owner != b).collect();
    script.world.run_ms(2_500);
    let read = script.get(others[0]);
    script.expect_value(&read, if is_done { "w" } else { "v" });
}
