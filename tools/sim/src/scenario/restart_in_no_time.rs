//! Schedule 19. A is back in 300 ms with empty memory, faster than any detector. Its emptiness must not spread and not be read.
//!
//! v is acknowledged by A and B, C missed it; B is stopped as A comes back. The rule: a node without memory does not count toward R.

use super::script::Script;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.world.network.cut(c, a);
    script.world.network.cut(c, b);
    script.world.run_ms(1_500);
    let written = script.set(a, "v");
    script.expect_done(&written, "v by A and B");
    script.world.pause(b);
    script.world.network.heal_all();
    script.world.run_ms(10);
    script.world.crash(a, false);
    script.world.run_ms(300);
    script.world.start(a);
    for _ in 0..8 {
        let read = script.get(c);
        script.expect_value_or_error(&read, "v");
        script.world.run_ms(50);
    }
    script.world.wake(b, true);
    script.world.run_ms(2_000);
    let read = script.get(c);
    script.expect_value(&read, "v");
}
