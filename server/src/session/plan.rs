//! Which parts a batch of commands has.
//!
//! Most commands are one part. A command on several keys that need not be atomic (MGET, MSET, DEL ...) is one part a key, so that each
//! goes where its key lives; [`Combine`] makes one reply of theirs again. A command that must be atomic over several keys is one
//! part, and all its keys are in one slot.

use super::scene::Scene;
use crate::command::{
    Combine, CommandError, FanOut, KeyHandler, SlotHandler, fan_out, key_handler, sets_unconditionally, slot_handler,
};
use crate::store::HashedKey;
use circlet_core::message::batch::{self, RunHow};
use circlet_resp::Args;
use circlet_resp::command::{CommandId, CommandSpec, all};
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
}

impl Dispatch {
    fn find(id: CommandId) -> Self {
        match (key_handler(id), slot_handler(id), fan_out(id)) {
            (Some(handler), _, _) => Dispatch::Whole(Handler::Key(handler)),
            (_, Some(handler), _) => Dispatch::Whole(Handler::Slot(handler)),
            (_, _, Some(fan_out)) => Dispatch::Shares(fan_out),
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
    /// Which argument is the key.
    key_at: u32,
    /// Arguments of a share, its key included; 0 for a whole command.
    share_args: u8,
    pub(crate) slot: Slot,
    pub(crate) arc: ArcId,
    pub(crate) hash: u64,
    pub(crate) handler: Handler,
    pub(crate) spec: &'static CommandSpec,
    /// Where its reply stands in the batch's replies.
    pub(crate) reply: Range<u32>,
}

impl Part {
    /// The key, with what was computed of it.
    pub(crate) fn key<'a>(&self, args: Args<'a>) -> HashedKey<'a> {
        HashedKey {
            key: args.get(self.key_at as usize).unwrap_or_default(),
            slot: self.slot,
            hash: self.hash,
        }
    }

    /// The arguments as the handler takes them: a share's key stands at 1, like a whole command's.
    pub(crate) fn handler_args<'a>(&self, args: Args<'a>) -> Args<'a> {
        if self.share_args == 0 {
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

    /// Whether running it twice leaves what running it once leaves: it only reads, or sets a whole value unconditionally.
    pub(crate) fn repeatable(&self, args: Args<'_>) -> bool {
        !self.spec.is_write() || sets_unconditionally(self.spec.id(), args)
    }
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

impl Plan {
    /// A plan of this part alone, which the slow path runs again.
    pub(crate) fn solo(part: &Part) -> Self {
        Plan {
            parts: vec![part.clone()],
            wholes: Vec::new(),
        }
    }

    /// Forgets everything, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.wholes.clear();
    }

    /// Forgets the first `parts` parts, which are those of whole commands, and keeps the others.
    pub(crate) fn forget_first(&mut self, parts: usize) {
        if parts == self.parts.len() {
            return self.clear();
        }
        self.parts.drain(..parts);
        self.wholes.retain(|whole| whole.parts.end as usize > parts);
        for whole in &mut self.wholes {
            whole.parts = whole.parts.start - parts as u32..whole.parts.end - parts as u32;
        }
    }

    /// The commands of the first `parts` parts.
    pub(crate) fn wholes_of_first(&self, parts: usize) -> &[Whole] {
        let count = if parts == self.parts.len() {
            self.wholes.len()
        } else {
            self.wholes.partition_point(|whole| whole.parts.end as usize <= parts)
        };
        &self.wholes[..count]
    }

    /// Adds a command whose arity was checked, and prefetches the buckets of its keys. With `share`, it is one key's share of a
    /// command, and is answered as such.
    pub(crate) fn add(
        &mut self,
        scene: Scene<'_>,
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
            Dispatch::Shares(fan_out) => {
                let parts = match fan_out.split(args) {
                    Ok(parts) => parts,
                    Err(error) => return Planned::Refused(error),
                };
                let step = fan_out.args_per_key();
                for (index, part) in parts.enumerate() {
                    let key = HashedKey::new(part.get(1).unwrap_or_default());
                    self.push(
                        scene,
                        command,
                        spec,
                        Handler::Key(fan_out.part()),
                        &key,
                        1 + index * step,
                        step as u8,
                    );
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

    #[expect(
        clippy::too_many_arguments,
        reason = "called from just above; a struct would only repeat Part"
    )]
    fn push(
        &mut self,
        scene: Scene<'_>,
        command: u32,
        spec: &'static CommandSpec,
        handler: Handler,
        key: &HashedKey<'_>,
        key_at: usize,
        share_args: u8,
    ) {
        if command > 0 {
            scene.node.store.prefetch_arc(key);
        }
        self.parts.push(Part {
            command,
            key_at: key_at as u32,
            share_args,
            slot: key.slot,
            arc: scene.routes.arc_of(key.slot),
            hash: key.hash,
            handler,
            spec,
            reply: 0..0,
        });
    }

    /// Prefetches the entries of the parts that may run here.
    pub(crate) fn warm(&self, scene: Scene<'_>) {
        if self.parts.len() < 2 {
            return;
        }
        // Neither step compares keys, so the arguments are not looked at.
        let key = |part: &Part| HashedKey {
            key: &[],
            slot: part.slot,
            hash: part.hash,
        };
        for part in &self.parts {
            scene.node.store.prefetch_bucket(&key(part));
        }
        for part in &self.parts {
            scene.node.store.prefetch_entry(&key(part));
        }
    }
}

fn one_slot(spec: &CommandSpec, args: Args<'_>, slot: Slot) -> bool {
    spec.keys(args)
        .all(|(at, _)| args.get(at).is_none_or(|key| Slot::of_key(key) == slot))
}
