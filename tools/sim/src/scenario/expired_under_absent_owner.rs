//! A value with an expiry replaces one without, while an owner that has the first is away, and expires. When the owner is back, the first value must
//! not come back.

use super::script::Script;
use crate::command::What;

pub(super) fn run(script: &mut Script) {
    script.begin_without_c();
    let replaced = script.ask(script.a, What::SetFor(b"w".to_vec(), 500));
    script.expect_done(&replaced, "w for half a second by A and B");
    script.world.run_ms(10_000);
    script.world.network.heal_all();
    script.world.run_ms(6_000);
    script.expect_nothing();
}
