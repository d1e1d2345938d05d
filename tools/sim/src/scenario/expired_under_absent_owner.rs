//! A value with an expiry replaces one without, while an owner that has the first is away, and expires. When the owner is back, the first value must
//! not come back.

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
    let replaced = script.ask(a, What::SetFor(b"w".to_vec(), 500));
    script.expect_done(&replaced, "w for half a second by A and B");
    script.world.run_ms(10_000);
    script.world.network.heal_all();
    script.world.run_ms(6_000);
    for place in [a, b, c] {
        let read = script.get(place);
        script.expect(read == Reply::Value(None), &format!("nothing is read, not {read}"));
    }
}
