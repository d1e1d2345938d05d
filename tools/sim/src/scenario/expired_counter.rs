//! C has a counter and misses its EXPIRE. It expires for A and B, and A adds to it again: that is another counter, and what C has of the first one must not
//! be added to it when C is back. The usual rate limiter.
//!
//! The rule: what has expired is dropped once all owners are known to have heard of it, and until then an increment that finds it outranks it.

use super::script::Script;
use crate::command::What;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.call_done(a, script.command(What::Incr(5)));
    script.world.run_ms(500);
    script.world.network.cut(a, c);
    script.world.network.cut(b, c);
    script.world.run_ms(1_500);
    script.call_done(a, script.command(What::Expire(300)));
    script.world.run_ms(6_000);
    script.call_done(a, script.command(What::Incr(2)));
    script.world.network.heal_all();
    script.world.run_ms(3_000);
    for place in [c, b, a] {
        let read = script.get(place);
        script.expect_value(&read, "2");
    }
}
