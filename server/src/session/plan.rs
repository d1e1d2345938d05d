//! Which parts a batch of commands has.
//!
//! Most commands are one part. A command on several keys that need not be atomic (MGET, MSET, DEL ...) is one part a key, so that each
//! goes where its key lives; [`Combine`] makes one reply of theirs again. A command that must be atomic over several keys is one
//! part, and all its keys are in one slot.
//!
//! ```text
//!   GET  MGET of a million keys                   GET
//!   [ piece ][ piece ]  ...  [ piece ]            a plan holds one piece: PARTS_MAX parts, PIECE_BYTES_MAX of keys and values
//!                   ^ `Rest`: what is planned when the piece before has run
//! ```
//!
//! So a command of a million keys costs what a thousand of a thousand keys cost, its frames are as short as theirs, others have their
//! turn in between, and the numbers of parts are short. Planning all of it at once was refused: what waits for a million answers at a
//! time runs into every limit that is there, and holds some hundred bytes a key.

use super::scene::Scene;
use super::voting::{self, Voting};
use crate::command::{
    Combine, CommandError, FanOut, KeyHandler, SlotHandler, fan_out, key_handler, slot_handler, wanted,
};
use crate::store::HashedKey;
use crate::turn::{MaybeRan, PARTS_MAX};
use circlet_core::message::batch::{self, RunHow};
use circlet_resp::command::{CommandId, CommandSpec, all};
use circlet_resp::{Args, ReplyBuf};
use circlet_ring::{ArcId, Slot};
use std::ops::Range;
use std::sync::LazyLock;

/// How a command on keys is run.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// On its one key.
    Key(KeyHandler),
    /// On several keys of one slot at once.
    Slot(SlotHandler),
}

#[derive(Clone, Copy)]
enum Dispatch {
    /// It is no command on keys.
    NoKeys,
    Whole(Handler),
    Shares(FanOut),
    /// VOTE and VOTED.
    Voting,
}

impl Dispatch {
    fn find(id: CommandId) -> Self {
        match (key_handler(id), slot_handler(id), fan_out(id)) {
            (Some(handler), _, _) => Dispatch::Whole(Handler::Key(handler)),
            (_, Some(handler), _) => Dispatch::Whole(Handler::Slot(handler)),
            (_, _, Some(fan_out)) => Dispatch::Shares(fan_out),
            (None, None, None) if voting::is_of(id) => Dispatch::Voting,
            (None, None, None) => Dispatch::NoKeys,
        }
    }

    /// One indexing instead of three searches.
    fn of(id: CommandId) -> Self {
        static TABLE: LazyLock<Vec<Dispatch>> = LazyLock::new(|| {
            let mut table = vec![Dispatch::NoKeys; all().iter().map(|spec| spec.id() as usize + 1).max().unwrap_or(0)];
            for spec in all() {
                table[spec.id() as usize] = Dispatch::find(spec.id());
            }
            table
        });
        TABLE.get(id as usize).copied().unwrap_or(Dispatch::NoKeys)
    }
}

/// One key's command, or one key's share of a command.
#[derive(Clone)]
pub(crate) struct Part {
    /// Index of the command in its batch.
    pub(crate) command: u32,
    /// Which argument is the key: a request has at most 2^20.
    key_at: u32,
    /// Arguments of a share, its key included: one or two; 0 for a whole command.
    share_args: u8,
    /// Whether the client counts the owners' votes.
    pub(crate) voting: Voting,
    pub(crate) slot: Slot,
    pub(crate) arc: ArcId,
    pub(crate) hash: u64,
    pub(crate) handler: Handler,
    pub(crate) spec: &'static CommandSpec,
    /// Where its reply ends in the batch's replies: it begins where that of the part before it ends.
    pub(crate) reply_end: usize,
}

impl Part {
    /// Where the reply of one of these parts stands, if that of the first begins at `start`.
    pub(crate) fn reply_of(parts: &[Part], index: usize, start: usize) -> Range<usize> {
        let begin = index.checked_sub(1).map_or(start, |before| parts[before].reply_end);
        begin..parts[index].reply_end
    }

