//! v2 was acknowledged at ONE by A, and its way to the others is blocked. A read at QUORUM by A finds that it alone has v2, and must bring it to a quorum before
//! it answers, or not answer: A is lost right after, and whoever had read v2 would read v1 then.
//!
//! The rule: the stale are repaired before the answer.

use circlet_core::quorum::Level;

use super::script::Script;
use crate::command::{Reply, What};
use crate::world::Late;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let written = script.set(a, "v1");
    script.expect_done(&written, "v1 by all");
    for other in [b, c] {
        script.world.hold(a, other, Late::Named("apply?"));
        script.world.hold(a, other, Late::Named("replay?"));
    }
    script.call_done(a, script.command(What::Set(b"v2".to_vec())).at(Level::One));
    let read = script.get(a);
    script.expect(matches!(read, Reply::Refused(_)), &format!("refused, not {read}"));
    script.world.crash(a, true);
    script.world.run_ms(1_500);
    let read = script.get(b);
    script.expect_value(&read, "v1");
}
