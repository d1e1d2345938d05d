//! A key is deleted while an owner that has it is away, for longer than any age that one might think of. When it is back, the key must stay deleted
//! everywhere, and the tombstone must go.

use super::script::Script;
use crate::command::{Reply, What};

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    script.world.run_ms(500);
    script.world.network.cut(a, c);
    script.world.network.cut(b, c);
    script.world.run_ms(1_500);
    let deleted = script.ask(a, What::Delete);
    script.expect_done(&deleted, "the delete by A and B");
    script.world.run_ms(10_000);
    script.world.network.heal_all();
    script.world.run_ms(6_000);
    for place in [a, b, c] {
        let read = script.get(place);
        script.expect(read == Reply::Value(None), &format!("nothing is read, not {read}"));
    }
}
