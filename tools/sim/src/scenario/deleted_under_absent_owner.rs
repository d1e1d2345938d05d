//! A key is deleted while an owner that has it is away, for longer than any age that one might think of. When it is back, the key must stay deleted
//! everywhere, and the tombstone must go.

use super::script::Script;
use crate::command::What;

pub(super) fn run(script: &mut Script) {
    script.begin_without_c();
    let deleted = script.ask(script.a, What::Delete);
    script.expect_done(&deleted, "the delete by A and B");
    script.world.run_ms(10_000);
    script.world.network.heal_all();
    script.world.run_ms(6_000);
    script.expect_nothing();
}
