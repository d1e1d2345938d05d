//! Schedule 7. D has streamed k, then misses DEL k, for which others of both sides were the quorums. The tombstone must not go before D has it.
//!
//! The rule: no round is completed while an owner of either side is away, or has not caught up.

use circlet_core::moves::Change;
use circlet_core::topology::MoveStage;

use super::script::Script;
use crate::command::{Reply, What};

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    script.world.run_ms(500);
    // D takes C's place.
    let newcomer = script.world.newcomer();
    let (c_id, d) = (script.world.id(c), script.world.node_count());
    script.world.pause(c);
    script.world.run_ms(1_000);
    let replaced = Change::Replace {
        old: c_id,
        new: newcomer,
    };
    script.change(a, &replaced);
    script.run_until_stage(Some(MoveStage::WriteBothReadNew));
    for other in [a, b, c] {
        script.world.network.cut(d, other);
    }
    script.world.run_ms(1_000);
    let deleted = script.ask(a, What::Delete);
    script.expect_done(&deleted, "the delete by A and B");
    script.world.run_ms(8_000);
    // The hints for D are with A, and go with it.
    script.world.crash(a, false);
    script.world.run_ms(300);
    script.world.start(a);
    script.world.network.heal_all();
    script.world.run_ms(8_000);
    for place in [d, b, a] {
        let read = script.get(place);
        script.expect(read == Reply::Value(None), &format!("nothing is read, not {read}"));
    }
}
