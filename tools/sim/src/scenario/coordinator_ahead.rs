//! Schedule 17. The clock of a coordinator is 6 s ahead, which is more than the others take. It must step down by itself, and writes go on.
//!
//! The rule: a node that most others differ from by so much does not believe its clock, and does not coordinate.

use super::script::Script;

/// Three words of each peer about its clock, one a second: what has only waited long must not look like a clock.
const SOON_MS: u64 = 4_000;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.world.clocks.become_off(a, 6_000);
    script.world.run_ms(SOON_MS);
    for (place, value) in [(a, "v1"), (b, "v2"), (c, "v3")] {
        let written = script.set(place, value);
        script.expect_done(&written, &format!("{value}, asked of {place}"));
        let read = script.get(place);
        script.expect_value(&read, value);
    }
    script.world.clocks.become_off(a, 0);
    script.world.run_ms(SOON_MS);
    let written = script.set(a, "v4");
    script.expect_done(&written, "v4 by A, back on the right time");
}
