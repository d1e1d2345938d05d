//! Schedule 1. Nothing is there; A is cut off from B and C. First writes on both sides, at ONE; heal. All members, fields and increments must be there.
//!
//! The rule: a command that finds nothing begins no generation, which would kill what the other side's began.

use circlet_core::quorum::Level;
use circlet_core::state::Kind;

use super::script::Script;
use crate::command::{Command, What};

/// In keys of one arc, with what a part of each holds.
const KINDS: [(Kind, &str, &str); 4] = [
    (Kind::Set, "{k}s", ""),
    (Kind::Hash, "{k}h", "7"),
    (Kind::SortedSet, "{k}z", "7"),
    (Kind::List, "{k}l", ""),
];

pub(super) fn run(script: &mut Script) {
    let (a, b, c) = (script.a, script.b, script.c);
    script.world.network.cut(a, b);
    script.world.network.cut(a, c);
    script.world.run_ms(1_500);
    let sides = [(a, "left", 2), (b, "right", 3)];
    for (place, name, by) in sides {
        for (kind, key, value) in KINDS {
            let added = Command::new(key.as_bytes(), What::Set(value.into()));
            script.call_done(place, added.on(kind, name.as_bytes()).at(Level::One));
        }
        let counted = Command::new(b"{k}n", What::Incr(1)).on(Kind::Hash, b"n");
        script.call_done(place, counted.at(Level::One));
        script.call_done(place, script.command(What::Incr(by)).at(Level::One));
    }
    script.world.network.heal_all();
    script.world.run_ms(3_000);
    for place in [a, b, c] {
        for (_, name, _) in sides {
            for (kind, key, value) in KINDS {
                let get = Command::new(key.as_bytes(), What::Get).on(kind, name.as_bytes());
                let read = script.call(place, get);
                script.expect_value(&read, value);
            }
        }
        let read = script.call(place, Command::new(b"{k}n", What::Get).on(Kind::Hash, b"n"));
        script.expect_value(&read, "2");
        let read = script.get(place);
        script.expect_value(&read, "5");
    }
}
