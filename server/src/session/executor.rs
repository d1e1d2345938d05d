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

mod company;
mod late;
mod tracked;
mod voted;

use self::company::Company;
use super::caller::Door;
use super::gate::Gate;
use super::plan::{Handler, Part, Plan, Whole};
use super::scene::{Reads, Scene};
use super::serving;
use super::voting::Voting;
use crate::command::{CommandError, Delta, Deltas, KeyCx, Lookups, SlotCx, Writer};
use crate::config::Levels;
use crate::link::peer::AskedTurn;
use crate::metrics::Count;
use crate::routes::{NodeIndex, OwnerSet};
use crate::store::HashedKey;
use crate::turn::{
    ItemKind, Loss, MaybeRan, NO_GROUP, PARTS_MAX, PartIndex, Problem, Sent, SentItem, Turn, Waits, WrittenKey,
};
use circlet_core::coordinator::Shortfall;
use circlet_core::message::batch::{self, WireKey};
use circlet_core::stamp::Stamp;
use circlet_resp::{Args, ReplyBuf};
use smallvec::SmallVec;
use std::sync::Arc;

/// What one peer gets from this turn.
#[derive(Default)]
struct ForPeer {
    encoded: Vec<u8>,
    items: Vec<SentItem>,
    /// How many of them are checks that another owner could be asked too.
    checks: u32,
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
    company: Company,
    delta: Delta,
    deltas: Deltas,
    /// Whether nobody is to get the deltas.
    unwanted: bool,
    /// What the batch looked up so far.
    lookups: Lookups,
    spare: Vec<Arc<Turn>>,
}

/// What became of a plan.
pub(crate) struct Ran {
    /// How many parts ran, from the first: all, unless their replies became too long.
    pub(crate) parts: usize,
    /// What is to be waited for.
    pub(crate) turn: Option<Arc<Turn>>,
}

/// Turns that a session keeps for reuse: the third owner's acknowledgement often comes after the reply.
const SPARE_TURNS_MAX: usize = 4;

/// One part on its way, with what was looked up of it.
#[derive(Clone, Copy)]
struct Run<'a> {
    scene: &'a Scene<'a>,
    gate: &'a Gate<'a>,
    index: PartIndex,
    part: &'a Part,
    key: HashedKey<'a>,
    owners: &'a OwnerSet,
    levels: Levels,
}

