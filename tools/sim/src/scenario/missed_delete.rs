//! An owner misses a delete, and the hint for it dies with the coordinator. No read looks at the key: the rounds alone must find it, before they
//! let the tombstone go. (Schedule 5 asks the same of one part under another.)

use super::script::Script;
use crate::command::What;

pub(super) fn run(script: &mut Script) {
    script.begin_without_c();
    let deleted = script.ask(script.a, What::Delete);
    script.expect_done(&deleted, "the delete by A and B");
    // B leads when C is back, and has caught up before: nobody takes over with C.
    script.world.crash(script.a, false);
    script.world.run_ms(500);
    script.world.start(script.a);
    script.world.network.heal_all();
    script.world.run_ms(10_000);
    script.expect_nothing();
}