    /// The key, with what was computed of it.
    pub(crate) fn key<'a>(&self, args: Args<'a>) -> HashedKey<'a> {
        HashedKey {
            key: args.get(self.key_at as usize).unwrap_or_default(),
            slot: self.slot,
            hash: self.hash,
        }
    }

    /// The arguments as the handler takes them: the key of a share, or of a command behind VOTED, stands at 1, like a whole command's.
    pub(crate) fn handler_args<'a>(&self, args: Args<'a>) -> Args<'a> {
        if self.share_args == 0 && self.voting == Voting::No {
            args
        } else {
            args.skip(self.key_at as usize - 1)
        }
    }

    /// Appends the item that has another node run this part; false, and nothing appended, when it has too many arguments.
    #[must_use]
    pub(crate) fn put_run(&self, out: &mut Vec<u8>, mut how: RunHow, args: Args<'_>) -> bool {
        if self.share_args == 0 {
            return batch::put_run(out, how, args.iter());
        }
        how.part = true;
        let share = args
            .skip(self.key_at as usize)
            .iter()
            .take(usize::from(self.share_args));
        let arguments: smallvec::SmallVec<[&[u8]; 3]> = std::iter::once(args.name()).chain(share).collect();
        batch::put_run(out, how, arguments.into_iter())
    }

    /// Whether it may be sent to another node when nobody knows whether the first one ran it, or will: it only reads.
    ///
    /// Not even a SET: the first node may be one that stands still, wake up seconds later, and run it then, above a newer value that was
    /// acknowledged meanwhile. (Found by `circlet-chaos` with `pause`.)
    pub(crate) fn repeatable(&self) -> bool {
        !self.spec.is_write()
    }

    /// Whether it may be sent to another node, seeing what may have become of it on the first one. A SET may if that one is gone: run twice
    /// before its reply, it leaves what it leaves run once.
    pub(crate) fn may_run_again(&self, args: Args<'_>, maybe_ran: MaybeRan) -> bool {
        match maybe_ran {
            MaybeRan::No => true,
            MaybeRan::Before => self.repeatable() || circlet_resp::command::sets_unconditionally(self.spec.id(), args),
            MaybeRan::Whenever => self.repeatable(),
        }
    }
}

/// Bytes of keys and values in a piece of one command, above which the piece ends: what it sends to a peer is no longer than this, one
/// value, and what each item costs beside. Raising it saves ways to and fro for long values, and costs memory for each connection.
const PIECE_BYTES_MAX: usize = 1 << 20;

/// What is left of the command that a plan ends with.
#[derive(Clone, Copy)]
struct Rest {
    command: u32,
    spec: &'static CommandSpec,
    fan_out: FanOut,
    /// The first of its keys that is not planned, counted from 0.
    next_key: usize,
}

/// A command, and how the replies of its parts become its reply.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    pub(crate) parts: Range<u32>,
    /// Nothing to combine: its one part's reply is its reply.
    pub(crate) combine: Option<Combine>,
}

impl Whole {
    /// Whether a command's first part is at this place.
    #[cold]
    pub(crate) fn one_begins_at(wholes: &[Whole], part: usize) -> bool {
        let found = wholes.binary_search_by_key(&part, |whole| whole.parts.start as usize);
        found.is_ok()
    }
}

/// See the module's header. Reused from batch to batch.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) parts: Vec<Part>,
    pub(crate) wholes: Vec<Whole>,
    // Invariant: if there is a rest, it is of the last of `wholes`.
    rest: Option<Rest>,
}

/// What became of a command that was to be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Planned {
    /// It has its parts.
    Yes,
    /// Its arguments are wrong.
    Refused(CommandError),
    /// Its keys are in several slots, and it must be atomic.
    CrossSlot,
    /// It is no command on keys.
    NoKeys,
}

impl Planned {
    /// Appends what the client is told of a command that was not planned.
    pub(crate) fn write(&self, replies: &mut ReplyBuf) {
        match self {
            Planned::Refused(error) => error.write(replies),
            Planned::CrossSlot => replies.error("CROSSSLOT Keys in request don't hash to the same slot"),
            Planned::Yes | Planned::NoKeys => debug_assert!(false, "{self:?} is no refusal"),
        }
    }
}

