//! Schedule 2. B restarts empty; every repair to it is stamped below the cut of rounds that A and C completed. It must take them; rounds must go on;
//! tombstones must go.
//!
//! The rule: what is old is refused only by who had it and dropped it, which is who is synced further than the sender.

use super::script::Script;
use crate::command::{Command, What};

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    script.call_done(a, Command::new(b"{k}dead", What::Set(b"v".to_vec())));
    let begun = script.stamp_now();
    script.run_until_synced(c, begun);
    script.call_done(a, Command::new(b"{k}dead", What::Delete));
    script.world.crash(b, true);
    script.world.run_ms(1_500);
    script.world.start(b);
    script.world.run_ms(500);
    script.expect(script.holds(b), "B has what it lost");
    let back = script.stamp_now();
    for place in [a, b, c] {
        script.run_until_synced(place, back);
        script.expect(script.synced(place) > back, "rounds go on");
    }
    script.world.crash(a, true);
    let read = script.get(b);
    script.expect_value_or_error(&read, "v");
    script.world.run_ms(1_500);
    let read = script.get(b);
    script.expect_value(&read, "v");
}
