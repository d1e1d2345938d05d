//! Schedule 8. x=100 is acknowledged by A and B, C missed it. A restarts empty and reaches only C.
//!
//! `INCR x` must not start from nothing, and no quorum read may return nil, also when B goes down next. The rule: A has caught up only
//! when it has merged with N-W+1 others that kept their memory.

use super::script::Script;
use crate::command::What;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.world.network.cut(c, a);
    script.world.network.cut(c, b);
    script.world.run_ms(1_500);
    let written = script.ask(a, What::Incr(100));
    script.expect_done(&written, "the increment by A and B");
    script.world.network.cut(a, b);
    script.world.crash(a, true);
    script.world.run_ms(100);
    script.world.network.heal(a, c);
    script.world.start(a);
    script.world.run_ms(2_500);
    for place in [a, c] {
        let read = script.get(place);
        script.expect_value_or_error(&read, "100");
        script.ask(place, What::Incr(1));
    }
    script.world.pause(b);
    script.world.network.heal_all();
    script.world.run_ms(1_500);
    let read = script.get(a);
    script.expect_value_or_error(&read, "100");
    script.world.wake(b, false);
}
