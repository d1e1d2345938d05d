//! Schedule 9. A is 3 s fast: v1 is acknowledged by A and C; A dies. B coordinates SET v2. A quorum read must give v2. Then A restarts on
//! the right time: what it stamps must not be refused as known.
//!
//! A and B do not reach each other, both reach C. C's own link to A breaks now and then, and at such a moment C agrees that B takes over;
//! A notices nothing, and so two coordinate, which v1 needs to be news to B. The rule: an owner that holds something greater says
//! so, and the coordinator stamps anew before it replies.

use circlet_core::state::Kind;

use super::script::Script;
use crate::command::{Command, Reply, What};

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let_two_coordinate(script);
    let first = script.set(b, "v0");
    script.expect_done(&first, "v0 by B and C");
    let fast = script.set(a, "v1");
    script.expect_done(&fast, "v1 by A and C");
    script.world.crash(a, true);
    let second = script.set(b, "v2");
    script.expect_done(&second, "v2 by B and C");
    let read = script.get(c);
    script.expect_value(&read, "v2");
    script.world.clocks.become_off(a, 0);
    script.world.network.heal_all();
    script.world.start(a);
    script.world.run_ms(3_000);
    let third = script.set(a, "v3");
    script.expect_done(&third, "v3 by A, back on the right time");
    let read = script.get(b);
    script.expect_value(&read, "v3");
}

/// The same with a member of a set, and a DEL of the set: it must not outlive the DEL.
pub(super) fn member(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let member = |what: What| Command::new(b"{k}s", what).on(Kind::Set, b"m");
    let_two_coordinate(script);
    let deleted = Command::new(b"{k}s", What::Delete);
    script.call_done(b, deleted.clone());
    script.call_done(a, member(What::Set(Vec::new())));
    script.world.crash(a, true);
    script.call_done(b, deleted);
    let read = script.call(c, member(What::Get));
    script.expect(read == Reply::Value(None), &format!("the member is gone, not {read}"));
    script.world.clocks.become_off(a, 0);
}

/// A, 3 s ahead, and B, each with C.
fn let_two_coordinate(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.world.clocks.become_off(a, 3_000);
    script.world.network.cut(a, b);
    script.world.run_ms(1_500);
    for _ in 0..30 {
        script.world.break_link(c, a);
        script.world.run_ms(60);
    }
    script.world.run_ms(500);
}
