//! Schedule 19. A node is back in 300 ms with empty memory, faster than any detector. Its emptiness must not spread and not be read.
//!
//! v is acknowledged by B and C, A missed it. C comes back empty and B is stopped: A, which coordinates, has nobody to ask who
//! remembers. The rule: a node without memory counts toward nothing but W.

use super::script::Script;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.world.network.cut(a, b);
    script.world.network.cut(a, c);
    script.world.run_ms(1_500);
    let written = script.set(b, "v");
    script.expect_done(&written, "v by B and C");
    script.world.pause(b);
    script.world.network.heal_all();
    script.world.crash(c, false);
    script.world.run_ms(300);
    script.world.start(c);
    for _ in 0..8 {
        let read = script.get(a);
        script.expect_value_or_error(&read, "v");
        script.world.run_ms(50);
    }
    script.world.wake(b, false);
    script.world.run_ms(2_000);
    let read = script.get(a);
    script.expect_value(&read, "v");
}
