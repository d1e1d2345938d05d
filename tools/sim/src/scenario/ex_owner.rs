//! Schedule 6. A accepts w at ONE while it is cut off; the arc goes on without it. A comes back: w must survive, and A must get rid of the arc.
//!
//! The rule: a former owner deletes once every owner has drained it, and stands among the draining until then, however long it is away.

use circlet_core::moves::Change;
use circlet_core::quorum::Level;

use super::script::Script;
use crate::command::What;

pub(super) fn run(script: &mut Script) {
    let a = script.a;
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    let d = script.join(a);
    script.world.run_ms(3_000);
    // Whoever leads the key now; D may be an owner, or not.
    let owners = script.owners();
    let a = owners[0];
    let rest: Vec<usize> = (0..=d).filter(|&place| place != a).collect();
    for &other in &rest {
        script.world.network.cut(a, other);
    }
    script.world.run_ms(1_000);
    let written = script.ask_at(a, What::Set(b"w".to_vec()), Level::One);
    script.expect_done(&written, "w by A alone");
    script.change(rest[0], &Change::Leave(script.world.id(a)));
    script.world.run_ms(6_000);
    let is_out = !script.owners().contains(&a);
    script.expect(is_out, "the others own the key");
    script.world.network.heal_all();
    script.world.run_ms(4_000);
    let read = script.get(rest[0]);
    script.expect_value(&read, "w");
    let has_left = !script.world.is_member(a);
    script.expect(has_left, "A has given its arcs away and left");
}