impl Executor {
    /// Runs the planned parts, at most [`PARTS_MAX`]; `replies` gets one reply a part, in order. It ends early once the replies have
    /// become longer than a connection is to hold: between two commands, or within one of many keys when they are much longer.
    pub(crate) fn run<'b>(
        &mut self,
        scene: &Scene<'_>,
        plan: &mut Plan,
        args_of: &impl Fn(u32) -> Args<'b>,
        replies: &mut ReplyBuf,
    ) -> Ran {
        self.begin(scene);
        self.want_deltas(scene.routes.is_shared);
        plan.warm(scene, args_of);
        let gate = Gate::new(scene);
        // The first part always runs.
        let before = replies.waiting();
        let enough = scene.caller.door.reply_bytes_max().max(before);
        let mut ran = plan.parts.len().min(usize::from(PARTS_MAX));
        for (index, part) in (0..PARTS_MAX).zip(&mut plan.parts) {
            if replies.waiting() > enough && may_end_before(&plan.wholes, index, replies.waiting() - before) {
                ran = usize::from(index);
                break;
            }
            self.waits.part_groups.push(NO_GROUP);
            self.run_part(scene, &gate, index, part, args_of(part.command), replies);
            part.reply_end = replies.len();
        }
        self.count_lookups(scene);
        Ran {
            parts: ran,
            turn: self.share(scene),
        }
    }

    /// A new turn, of which nothing is there yet.
    fn begin(&mut self, scene: &Scene<'_>) {
        self.waits.clear();
        self.company.clear();
        self.for_peers.resize_with(scene.node.links.len() * 2, ForPeer::default);
    }

    fn count_lookups(&mut self, scene: &Scene<'_>) {
        let Lookups { hits, misses } = std::mem::take(&mut self.lookups);
        scene.node.metrics.add(Count::KeyspaceHits, hits.into());
        scene.node.metrics.add(Count::KeyspaceMisses, misses.into());
    }

    /// Deltas are only encoded where somebody is to get them.
    fn want_deltas(&mut self, wanted: bool) {
        if wanted == self.unwanted {
            self.unwanted = !wanted;
            self.delta = if wanted { Delta::default() } else { Delta::unwanted() };
            self.deltas = if wanted { Deltas::default() } else { Deltas::unwanted() };
        }
    }

    fn run_part(
        &mut self,
        scene: &Scene<'_>,
        gate: &Gate<'_>,
        index: PartIndex,
        part: &Part,
        args: Args<'_>,
        replies: &mut ReplyBuf,
    ) {
        if part.voting != Voting::No {
            return self.run_voted(scene, gate, part, args, replies);
        }
        let route = scene.routes.arc(part.arc);
        let aside = scene.caller.at_owner && route.owned && route.caught_up && !part.spec.is_write();
        let for_peer = scene.caller.door == Door::Peer && route.owned;
        let here = route.coordinator == Some(scene.routes.me) || for_peer || aside;
        match scene.detour.or(route.coordinator) {
            Some(coordinator) if !here || scene.detour.is_some() => match gate.forward(coordinator) {
                Ok(()) => self.run_elsewhere(scene, coordinator, index, part, args),
                Err(refused) => replies.error_display(&refused),
            },
            None if !route.owned => self.waits.problems.push((index, Problem::NotReady)),
            _ => {
                let levels = scene.caller.levels(&scene.config.cluster, part.key(args).key);
                let owners = scene.routes.owners(route);
                if let Err(refused) = gate.admit(part.spec, levels, owners) {
                    replies.error_display(&refused);
                } else if here && gate.may_coordinate && (aside || route.is_ready(levels.read)) {
                    let run = Run {
                        scene,
                        gate,
                        index,
                        part,
                        key: part.key(args),
                        owners,
                        levels,
                    };
                    self.run_here(&run, args, replies);
                } else {
                    self.waits.problems.push((index, Problem::NotReady));
                }
            }
        }
    }

    fn run_elsewhere(
        &mut self,
        scene: &Scene<'_>,
        coordinator: NodeIndex,
        index: PartIndex,
        part: &Part,
        args: Args<'_>,
    ) {
        if scene.caller.tracks && !part.spec.is_write() {
            // Nobody here will hear of the key's changes.
            let (client, key) = (scene.caller.client, part.key(args).key);
            scene.node.store.tracking().disown(client, part.arc, key);
        }
        let out = self.for_peer(coordinator, Frame::Runs);
        if !part.put_run(&mut out.encoded, scene.run_how(), args) {
            self.waits.problems.push((
                index,
                Problem::RunElsewhere {
                    maybe_ran: MaybeRan::No,
                },
            ));
            return;
        }
        out.items.push(SentItem {
            part: index,
            kind: ItemKind::Run {
                repeatable: part.repeatable(),
            },
        });
        self.waits.run_elsewhere(index);
    }

    fn run_here(&mut self, run: &Run<'_>, args: Args<'_>, replies: &mut ReplyBuf) {
        let &Run {
            scene,
            index,
            part,
            key,
            ..
        } = run;
        let start = replies.len();
        let Some(mut shard) = scene.node.lock_in_force(part.arc, scene.routes.epoch) else {
            let maybe_ran = MaybeRan::No;
            self.waits.problems.push((index, Problem::RunElsewhere { maybe_ran }));
            return;
        };
        let writer = Writer {
            asks_if_expired: !scene.has_asked && run.levels.write.needed(run.owners.read_n) > 1,
            ..scene.node.writer(&shard, scene.now.wall, !run.owners.is_alone())
        };
        shard.note_origin(scene.caller.client);
        if scene.caller.tracks {
            tracked::track(&mut shard, part, args, key.key, scene.caller.client);
        }
        let done = match part.handler {
            Handler::Key(handler) => {
                self.delta.clear();
                let mut cx = KeyCx::new(&mut shard, key, writer, &mut self.delta);
                let done = handler(&mut cx, part.handler_args(args), replies);
                // Under the same lock: what is compared with the others is what was read.
                let digest = (done.is_ok() && self.asks_others(run)).then(|| shard.digest_of(&key));
                if self.delta.is_changed() && !scene.node.waiting.is_empty() {
                    serving::serve(scene, run.gate, run.owners, &mut shard, std::iter::once(key.key));
                }
                drop(shard);
                self.lookups = self.lookups.plus(self.delta.lookups());
                done.map(|()| self.after_key(run, digest))
            }
            Handler::Slot(handler) => {
                self.deltas.clear();
                let mut cx = SlotCx::new(&mut shard, writer, &mut self.deltas);
                let done = handler(&mut cx, args, replies);
                if !scene.node.waiting.is_empty() {
                    let written = self.deltas.changed().map(|(key, _)| key);
                    serving::serve(scene, run.gate, run.owners, &mut shard, written);
                }
                drop(shard);
                self.lookups = self.lookups.plus(self.deltas.lookups());
                done.map(|()| self.after_slot(run, args))
            }
        };
        match done {
            Ok(Ok(())) => {}
            Ok(Err(shortfall)) => {
                replies.truncate(start);
                replies.error_display(&shortfall);
            }
            Err(CommandError::NeedFullState) => {
                replies.truncate(start);
                self.waits.problems.push((index, Problem::NeedFullState));
            }
            Err(CommandError::ExpiredHere) => {
                replies.truncate(start);
                self.waits.problems.push((index, Problem::ExpiredHere));
            }
            Err(error) => {
                replies.truncate(start);
                replies.error_display(&error);
            }
        }
    }

    /// Whether a command on one key only read, at a level that other owners have to vouch for.
    fn asks_others(&self, run: &Run<'_>) -> bool {
        !self.delta.is_changed() && run.levels.read.needed(run.owners.read_n) > 1
    }

    /// A command on one key is done here: tell the owners what it changed, or have them vouch for the digest of what it read.
    fn after_key(&mut self, run: &Run<'_>, digest: Option<u64>) -> Result<(), Shortfall> {
        if let Some(digest) = digest {
            return self.vouch(run, &[(run.key.wire(), digest)]);
        }
        if !self.delta.is_changed() || run.owners.is_empty() {
            return Ok(());
        }
        let delta = std::mem::take(&mut self.delta);
        self.replicate(run, run.key.wire(), delta.stamp(), delta.as_bytes());
        self.delta = delta;
        self.company.writers(run, &mut self.waits)
    }

    /// The same for a command on several keys. One that changed some of them has its word from the owners' acknowledgements.
    fn after_slot(&mut self, run: &Run<'_>, args: Args<'_>) -> Result<(), Shortfall> {
        if run.owners.is_empty() {
            return Ok(());
        }
        let deltas = std::mem::take(&mut self.deltas);
        let mut changed = false;
        for (key, delta) in deltas.changed() {
            changed = true;
            self.replicate(run, HashedKey::new(key).wire(), delta.stamp(), delta.as_bytes());
        }
        let result = if changed {
            self.company.writers(run, &mut self.waits)
        } else if run.levels.read.needed(run.owners.read_n) == 1 {
            Ok(())
        } else {
            self.vouch_for_all(run, args, &deltas)
        };
        self.deltas = deltas;
        result
    }

    /// Has owners vouch for all keys that a command on several of them read.
    fn vouch_for_all(&mut self, run: &Run<'_>, args: Args<'_>, deltas: &Deltas) -> Result<(), Shortfall> {
        let shard = run.scene.node.store.lock(run.part.arc);
        let read: SmallVec<[(WireKey<'_>, u64); 2]> = run
            .part
            .spec
            .keys(args)
            .filter_map(|(at, _)| args.get(at))
            .chain(deltas.unnamed())
            .map(HashedKey::new)
            .map(|key| (key.wire(), shard.digest_of(&key)))
            .collect();
        drop(shard);
        self.vouch(run, &read)
    }

    /// Sends a delta to the owners that can be reached, and leaves hints for the others.
    fn replicate(&mut self, run: &Run<'_>, key: WireKey<'_>, stamp: Stamp, delta: &[u8]) {
        for missing in &run.owners.missing {
            run.scene
                .node
                .note_hint(run.scene.now.mono, *missing, run.part.arc, key.key);
        }
        if run.owners.reachable.is_empty() {
            return;
        }
        let start = self.waits.written_bytes.len() as u32;
        self.waits.written_bytes.extend_from_slice(key.key);
        let bytes = start..self.waits.written_bytes.len() as u32;
        self.waits.written.push(WrittenKey {
            part: run.index,
            arc: run.part.arc,
            stamp,
            bytes,
        });
        run.scene
            .node
            .metrics
            .add(Count::DeltasSent, run.owners.reachable.len() as u64);
        for peer in &run.owners.reachable {
            let out = self.for_peer(*peer, Frame::Data);
            batch::put_apply(&mut out.encoded, key, delta);
            out.items.push(SentItem {
                part: run.index,
                kind: ItemKind::Apply,
            });
        }
    }

    /// Has as many other owners as the read level needs vouch for what was read.
    fn vouch(&mut self, run: &Run<'_>, read: &[(WireKey<'_>, u64)]) -> Result<(), Shortfall> {
        let vouchers = self.company.readers(run, &mut self.waits)?;
        let mut encoded = Vec::new();
        for peer in vouchers.asked {
            for (key, digest) in read {
                let kind = match run.scene.reads {
                    Reads::Check => ItemKind::Check,
                    Reads::WriteBack => ItemKind::Apply,
                };
                let out = self.for_peer(peer, Frame::Data);
                out.items.push(SentItem { part: run.index, kind });
                if kind == ItemKind::Check {
                    out.checks += vouchers.hedgeable;
                    batch::put_check(&mut out.encoded, *key, *digest);
                } else {
                    run.scene.node.metrics.inc(Count::ReadRepairs);
                    encoded.clear();
                    run.scene.encode_state(run.part.arc, *key, &mut encoded);
                    batch::put_apply(&mut out.encoded, *key, &encoded);
                }
            }
        }
        Ok(())
    }

    fn for_peer(&mut self, peer: NodeIndex, frame: Frame) -> &mut ForPeer {
        let at = usize::from(peer) * 2 + frame as usize;
        if self.for_peers[at].items.is_empty() {
            self.used.push(at);
        }
        &mut self.for_peers[at]
    }

    /// Sends the frames. What is not sent is a loss like any other, only sooner.
    fn share(&mut self, scene: &Scene<'_>) -> Option<Arc<Turn>> {
        if self.used.is_empty() {
            return if self.waits.problems.is_empty() {
                None
            } else {
                Some(self.turn())
            };
        }
        let hedged_percent = scene.config.limits.read_hedge_percent_max;
        for at in &self.used {
            let out = &mut self.for_peers[*at];
            let start = self.waits.items.len();
            self.waits.items.extend_from_slice(&out.items);
            let items = start..self.waits.items.len();
            // Made of one by `for_peer`.
            let mut sent = Sent::new((*at / 2) as NodeIndex, items);
            if out.checks > 0 && hedged_percent > 0 {
                sent.kept = self.waits.keep(&out.encoded);
                scene.node.hedges.on_questions(out.checks, hedged_percent);
            }
            if sent.kept.is_empty() {
                out.checks = 0;
            }
            self.waits.sent.push(sent);
        }
        let turn = self.turn();
        for (sent, at) in self.used.drain(..).enumerate() {
            let out = &mut self.for_peers[at];
            // Made of one by `for_peer`.
            let link = &scene.node.links[(at / 2) as NodeIndex];
            // Some for each part: far fewer than bytes of a frame.
            let count = out.items.len() as u32;
            if at % 2 == Frame::Runs as usize {
                scene.node.metrics.add(Count::CommandsForwarded, count.into());
            }
            let mut asked = AskedTurn::new(&turn, sent, scene.routes.epoch);
            asked.checked_at = (out.checks > 0).then_some(scene.now.mono);
            if link.ask(asked, &out.encoded, count).is_err() {
                scene.node.lose(&turn, sent, Loss::NotSent);
            }
            out.checks = 0;
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

/// Whether a turn whose replies are long may end before this part: it begins a command, or they are as long as a peer's may be.
#[cold]
fn may_end_before(wholes: &[Whole], part: PartIndex, reply_bytes: usize) -> bool {
    reply_bytes > Door::Peer.reply_bytes_max() || Whole::one_begins_at(wholes, usize::from(part))
}
