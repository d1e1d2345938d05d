//! What schedules are written in: one key, its owners A, B and C in preference order, and steps.

use circlet_core::quorum::Level;

use crate::bug::Bug;
use crate::command::{Reply, What};
use crate::invariant;
use crate::report::Report;
use crate::workload::command;
use crate::world::World;

/// A cluster of three, and one key.
pub(super) struct Script {
    pub(super) world: World,
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) c: usize,
    key: Vec<u8>,
    violations: Vec<String>,
}

impl Script {
    pub(super) fn new(bug: Option<Bug>, keep_trace: bool) -> Self {
        let mut world = World::new(7, 3, bug, keep_trace);
        world.run_ms(1_500);
        let key = b"k".to_vec();
        let owners = world.owners(&key);
        Self {
            a: owners[0],
            b: owners[1],
            c: owners[2],
            world,
            key,
            violations: Vec::new(),
        }
    }

    /// Asks the node at `place` and does not wait.
    pub(super) fn send(&mut self, place: usize, what: What) -> usize {
        self.world.call(place, command(self.key.clone(), what))
    }

    /// Asks the node at `place` and waits for the reply.
    pub(super) fn ask(&mut self, place: usize, what: What) -> Reply {
        let op = self.send(place, what);
        self.world.wait(op)
    }

    pub(super) fn set(&mut self, place: usize, value: &str) -> Reply {
        self.ask(place, What::Set(value.as_bytes().to_vec()))
    }

    pub(super) fn get(&mut self, place: usize) -> Reply {
        self.ask(place, What::Get)
    }

    /// `what` must hold, or the schedule is none.
    pub(super) fn expect(&mut self, is_so: bool, what: &str) {
        if !is_so {
            self.violations.push(format!("expected: {what}"));
        }
    }

    pub(super) fn expect_done(&mut self, reply: &Reply, what: &str) {
        let is_done = matches!(reply, Reply::Done(_));
        self.expect(is_done, &format!("{what} is acknowledged, not {reply}"));
    }

    /// A read, if it is answered, is answered so.
    pub(super) fn expect_value_or_error(&mut self, reply: &Reply, value: &str) {
        if let Reply::Value(read) = reply {
            let is_so = read.as_deref() == Some(value.as_bytes());
            self.expect(is_so, &format!("{value} is read, not {reply}"));
        }
    }

    pub(super) fn expect_value(&mut self, reply: &Reply, value: &str) {
        let is_read = matches!(reply, Reply::Value(Some(read)) if read == value.as_bytes());
        self.expect(is_read, &format!("{value} is read, not {reply}"));
    }

    /// Heals, reads once more at ALL, and checks everything.
    pub(super) fn finish(mut self, name: &str) -> Report {
        self.world.heal();
        self.world.run_ms(5_000);
        let mut get = command(self.key.clone(), What::Get);
        get.level = Level::All;
        let op = self.world.call(self.a, get);
        let reply = self.world.wait(op);
        self.expect(
            matches!(reply, Reply::Value(_)),
            &format!("all can be read when all is well, not {reply}"),
        );
        self.world.run_ms(1_000);
        let mut violations = self.violations;
        violations.extend(invariant::check_history(&self.world.history));
        violations.extend(invariant::check_rest(&self.world));
        Report::of(format!("scenario {name}"), self.world, violations)
    }
}
