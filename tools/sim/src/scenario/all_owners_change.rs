//! Schedule 13. All three owners change at once: no quorum read may return nil for an acknowledged write in any stage. Then two old owners die for
//! good: the move must end or be reversed.
//!
//! The rule: a write needs a quorum of each side, and reads ask the new owners only once a quorum of them has caught up.

use circlet_core::moves::Change;
use circlet_core::topology::MoveStage;

use super::script::Script;
use crate::command::Reply;

pub(super) fn run(script: &mut Script) {
    let old = [script.a, script.b, script.c];
    let written = script.set(old[0], "v0");
    script.expect_done(&written, "v0 by all");
    let new: Vec<usize> = (0..3).map(|_| script.join(old[0])).collect();
    for place in old {
        script.change(old[0], &Change::Leave(script.world.id(place)));
    }
    script.run_until_stage(Some(MoveStage::WriteBothReadOld));
    // One of the new owners is away, so that the stage lasts; and the coordinator reaches the other new ones only.
    for place in old.into_iter().chain(new[..2].iter().copied()) {
        script.world.network.cut(new[2], place);
    }
    for place in &old[1..] {
        script.world.network.cut(old[0], *place);
    }
    let written = script.set(old[0], "v1");
    script.world.crash(old[0], false);
    for place in &old[1..] {
        script.world.network.heal(old[0], *place);
    }
    for _ in 0..20 {
        let read = script.get(old[1]);
        if matches!(written, Reply::Done(_)) {
            script.expect_value_or_error(&read, "v1");
        }
        script.world.run_ms(20);
    }
    script.world.network.heal_all();
    script.world.start(old[0]);
    script.world.run_ms(1_000);
    let written = script.set(new[0], "v2");
    script.expect_done(&written, "v2");
    // Two of the old ones die for good.
    for place in [old[1], old[2]] {
        script.world.crash(place, true);
    }
    script.world.run_ms(1_500);
    for place in [old[1], old[2]] {
        let (id, force) = (script.world.id(place), true);
        if script.world.is_member(place) {
            script.change(new[0], &Change::Remove { id, force });
        }
    }
    script.world.run_ms(6_000);
    let read = script.get(new[0]);
    script.expect_value(&read, "v2");
    let is_over = script.owners().iter().all(|owner| new.contains(owner));
    script.expect(is_over, "the move has ended");
}
