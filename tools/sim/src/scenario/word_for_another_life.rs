//! B takes part in a round and restarts before the round is over. The word that the round is over, meant for the B that took part, comes to the B that
//! remembers nothing yet; C misses it; A is stopped, and C takes over.
//!
//! C must keep what it has. The rule: up to where an arc is synced is known to a life, and what is said to another one says nothing: a node that
//! believed it would seem to have dropped all that it lacks.

use circlet_core::quorum::Level;

use super::script::Script;
use crate::command::What;
use crate::world::Late;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    let written = script.stamp_now();
    script.run_until_synced(c, written);
    // The rounds that C has answered stay open.
    let begun = script.synced(a);
    script.world.hold(c, a, Late::Named("round"));
    script.world.hold(a, c, Late::Named("synced"));
    script.world.run_ms(2_100);
    script.expect(script.synced(a) == begun, "no round is over");
    for other in [a, c] {
        script.world.hold(b, other, Late::Named("digests?"));
    }
    script.world.crash(b, false);
    script.world.run_ms(20);
    script.world.start(b);
    script.world.run_ms(300);
    script.world.release(c, a);
    script.world.run_ms(100);
    script.expect(script.synced(a) > begun, "the round is over for A");
    script.expect(script.synced(c) == begun, "and not for C");
    script.world.pause(a);
    script.world.run_ms(2_000);
    // Whoever has dropped v must ignore this, and C would ask it what else is dropped.
    script.call(c, script.command(What::Expire(600_000)).at(Level::One));
    script.world.run_ms(500);
    script.expect(script.holds(c), "C keeps v");
    let read = script.call(c, script.command(What::Get).at(Level::One));
    script.expect_value(&read, "v");
    script.world.wake(a, false);
    for other in [a, c] {
        script.world.release(b, other);
    }
    script.world.run_ms(2_000);
    let read = script.get(a);
    script.expect_value(&read, "v");
}
