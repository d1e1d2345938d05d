//! Whether a command may begin. What that takes is looked up once a batch; whoever is refused has changed nothing.

use super::caller::Levels;
use super::executor::Scene;
use crate::metrics::Watch;
use crate::routes::OwnerSet;
use circlet_core::coordinator::Shortfall;
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
}

/// See the module's header. Good for one batch on one thread.
pub(crate) struct Gate<'a> {
    /// Whether this node may coordinate: its lease holds.
    pub(crate) may_coordinate: bool,
    /// The memory held and the limit, if there is one. The watch sees what this batch adds, so a long pipeline stops at the limit as
    /// single commands do; what other threads add in those microseconds it does not see.
    memory: Option<(Watch<'a>, u64)>,
}

impl<'a> Gate<'a> {
    /// The gate for a batch.
    pub(crate) fn new(scene: Scene<'a>) -> Self {
        let bytes_max = scene.config.limits.memory_bytes_max.0;
        Gate {
            may_coordinate: scene.node.holds_lease(scene.now.mono),
            memory: (bytes_max > 0).then(|| (scene.node.store.memory(), bytes_max)),
        }
    }

    /// Whether a command may begin at these levels in an arc that has these owners beside this node.
    ///
    /// Only the coordinator looks at its memory. Owners take what others coordinate whatever they hold, since a delta refused is a
    /// copy that is missing.
    pub(crate) fn admit(&self, spec: &CommandSpec, levels: Levels, n: u8, owners: &OwnerSet) -> Result<(), Refused> {
        levels.admit(spec.is_write(), n, owners)?;
        let is_full = || self.memory.is_some_and(|(held, bytes_max)| held.now() > bytes_max);
        if spec.has(Flag::Denyoom) && is_full() {
            return Err(Refused::OutOfMemory);
        }
        Ok(())
    }
}
