//! Runs a batch of commands without waiting.
//!
//! ```text
//!   plan:   each command -> its parts: key, slot, hash, arc; the bucket is prefetched
//!   warm:   the entries are prefetched
//!   run:    part by part, under the arc's lock, here; or its arguments go to the node that coordinates its arc
//!   share:  one frame a peer; what has to be waited for becomes a Turn
//! ```
//!
//! Replies are written as if all went well; a turn's problems name the parts whose reply must not be sent. The two passes of
//! prefetching are the largest single gain of the hot path (2.2 times at 64 commands a batch), and the reason for planning apart
//! from running.

use super::caller::{Caller, Levels};
use super::plan::{Part, Plan};
use crate::command::{CommandError, Handler, KeyCx, SlotCx};
use crate::node::Node;
use crate::routes::{ArcRoute, NodeIndex, Routes};
use crate::turn::{Group, ItemKind, Loss, NO_GROUP, PartIndex, Problem, Sent, SentItem, Turn, Waits, WrittenKey};
use crate::turn::ELSEWHERE;
use circlet_core::message::batch::{self, RunHow, WireKey};
use circlet_core::quorum::needed;
use circlet_core::time::WallMs;
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;

/// What one peer gets from this turn.
#[derive(Default)]
struct ForPeer {
    encoded: Vec<u8>,
    items: Vec<SentItem>,
}

/// Which of a peer's two frames: deltas and checks are answered at once, commands when they are done.
#[derive(Clone, Copy)]
enum Frame {
    Data = 0,
    Runs = 1,
}

/// See the module's header. Reused from batch to batch, so that a warm one allocates nothing.
#[derive(Default)]
pub(crate) struct Executor {
    waits: Waits,
    /// Two for each member: [`Frame`].
    for_peers: Vec<ForPeer>,
    used: Vec<usize>,
    delta: Vec<u8>,
    spare: Vec<Arc<Turn>>,
}

/// What a batch runs in.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) node: &'a Node,
    pub(crate) routes: &'a Routes,
    pub(crate) caller: &'a Caller,
    pub(crate) now: WallMs,
}

/// Turns that a session keeps for reuse: the third owner's acknowledgement often comes after the reply.
const SPARE_TURNS_MAX: usize = 4;

impl Executor {
    /// Runs the planned parts; `replies` gets one reply a part, in order. Gives the turn to wait for, if any.
    pub(crate) fn run<'b>(
        &mut self,
        scene: Scene<'_>,
        plan: &mut Plan,
        args_of: impl Fn(&Part) -> Args<'b>,
        replies: &mut ReplyBuf,
    ) -> Option<Arc<Turn>> {
        self.waits.clear();
        self.for_peers.resize_with(scene.node.links.len() * 2, ForPeer::default);
        plan.warm(scene, &args_of);
        for index in 0..plan.parts.len() {
            let part = plan.parts[index];
            let start = replies.len() as u32;
            self.waits.part_groups.push(NO_GROUP);
            self.run_part(scene, index as PartIndex, &part, args_of(&part), replies);
            plan.parts[index].reply = start..replies.len() as u32;
        }
        self.share(scene)
    }

    fn run_part(&mut self, scene: Scene<'_>, index: PartIndex, part: &Part, args: Args<'_>, replies: &mut ReplyBuf) {
        let route = scene.routes.arc(part.arc);
        match route.coordinator {
            Some(coordinator) if coordinator == scene.routes.me || scene.caller.ran_here_by_peer(route) => {
                if route.ready {
                    self.run_here(scene, route, index, part, args, replies);
                } else {
                    self.waits.problems.push((index, Problem::NotReady));
                }
            }
            Some(coordinator) => self.run_elsewhere(scene, coordinator, index, part, args),
            None => self.waits.problems.push((index, Problem::NotReady)),
        }
    }

    fn run_elsewhere(
        &mut self,
        scene: Scene<'_>,
        coordinator: NodeIndex,
        index: PartIndex,
        part: &Part,
        args: Args<'_>,
    ) {
        let out = self.for_peer(coordinator, Frame::Runs);
        let how = scene.caller.run_how(part.is_share());
        if !part.put_run(&mut out.encoded, how, args) {
            self.waits.problems.push((index, Problem::RunElsewhere { maybe_ran: false }));
            return;
        }
        out.items.push(SentItem { part: index, kind: ItemKind::Run { repeatable: part.repeatable(args) } });
        self.waits.part_groups[usize::from(index)] = ELSEWHERE;
        self.waits.open += 1;
    }

    fn run_here(
        &mut self,
        scene: Scene<'_>,
        route: ArcRoute,
        index: PartIndex,
        part: &Part,
        args: Args<'_>,
        replies: &mut ReplyBuf,
    ) {
        let owners = scene.routes.owners(route);
        let levels = scene.caller.levels(scene.node, part.key(args).key);
        if let Err(error) = levels.admit(part.spec.is_write(), scene.routes.n, owners) {
            replies.error_display(&error);
            return;
        }
        let key = part.key(args);
        let start = replies.len();
        self.delta.clear();
        let mut shard = scene.node.store.lock(part.arc);
        let ran = match part.handler {
            Handler::Key(run) => {
                let mut cx = KeyCx::new(&mut shard, &key, scene.now, scene.node.run_identity(), &mut self.delta);
                run(&mut cx, part.handler_args(args), replies)
            }
            Handler::Slot(run) => {
                let mut cx = SlotCx::new(&mut shard, key.slot, scene.now, scene.node.run_identity());
                let ran = run(&mut cx, args, replies);
                let deltas = cx.into_deltas();
                drop(shard);
                self.after_slot(scene, route, index, part, levels, ran, deltas, replies, start);
                return;
            }
        };
        let digest = if self.delta.is_empty() && levels.asks_others() { shard.entry_digest(&key) } else { 0 };
        drop(shard);
        match ran {
            Ok(()) if !self.delta.is_empty() => {
                let wire = WireKey { slot: key.slot.get(), hash: key.hash, key: key.key };
                self.replicate(scene, route, index, part, levels, wire);
            }
            Ok(()) => self.check(scene, route, index, levels, &key, digest),
            Err(CommandError::NeedFullState) => {
                replies.truncate(start);
                self.waits.problems.push((index, Problem::NeedFullState));
            }
            Err(error) => {
                replies.truncate(start);
                replies.error_display(&error);
            }
        }
    }
}

