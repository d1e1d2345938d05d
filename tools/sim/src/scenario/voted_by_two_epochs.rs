//! A, which coordinates the key and is to lose it, does not hear of the move: its disk takes its time. When the others have finished the move, A and B, which owns the key still, are
//! cut off, and the other two owners acknowledge w. A client whose map is old has A and B vote on a read: both hold v.
//!
//! The rule: a vote tells the epoch.

use circlet_core::moves::Change;

use super::script::Script;

pub(super) fn run(script: &mut Script) {
    script.join(script.a);
    script.world.run_ms(3_000);
    // The first node drives the move.
    script.choose_key(|arc| arc.owners[0].get() != 0);
    let before = script.owners();
    let a = before[0];
    let written = script.set(a, "v");
    script.expect_done(&written, "v by all");
    script.world.set_disk_slow(a, true);
    script.change(0, &Change::Leave(script.world.id(a)));
    script.run_until_lost_by(a);
    let after = script.owners();
    let Some(&b) = after[1..].iter().find(|owner| before.contains(owner)) else {
        return script.expect(false, "one that does not coordinate owned the key before");
    };
    for place in (0..script.world.node_count()).filter(|place| ![a, b].contains(place)) {
        script.world.network.cut(a, place);
        script.world.network.cut(b, place);
    }
    let written = script.set(after[0], "w");
    script.expect_done(&written, "w by the two others");
    let read = script.get_voted(a, b);
    script.expect_value_or_error(&read, "w");
    script.world.network.heal_all();
    script.world.set_disk_slow(a, false);
    script.world.run_ms(3_000);
    let read = script.get_voted(after[0], b);
    script.expect_value(&read, "w");
}