impl Plan {
    /// A plan of this part alone, which the slow path runs again.
    pub(crate) fn solo(part: &Part) -> Self {
        Plan {
            parts: vec![part.clone()],
            wholes: Vec::new(),
            rest: None,
        }
    }

    /// Whether nothing is left to run.
    pub(crate) fn is_done(&self) -> bool {
        self.parts.is_empty() && self.rest.is_none()
    }

    /// Whether it holds a piece already: what comes next is planned when this has run.
    pub(crate) fn is_full(&self) -> bool {
        self.parts.len() >= usize::from(PARTS_MAX) || self.rest.is_some()
    }

    /// Forgets everything, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.wholes.clear();
        self.rest = None;
    }

    /// Forgets what was planned after the first `parts` parts, which are those of whole commands.
    pub(crate) fn truncate(&mut self, parts: usize) {
        self.parts.truncate(parts);
        self.wholes
            .truncate(self.wholes.partition_point(|whole| whole.parts.end as usize <= parts));
        self.rest = None;
    }

    /// Forgets the first `parts` parts, and keeps the others, and the command that some of those are of.
    pub(crate) fn forget_first(&mut self, parts: usize) {
        let done = self.done_by_first(parts);
        if done == self.wholes.len() {
            return self.clear();
        }
        self.parts.drain(..parts);
        self.wholes.drain(..done);
        // Of at most `PARTS_MAX` parts.
        let parts = parts as u32;
        for whole in &mut self.wholes {
            whole.parts = whole.parts.start.saturating_sub(parts)..whole.parts.end - parts;
        }
    }

    /// The commands that some of the first `parts` parts are of.
    pub(crate) fn wholes_of_first(&self, parts: usize) -> &[Whole] {
        let count = if parts == self.parts.len() {
            self.wholes.len()
        } else {
            self.wholes
                .partition_point(|whole| (whole.parts.start as usize) < parts)
        };
        &self.wholes[..count]
    }

    /// How many commands, from the first, are done when the first `parts` parts have run.
    pub(crate) fn done_by_first(&self, parts: usize) -> usize {
        if parts == self.parts.len() {
            self.wholes.len() - usize::from(self.rest.is_some())
        } else {
            self.wholes.partition_point(|whole| whole.parts.end as usize <= parts)
        }
    }

    /// Plans the next piece of the command that the plan ends with, if it has one and the piece before has run.
    pub(crate) fn go_on<'b>(&mut self, scene: &Scene<'_>, args_of: &impl Fn(u32) -> Args<'b>) {
        if !self.parts.is_empty() {
            return;
        }
        let Some(rest) = self.rest.take() else { return };
        let planned = self.push_shares(scene, rest, args_of(rest.command));
        debug_assert!(
            planned.is_ok(),
            "a command without its last value was refused as a whole"
        );
        if let Some(whole) = self.wholes.last_mut() {
            whole.parts.end = self.parts.len() as u32;
        }
    }

    /// Adds a command whose arity was checked, or the first piece of it, and prefetches the buckets of its keys. With `share`, it is one key's share of a
    /// command, and is answered as such.
    pub(crate) fn add(
        &mut self,
        scene: &Scene<'_>,
        command: u32,
        spec: &'static CommandSpec,
        args: Args<'_>,
        share: bool,
    ) -> Planned {
        let start = self.parts.len() as u32;
        let combine = match Dispatch::of(spec.id()) {
            Dispatch::NoKeys => return Planned::NoKeys,
            Dispatch::Whole(handler) => {
                let Some(key_at) = spec.first_key() else {
                    return Planned::NoKeys;
                };
                let Some(key) = args.get(key_at) else {
                    return Planned::Refused(CommandError::Syntax);
                };
                let key = HashedKey::new(key);
                if matches!(handler, Handler::Slot(_)) && !one_slot(spec, args, key.slot) {
                    return Planned::CrossSlot;
                }
                self.push(scene, command, spec, handler, &key, key_at, 0);
                None
            }
            Dispatch::Voting => {
                let (voting, spec, handler) = match voting::of(spec, args) {
                    Ok(found) => found,
                    Err(error) => return Planned::Refused(error),
                };
                let key_at = voting.key_at();
                let Some(key) = args.get(key_at) else {
                    return Planned::Refused(CommandError::Syntax);
                };
                self.push(scene, command, spec, handler, &HashedKey::new(key), key_at, 0);
                if let Some(part) = self.parts.last_mut() {
                    part.voting = voting;
                }
                None
            }
            Dispatch::Shares(fan_out) => {
                let all = Rest {
                    command,
                    spec,
                    fan_out,
                    next_key: 0,
                };
                if let Err(error) = self.push_shares(scene, all, args) {
                    return Planned::Refused(error);
                }
                (!share).then(|| fan_out.combine())
            }
        };
        self.wholes.push(Whole {
            parts: start..self.parts.len() as u32,
            combine,
        });
        Planned::Yes
    }

    /// Adds parts of a command, one at least, until it has no more or the piece is full.
    fn push_shares(&mut self, scene: &Scene<'_>, mut rest: Rest, args: Args<'_>) -> Result<(), CommandError> {
        let Rest {
            command, spec, fan_out, ..
        } = rest;
        let step = fan_out.args_per_key();
        let mut shares = fan_out.split(args, rest.next_key)?;
        let room = usize::from(PARTS_MAX).saturating_sub(self.parts.len()).max(1);
        let mut bytes = 0;
        for share in shares.by_ref().take(room) {
            let key = HashedKey::new(share.get(1).unwrap_or_default());
            let handler = Handler::Key(fan_out.part());
            let key_at = 1 + rest.next_key * step;
            self.push(scene, command, spec, handler, &key, key_at, step as u8);
            rest.next_key += 1;
            bytes += share.iter().skip(1).take(step).map(<[u8]>::len).sum::<usize>();
            if bytes > PIECE_BYTES_MAX {
                break;
            }
        }
        self.rest = (shares.len() > 0).then_some(rest);
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "called from just above; a struct would only repeat Part"
    )]
    #[inline]
    fn push(
        &mut self,
        scene: &Scene<'_>,
        command: u32,
        spec: &'static CommandSpec,
        handler: Handler,
        key: &HashedKey<'_>,
        key_at: usize,
        share_args: u8,
    ) {
        let arc = scene.routes.arc_of(key.slot);
        if command > 0 && scene.may_run_here(arc) {
            scene.node.store.prefetch_arc(key);
        }
        self.parts.push(Part {
            command,
            key_at: key_at as u32,
            share_args,
            voting: Voting::No,
            slot: key.slot,
            arc,
            hash: key.hash,
            handler,
            spec,
            reply_end: 0,
        });
    }

    /// Prefetches the entries of the parts that may run here.
    pub(crate) fn warm<'b>(&self, scene: &Scene<'_>, args_of: &impl Fn(u32) -> Args<'b>) {
        if self.parts.len() < 2 {
            return;
        }
        // No step compares keys.
        let key = |part: &Part| HashedKey {
            key: &[],
            slot: part.slot,
            hash: part.hash,
        };
        let here = || self.parts.iter().filter(|part| scene.may_run_here(part.arc));
        for part in here() {
            scene.node.store.prefetch_bucket(&key(part));
        }
        let is_of_collection = |part: &Part| part.spec.group().is_of_collections();
        scene
            .node
            .store
            .prefetch_entries(here().map(|part| (key(part), is_of_collection(part))));
        for part in here().filter(|part| is_of_collection(part)) {
            if let Some(wanted) = wanted(part.spec.id(), part.handler_args(args_of(part.command))) {
                scene.node.store.prefetch_rest(&key(part), wanted);
            }
        }
    }
}

fn one_slot(spec: &CommandSpec, args: Args<'_>, slot: Slot) -> bool {
    spec.keys(args)
        .all(|(at, _)| args.get(at).is_none_or(|key| Slot::of_key(key) == slot))
}
