//! Which parts a batch of commands has.
//!
//! Most commands are one part. A command on several keys that need not be atomic (MGET, MSET, DEL ...) is one part a key, so that each
//! goes where its key lives; [`Combine`] makes one reply of theirs again. A command that must be atomic over several keys is one
//! part, and all its keys are in one slot.

use super::executor::Scene;
use crate::command::{Combine, Dispatch, Handler, SetOptions};
use crate::store::HashedKey;
use circlet_core::message::batch::{self, RunHow};
use circlet_resp::Args;
use circlet_resp::command::{CommandId, CommandSpec};
use circlet_ring::{ArcId, Slot};
use std::ops::Range;

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
        HashedKey { key: args[self.key_at as usize], slot: self.slot, hash: self.hash }
    }

    /// The arguments as the handler takes them: a share's key stands at 1, like a whole command's.
    pub(crate) fn handler_args<'a>(&self, args: Args<'a>) -> Args<'a> {
        if self.share_args == 0 { args } else { args.skip(self.key_at as usize - 1) }
    }

    /// Appends the item that has another node run this part.
    #[must_use]
    pub(crate) fn put_run(&self, out: &mut Vec<u8>, mut how: RunHow, args: Args<'_>) -> bool {
        if self.share_args == 0 {
            return batch::put_run(out, how, args.iter());
        }
        how.part = true;
        let first = self.key_at as usize;
        let share: smallvec::SmallVec<[&[u8]; 3]> =
            std::iter::once(args.name()).chain((first..first + usize::from(self.share_args)).map(|at| args[at])).collect();
        batch::put_run(out, how, share.into_iter())
    }

    /// Whether running it twice leaves what running it once leaves: it only reads, or sets a whole value unconditionally.
    pub(crate) fn repeatable(&self, args: Args<'_>) -> bool {
        match self.spec.id {
            _ if !self.spec.is_write() => true,
            CommandId::Set => SetOptions::is_unconditional(args),
            CommandId::Setex | CommandId::Psetex | CommandId::Mset => true,
            _ => false,
        }
    }
}

/// How the replies of a command's parts become its reply.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    pub(crate) parts: Range<u32>,
    pub(crate) combine: Combine,
}

/// See the module's header. Reused from batch to batch.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) parts: Vec<Part>,
    pub(crate) wholes: Vec<Whole>,
}

/// What became of a command that was to be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planned {
    /// It has its parts.
    Yes,
    /// Its keys are in several slots, and it must be atomic.
    CrossSlot,
    /// It is no command on keys.
    NoKeys,
}

impl Plan {
    /// Forgets everything, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.wholes.clear();
    }

    /// Adds a command whose arity was checked, and prefetches the buckets of its keys.
    pub(crate) fn add(&mut self, scene: Scene<'_>, command: u32, spec: &'static CommandSpec, args: Args<'_>) -> Planned {
        let start = self.parts.len() as u32;
        let combine = match Dispatch::of(spec.id) {
            Dispatch::Session => return Planned::NoKeys,
            Dispatch::Key(handler) => {
                let key_at = spec.keys.first();
                self.push(scene, command, spec, args, key_at, 0, Handler::Key(handler));
                Combine::Single
            }
            Dispatch::Slot(handler) => {
                let mut keys = spec.keys(&args);
                let Some(first) = keys.next() else { return Planned::NoKeys };
                let slot = Slot::of_key(args[first]);
                if keys.any(|at| Slot::of_key(args[at]) != slot) {
                    return Planned::CrossSlot;
                }
                self.push(scene, command, spec, args, first, 0, Handler::Slot(handler));
                Combine::Single
            }
            Dispatch::Shares { handler, share_args, combine } => {
                for key_at in (1..args.len()).step_by(usize::from(share_args)) {
                    self.push(scene, command, spec, args, key_at, share_args, Handler::Key(handler));
                }
                combine
            }
        };
        self.wholes.push(Whole { parts: start..self.parts.len() as u32, combine });
        Planned::Yes
    }

    #[expect(clippy::too_many_arguments, reason = "one call a line above; a struct would only repeat Part")]
    fn push(
        &mut self,
        scene: Scene<'_>,
        command: u32,
        spec: &'static CommandSpec,
        args: Args<'_>,
        key_at: usize,
        share_args: u8,
        handler: Handler,
    ) {
        let key = HashedKey::new(args[key_at]);
        scene.node.store.prefetch_bucket(&key);
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
    pub(crate) fn warm<'b>(&self, scene: Scene<'_>, args_of: impl Fn(&Part) -> Args<'b>) {
        if self.parts.len() < 2 {
            return;
        }
        for part in &self.parts {
            scene.node.store.prefetch_entry(&part.key(args_of(part)));
        }
    }
}