impl Executor {
    /// Sends a delta to the owners that can be reached, leaves hints for the others, and counts acknowledgements if any are needed.
    fn replicate(
        &mut self,
        scene: Scene<'_>,
        route: ArcRoute,
        index: PartIndex,
        part: &Part,
        levels: Levels,
        key: WireKey<'_>,
        state: &[u8],
    ) {
        let owners = scene.routes.owners(route);
        for missing in &owners.missing {
            scene.node.hints.note(*missing, part.arc, key.key);
        }
        if owners.reachable.is_empty() {
            return;
        }
        let start = self.waits.written_bytes.len() as u32;
        self.waits.written_bytes.extend_from_slice(key.key);
        let bytes = start..self.waits.written_bytes.len() as u32;
        self.waits.written.push(WrittenKey { part: index, arc: part.arc, bytes });
        for peer in &owners.reachable {
            let out = self.for_peer(*peer, Frame::Data);
            batch::put_apply(&mut out.encoded, key, state);
            out.items.push(SentItem { part: index, kind: ItemKind::Apply });
        }
        let need = needed(scene.routes.n, levels.write);
        self.join_group(index, Group::write(route.set, &owners.reachable, need));
    }

    /// Asks as many other owners as the read level needs whether they hold the same.
    fn check(
        &mut self,
        scene: Scene<'_>,
        route: ArcRoute,
        index: PartIndex,
        levels: Levels,
        key: WireKey<'_>,
        digest: u64,
    ) {
        let others = usize::from(needed(scene.routes.n, levels.read)) - 1;
        if others == 0 {
            return;
        }
        let asked = scene.readers_to_ask(route, others);
        for peer in &asked {
            let out = self.for_peer(*peer, Frame::Data);
            batch::put_check(&mut out.encoded, key, digest);
            out.items.push(SentItem { part: index, kind: ItemKind::Check });
        }
        self.join_group(index, Group::read(route.set, &asked, needed(scene.routes.n, levels.read)));
    }

    /// Puts a part into the group that waits for the same owners, or into this new one.
    fn join_group(&mut self, part: PartIndex, group: Group) {
        let known = self.waits.groups.iter().rposition(|other| other.same_wait(&group));
        let index = known.unwrap_or_else(|| {
            self.waits.open += usize::from(group.is_pending());
            self.waits.groups.push(group);
            self.waits.groups.len() - 1
        });
        self.waits.part_groups[usize::from(part)] = index as u16;
    }

    fn for_peer(&mut self, peer: NodeIndex, frame: Frame) -> &mut ForPeer {
        let at = usize::from(peer) * 2 + frame as usize;
        if self.for_peers[at].items.is_empty() {
            self.used.push(at);
        }
        &mut self.for_peers[at]
    }

    /// Sends the frames. What is not sent is a loss like any other, only sooner.
    fn share(&mut self, scene: Scene<'_>) -> Option<Arc<Turn>> {
        if self.used.is_empty() {
            return if self.waits.problems.is_empty() { None } else { Some(self.turn()) };
        }
        for at in &self.used {
            let start = self.waits.items.len() as u32;
            self.waits.items.extend_from_slice(&self.for_peers[*at].items);
            let items = start..self.waits.items.len() as u32;
            self.waits.sent.push(Sent { peer: (*at / 2) as NodeIndex, items });
        }
        let turn = self.turn();
        for (sent, at) in self.used.drain(..).enumerate() {
            let out = &mut self.for_peers[at];
            let link = &scene.node.links[at / 2];
            let count = out.items.len() as u32;
            if link.ask(&turn, sent, scene.routes.epoch, &out.encoded, count).is_err() {
                scene.node.lose(&turn, sent, Loss::NotSent);
            }
            out.encoded.clear();
            out.items.clear();
        }
        self.keep(&turn);
        Some(turn)
    }

    fn turn(&mut self) -> Arc<Turn> {
        for at in 0..self.spare.len() {
            if let Some(turn) = Arc::get_mut(&mut self.spare[at]) {
                turn.reuse(&mut self.waits);
                return self.spare.swap_remove(at);
            }
        }
        Arc::new(Turn::new(&mut self.waits))
    }

    fn keep(&mut self, turn: &Arc<Turn>) {
        if self.spare.len() == SPARE_TURNS_MAX {
            self.spare.remove(0);
        }
        self.spare.push(Arc::clone(turn));
    }
}
