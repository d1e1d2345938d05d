//! Schedule 15. SET v2 on B at t1, EXPIRE k on A at t2 > t1 on the old value. v2 must win, and live as long as its SET says, everywhere.
//!
//! The rule: an expiry belongs to the generation that it was said of.

use circlet_core::quorum::Level;

use super::script::Script;
use crate::command::What;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let written = script.set(a, "v1");
    script.expect_done(&written, "v1 by all");
    script.world.network.cut(a, b);
    script.world.network.cut(a, c);
    script.world.run_ms(1_500);
    let written = script.set(b, "v2");
    script.expect_done(&written, "v2 by B and C");
    script.world.run_ms(10);
    script.call_done(a, script.command(What::Expire(3_000)).at(Level::One));
    script.world.network.heal_all();
    for _ in 0..3 {
        script.world.run_ms(1_500);
        for place in [a, b, c] {
            let read = script.get(place);
            script.expect_value(&read, "v2");
        }
    }
}
