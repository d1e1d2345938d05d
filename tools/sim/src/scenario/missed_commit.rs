//! Schedule 4. C takes part in a round, but the word that it is over does not reach it. A and B drop a tombstone that C keeps. They must become equal.
//!
//! The rule: who asks the next question says how the last round ended, and an exchange says it too.

use super::script::Script;
use crate::command::What;
use crate::world::Late;

pub(super) fn run(script: &mut Script) {
    let (a, c) = (script.a, script.c);
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    let deleted = script.ask(a, What::Delete);
    script.expect_done(&deleted, "the delete by all");
    script.world.hold(a, c, Late::Named("synced"));
    let begun = script.stamp_now();
    script.run_until_synced(a, begun);
    script.expect(
        !script.holds(a) && script.holds(c),
        "A has dropped the tombstone, and C not",
    );
    script.world.run_ms(5_000);
    script.expect(!script.holds(c), "C has dropped it, too");
    script.world.release(a, c);
    script.expect_nothing();
}
