//! A's clock is set back by three seconds, lets a counter expire in half a second, and adds to it. To the others, who judge by stamps, the counter has
//! expired long ago: they refuse the increment, and A runs it again. It must count once.
//!
//! The rule: whether something has expired is decided by the time that the command's stamp names. (Found by random seeds.)

use super::script::Script;
use crate::command::What;

pub(super) fn run(script: &mut Script) {
    let a = script.a;
    let written = script.ask(a, What::Incr(10));
    script.expect_done(&written, "ten, by all");
    script.world.clocks.become_off(a, -3_000);
    script.call_done(a, script.command(What::Expire(500)));
    let added = script.ask(a, What::Incr(1));
    script.expect_done(&added, "one more");
    let read = script.get(a);
    script.expect_value(&read, "11");
    script.world.run_ms(6_000);
    script.expect_nothing();
}
