//! Whether a command may begin. What that takes is looked up once a batch; whoever is refused has changed nothing.

use super::scene::Scene;
use crate::config::Levels;
use crate::link::links::Links;
use crate::metrics::Watch;
use crate::routes::{NodeIndex, OwnerSet};
use circlet_core::coordinator::Shortfall;
use circlet_core::owners::{OwnerIndex, Owners};
use circlet_resp::command::{CommandSpec, Flag};

/// Why a command does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Too few owners can be reached for the command's level.
    #[error(transparent)]
    Shortfall(#[from] Shortfall),
    /// The node holds more than it may, and the command may need memory. Redis's words.
    #[error("OOM command not allowed when used memory > 'maxmemory'.")]
    OutOfMemory,
    /// The command needs a peer that has not taken what waits for it already.
    #[error("BUSY too many bytes wait for a node that the command needs, try again later")]
    Busy,
}

/// See the module's header. Good for one batch on one thread.
pub(crate) struct Gate<'a> {
    /// Whether this node may coordinate: its lease holds.
    pub(crate) may_coordinate: bool,
    /// The memory held and the limit, if there is one. The watch sees what this batch adds, so a long pipeline stops at the limit as
    /// single commands do; what other threads add in those microseconds it does not see.
    memory: Option<(Watch<'a>, u64)>,
    /// The links, if as much as may waits for one of them.
    crowded: Option<&'a Links>,
}

impl<'a> Gate<'a> {
    /// The gate for a batch.
    pub(crate) fn new(scene: &'a Scene<'a>) -> Self {
        let links = &scene.node.links;
        let bytes_max = scene.config.limits.memory_bytes_max.0;
        Gate {
            may_coordinate: scene.node.holds_lease(scene.now.mono),
            crowded: links.iter().any(|link| link.outbox.is_full()).then_some(links),
            memory: (bytes_max > 0).then(|| (scene.node.store.memory(), bytes_max)),
        }
    }

    /// Whether a command may begin at these levels in an arc that has these owners beside this node.
    ///
    /// Only the coordinator looks at its memory. Owners take what others coordinate whatever they hold, since a delta refused is a
    /// copy that is missing.
    #[inline]
    pub(crate) fn admit(&self, spec: &CommandSpec, levels: Levels, owners: &OwnerSet) -> Result<(), Refused> {
        owners.enough_reachable(spec.is_write(), levels)?;
        let is_full = || self.memory.is_some_and(|(held, bytes_max)| held.now() > bytes_max);
        if spec.has(Flag::Denyoom) && is_full() {
            return Err(Refused::OutOfMemory);
        }
        if self.crowded.is_some() && self.is_crowded_out(spec, levels, owners) {
            return Err(Refused::Busy);
        }
        Ok(())
    }

    /// Whether a command may be forwarded to this node.
    #[inline]
    pub(crate) fn forward(&self, to: NodeIndex) -> Result<(), Refused> {
        if self.is_full(to) { Err(Refused::Busy) } else { Ok(()) }
    }

    /// Whether the level could be met, but not without an owner that takes no more. A write that can do without it leaves a hint.
    #[cold]
    fn is_crowded_out(&self, spec: &CommandSpec, levels: Levels, owners: &OwnerSet) -> bool {
        if spec.is_write() {
            let free = (1..).zip(&owners.reachable).filter(|(_, owner)| !self.is_full(**owner));
            let free = free
                .filter_map(|(number, _)| OwnerIndex::new(number))
                .collect::<Owners>();
            // This node, whose number is 0, always takes what it writes.
            return owners.sides.check(levels.write, free.and(Owners::first(1))).is_err();
        }
        let needed = usize::from(levels.read.needed(owners.read_n));
        let free = owners.readers.iter().filter(|owner| !self.is_full(**owner)).count();
        owners.readers.len() + 1 >= needed && free + 1 < needed
    }

    fn is_full(&self, peer: NodeIndex) -> bool {
        self.crowded.is_some_and(|links| links[peer].outbox.is_full())
    }
}
