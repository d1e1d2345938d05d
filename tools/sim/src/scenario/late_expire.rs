//! Schedule 15, the other half. C has removed k as expired when an EXPIRE of k comes to it that A had said just before; A is no more.
//!
//! Nobody can tell A's EXPIRE from one of a value that was replaced since: k must stay gone, and everywhere. The rule: what was dropped is not taken
//! from a sender that did not hear of the round.

use circlet_core::quorum::Level;

use super::script::Script;
use crate::command::{Reply, What};
use crate::world::Late;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.call_done(a, script.command(What::SetFor(b"v".to_vec(), 1_000)));
    for other in [b, c] {
        script.world.hold(a, other, Late::Named("apply?"));
    }
    script.call_done(a, script.command(What::Expire(600_000)).at(Level::One));
    script.world.crash(a, true);
    script.world.run_ms(2_000);
    script.world.start(a);
    let expired = script.stamp_now();
    for place in [a, b, c] {
        script.run_until_synced(place, expired);
        script.expect(!script.holds(place), "k is dropped");
    }
    script.world.release(a, c);
    for place in [c, b, a] {
        let read = script.get(place);
        script.expect(read == Reply::Value(None), &format!("nothing is read, not {read}"));
        script.expect(!script.holds(place), "k stays dropped");
    }
    script.world.release(a, b);
    script.expect_nothing();
}
