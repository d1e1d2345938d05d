//! Schedule 14, without snapshots. A's total of 15 is on its way to B when A loses its memory; A is back with 10, and B has 15 before A adds to it.
//! No increment that a node holds may be lost.
//!
//! The rule: a node adds to a run of this life only.

use circlet_core::quorum::Level;

use super::script::Script;
use crate::command::What;
use crate::world::Late;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.call_done(a, script.command(What::Incr(10)).at(Level::All));
    for other in [b, c] {
        script.world.hold(a, other, Late::Named("apply?"));
    }
    script.call_done(a, script.command(What::Incr(5)).at(Level::One));
    script.world.crash(a, true);
    script.world.run_ms(1_500);
    for other in [b, c] {
        script.world.stop_holding(a, other);
    }
    script.world.start(a);
    script.world.run_ms(700);
    script.world.release(a, b);
    let added = script.ask(a, What::Incr(1));
    script.expect_done(&added, "one more by A");
    for place in [a, b, c] {
        let read = script.get(place);
        script.expect_value(&read, "16");
    }
}
