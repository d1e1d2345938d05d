//! A delta of a SET comes to C a second time, when the value was deleted since and its tombstone dropped. It must not come back.
//!
//! The rule: what was dropped is not taken from a sender that did not hear of the round.

use super::script::Script;
use crate::command::What;
use crate::world::Late;

pub(super) fn run(script: &mut Script) {
    let (a, c) = (script.a, script.c);
    script.world.hold(a, c, Late::Named("apply?"));
    let written = script.set(a, "v");
    script.expect_done(&written, "v by A and B");
    script.world.stop_holding(a, c);
    // C hears of v by a hint.
    script.world.run_ms(2_000);
    script.expect(script.holds(c), "C has v");
    let deleted = script.ask(a, What::Delete);
    script.expect_done(&deleted, "the delete by all");
    let deleted = script.stamp_now();
    script.run_until_synced(c, deleted);
    script.expect(!script.holds(c), "the tombstone is dropped");
    script.world.release(a, c);
    script.expect_nothing();
}
