//! A is cut off. At QUORUM it must refuse, before it changes anything; at ONE it serves. What it took at ONE is everywhere after healing.
//!
//! Then A's links break under a SET that nobody else got, and A is lost: what A said of the SET must not have been that it is done. The rule: a hint is
//! no ack.

use circlet_core::quorum::Level;
use circlet_core::state::Kind;

use super::script::Script;
use crate::command::{Command, Reply, What};
use crate::world::Late;

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    let written = script.set(a, "v1");
    script.expect_done(&written, "v1 by all");
    script.world.network.cut(a, b);
    script.world.network.cut(a, c);
    script.world.run_ms(1_500);
    for what in [What::Set(b"v2".to_vec()), What::Delete, What::Get] {
        let reply = script.ask(a, what);
        let is_refused = matches!(&reply, Reply::Refused(why) if why.starts_with("NOQUORUM"));
        script.expect(is_refused, &format!("refused, not {reply}"));
    }
    let read = script.call(a, script.command(What::Get).at(Level::One));
    script.expect_value(&read, "v1");
    let added = Command::new(b"{k}s", What::Set(Vec::new())).on(Kind::Set, b"m");
    script.call_done(a, added.at(Level::One));
    let written = script.set(b, "v3");
    script.expect_done(&written, "v3 by B and C");
    script.world.network.heal_all();
    script.world.run_ms(3_000);
    for place in [a, b, c] {
        let read = script.get(place);
        script.expect_value(&read, "v3");
        let read = script.call(place, Command::new(b"{k}s", What::Get).on(Kind::Set, b"m"));
        script.expect_value(&read, "");
    }
    for other in [b, c] {
        script.world.hold(a, other, Late::Named("apply?"));
    }
    let op = script.send(a, What::Set(b"v4".to_vec()));
    script.world.run_ms(20);
    for other in [b, c] {
        script.world.break_link(a, other);
    }
    let reply = script.world.wait(op);
    script.world.crash(a, true);
    script.expect(matches!(reply, Reply::Unknown(_)), &format!("unknown, not {reply}"));
    for other in [b, c] {
        script.world.stop_holding(a, other);
    }
    script.world.run_ms(1_500);
    let read = script.get(b);
    script.expect_value(&read, "v3");
}
