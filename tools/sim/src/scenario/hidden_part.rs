//! Schedule 5. A part hidden by a newer one: f1 of a hash is on A and C, its delta to B delayed; f2, newer than the cut of the next round, is on
//! all. The round must not pass over f1, nor f1 be refused at B or dropped later. The same with two runs of a counter.
//!
//! What happens if it passes: B drops the late f1 as dead; A restarts, and takes its part of the round's end from B; C, which did not hear of
//! the end, is told by either that f1 is dead. The rule: each part is in the sums under its own stamp.

use circlet_core::state::Kind;

use super::script::Script;
use crate::command::{Command, What};
use crate::world::Late;

pub(super) fn field(script: &mut Script) {
    let of_hash = |name: &str, what: What| Command::new(b"{k}h", what).on(Kind::Hash, name.as_bytes());
    let set = |value: &str| What::Set(value.into());
    script.call_done(script.a, of_hash("f0", set("v0")));
    hide(script, of_hash("f1", set("v1")), |at| {
        of_hash("f2", set(&format!("v2 at {at}")))
    });
    for place in [script.a, script.b, script.c] {
        let read = script.call(place, of_hash("f1", What::Get));
        script.expect_value(&read, "v1");
    }
}

/// A run under an expiry.
pub(super) fn run_of_counter(script: &mut Script) {
    let counter = |what: What| Command::new(b"{k}n", what);
    // More runs than go along with a delta.
    for _ in 0..9 {
        script.call_done(script.a, counter(What::Incr(1)));
        script.world.crash(script.a, false);
        script.world.run_ms(50);
        script.world.start(script.a);
        script.world.run_ms(1_500);
    }
    hide(script, counter(What::Incr(100)), |at| {
        counter(What::Expire(600_000 + at))
    });
    for place in [script.a, script.b, script.c] {
        let read = script.call(place, counter(What::Get));
        script.expect_value(&read, "109");
    }
}

/// `hidden` does not reach B, `newer` reaches all, until a round is through that began after `hidden`; A restarts.
fn hide(script: &mut Script, hidden: Command, newer: impl Fn(u64) -> Command) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.world.hold(a, b, Late::Named("apply?"));
    script.call_done(a, hidden);
    script.world.stop_holding(a, b);
    script.expect(script.world.held_count(a, b) == 1, "B lacks it");
    script.world.hold(a, b, Late::Named("replay?"));
    script.world.hold(a, c, Late::Named("synced"));
    let begun = script.stamp_now();
    for at in 0..80 {
        if script.synced(b) > begun {
            break;
        }
        script.call_done(a, newer(at));
        script.world.run_ms(100);
    }
    script.expect(script.synced(b) > begun, "a round is through");
    script.world.crash(a, true);
    script.world.release(a, b);
    script.world.run_ms(100);
    script.world.start(a);
    script.world.run_ms(2_500);
}
