//! What schedules are written in: one key, its owners A, B and C in preference order, and steps.

use circlet_core::moves::Change;
use circlet_core::quorum::Level;
use circlet_core::stamp::Stamp;
use circlet_core::topology::{ArcOwners, MoveStage};

use crate::bug::Bug;
use crate::command::{Command, Reply, What};
use crate::invariant;
use crate::limits::Limits;
use crate::report::Report;
use crate::world::{Trap, TrapSort, World};

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
        let mut world = World::new(7, 3, Limits::FIXED, bug, keep_trace);
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

    /// From now on the schedule is about another key, of whose owners this is so.
    pub(super) fn choose_key(&mut self, is_so: impl Fn(&ArcOwners) -> bool) {
        let keys = (0..1_000).map(|number| format!("k{number}").into_bytes());
        let found = keys.into_iter().find(|key| is_so(self.world.arc_of(key)));
        self.expect(found.is_some(), "there is such a key");
        self.key = found.unwrap_or_else(|| self.key.clone());
    }

    /// Waits with this trap for the next move of the key's arc.
    pub(super) fn set_trap(&mut self, sort: TrapSort) {
        let arc = self.world.arc_id_of(&self.key);
        self.world.set_trap(Trap::on(arc, sort));
    }

    /// Goes on until the node at `place` owns the key no more.
    pub(super) fn run_until_lost_by(&mut self, place: usize) {
        for _ in 0..2_000 {
            if !self.owners().contains(&place) {
                return;
            }
            self.world.run_ms(5);
        }
        self.expect(false, &format!("{place} has lost the key"));
    }

    /// The command on the one key, at QUORUM.
    pub(super) fn command(&self, what: What) -> Command {
        Command::new(&self.key, what)
    }

    /// Asks the node at `place` and waits for the reply.
    pub(super) fn call(&mut self, place: usize, command: Command) -> Reply {
        let op = self.world.call(place, command);
        self.world.wait(op)
    }

    /// The same, and it must be acknowledged.
    pub(super) fn call_done(&mut self, place: usize, command: Command) {
        let what = command.to_string();
        let reply = self.call(place, command);
        self.expect_done(&reply, &what);
    }

    /// Asks the node at `place` and does not wait.
    pub(super) fn send(&mut self, place: usize, what: What) -> usize {
        self.world.call(place, self.command(what))
    }

    /// Asks the node at `place`, at another level than QUORUM, and waits for the reply.
    pub(super) fn ask_at(&mut self, place: usize, what: What, level: Level) -> Reply {
        self.call(place, self.command(what).at(level))
    }

    /// An operator asks the node at `place` for a change, which can be done.
    pub(super) fn change(&mut self, place: usize, change: &Change) {
        let is_chosen = self.world.change_at(place, change);
        self.expect(is_chosen, &format!("{change:?} is chosen"));
    }

    /// The next node joins; its place.
    pub(super) fn join(&mut self, place: usize) -> usize {
        let newcomer = self.world.newcomer();
        let joiner = self.world.node_count();
        self.change(place, &Change::Join(newcomer));
        joiner
    }

    /// How the key's arc moves, if it does.
    pub(super) fn stage(&self) -> Option<MoveStage> {
        self.world.arc_of(&self.key).moving.map(|moving| moving.stage)
    }

    /// Goes on until the key's arc is in `stage`.
    pub(super) fn run_until_stage(&mut self, stage: Option<MoveStage>) {
        for _ in 0..2_000 {
            if self.stage() == stage {
                return;
            }
            self.world.run_ms(5);
        }
        self.expect(false, &format!("the arc comes to {stage:?}"));
    }

    /// The owners of the key in force.
    pub(super) fn owners(&self) -> Vec<usize> {
        self.world.owners(&self.key)
    }

    /// Asks the node at `place` and waits for the reply.
    pub(super) fn ask(&mut self, place: usize, what: What) -> Reply {
        self.call(place, self.command(what))
    }

    pub(super) fn set(&mut self, place: usize, value: &str) -> Reply {
        self.ask(place, What::Set(value.as_bytes().to_vec()))
    }

    pub(super) fn get(&mut self, place: usize) -> Reply {
        self.ask(place, What::Get)
    }

    /// Has the nodes at these two places vote on a read, and waits for the reply.
    pub(super) fn get_voted(&mut self, first: usize, second: usize) -> Reply {
        let op = self.world.call_voted((first, second), self.command(What::Get));
        self.world.wait(op)
    }

    /// The stamp of a write with the right time now.
    pub(super) fn stamp_now(&self) -> Stamp {
        Stamp::new(self.world.clocks.true_wall(self.world.now), 0)
    }

    /// Up to where the node at `place` is synced in the key's arc.
    pub(super) fn synced(&self, place: usize) -> Stamp {
        let node = self.world.node(place);
        node.map_or(Stamp::ZERO, |node| node.store.synced(node.arc_of(&self.key)))
    }

    /// Goes on until the node at `place` is synced beyond `stamp`, or for ten seconds.
    pub(super) fn run_until_synced(&mut self, place: usize, stamp: Stamp) {
        for _ in 0..1_000 {
            if self.synced(place) > stamp {
                return;
            }
            self.world.run_ms(10);
        }
    }

    /// What the node at `place` holds under the key, if anything.
    pub(super) fn holds(&self, place: usize) -> bool {
        let entry = self.world.node(place);
        entry.is_some_and(|node| node.store.get(node.arc_of(&self.key), &self.key).is_some())
    }

    /// Writes v everywhere, and cuts C off until A and B know.
    pub(super) fn begin_without_c(&mut self) {
        let written = self.set(self.a, "v");
        self.expect_done(&written, "v by all");
        self.world.run_ms(500);
        self.world.network.cut(self.a, self.c);
        self.world.network.cut(self.b, self.c);
        self.world.run_ms(1_500);
    }

    /// Nobody reads anything at QUORUM.
    pub(super) fn expect_nothing(&mut self) {
        for place in [self.c, self.b, self.a] {
            let read = self.get(place);
            self.expect(read == Reply::Value(None), &format!("nothing is read, not {read}"));
        }
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
        self.world.release_all();
        self.world.run_ms(5_000);
        self.world.become_rested();
        let reply = self.call(self.world.member_from(self.a), self.command(What::Get).at(Level::All));
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
