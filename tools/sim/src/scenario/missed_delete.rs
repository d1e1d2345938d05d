//! An owner misses a delete, and the hint for it dies with the coordinator. No read looks at the key: the rounds alone must find it, before they
//! let the tombstone go. (Schedule 5 asks the same of one part under another.)

use super::script::Script;
use crate::command::{Reply, What};

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    script.world.run_ms(500);
    script.world.network.cut(a, c);
    script.world.network.cut(b, c);
    script.world.run_ms(1_500);
    let deleted = script.ask(a, What::Delete);
    script.expect_done(&deleted, "the delete by A and B");
    // B leads when C is back, and has caught up before: nobody takes over with C.
    script.world.crash(a, false);
    script.world.run_ms(500);
    script.world.start(a);
    script.world.network.heal_all();
    script.world.run_ms(10_000);
    for place in [c, b, a] {
        let read = script.get(place);
        script.expect(read == Reply::Value(None), &format!("nothing is read, not {read}"));
    }
}
