//! With whom the parts of one turn wait.
//!
//! Parts whose arcs have the same owners wait for the same acknowledgements, and most parts of a pipeline are such. So what one of them has found out (who vouches for
//! it, which group it waits with) is kept for those that follow, by the place of their `OwnerSet`: they look at nothing else. It is good for one turn, which has one table of routes and takes no time.

use super::Run;
use crate::routes::{NodeIndex, OwnerSet};
use crate::turn::{Group, GroupIndex, Waits};
use circlet_core::coordinator::Shortfall;
use circlet_core::quorum::Level;
use smallvec::SmallVec;

/// So many kinds of parts are kept apart: those of a cluster of four nodes with three copies. What is more is found out each time.
const KINDS_MAX: usize = 8;

/// See the module's header.
#[derive(Default)]
pub(super) struct Company {
    writers: SmallVec<[(Kind, GroupIndex); KINDS_MAX]>,
    readers: SmallVec<[(Kind, GroupIndex, Vouchers); KINDS_MAX]>,
}

/// What makes parts alike: the address of their owners, and their level.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind(usize, Level);

impl Kind {
    fn of(owners: &OwnerSet, level: Level) -> Self {
        Kind(std::ptr::from_ref(owners).addr(), level)
    }
}

/// Who vouches for a read.
#[derive(Clone)]
pub(super) struct Vouchers {
    pub(super) asked: SmallVec<[NodeIndex; 4]>,
    /// 1 if another owner could be asked too, else 0.
    pub(super) hedgeable: u32,
}

impl Company {
    pub(super) fn clear(&mut self) {
        self.writers.clear();
        self.readers.clear();
    }

    /// Has a part wait for acknowledgements of what it wrote.
    pub(super) fn writers(&mut self, run: &Run<'_>, waits: &mut Waits) -> Result<(), Shortfall> {
        let level = run.levels.write;
        let kind = Kind::of(run.owners, level);
        if let Some((_, group)) = self.writers.iter().find(|(known, _)| *known == kind) {
            waits.join_known(run.index, *group);
            return Ok(());
        }
        let (peers, sides) = (&run.owners.reachable, run.owners.sides);
        let alike = |group: &Group| group.takes_write(level, peers, sides);
        waits.join(run.index, alike, || Group::write(sides, level, peers))?;
        if self.writers.len() < KINDS_MAX {
            self.writers.push((kind, waits.group_of(run.index)));
        }
        Ok(())
    }

    /// Has a part wait for others' word on what it read, and says whose.
    pub(super) fn readers(&mut self, run: &Run<'_>, waits: &mut Waits) -> Result<Vouchers, Shortfall> {
        let (level, n) = (run.levels.read, run.owners.read_n);
        let kind = Kind::of(run.owners, level);
        if let Some((_, group, vouchers)) = self.readers.iter().find(|(known, ..)| *known == kind) {
            waits.join_known(run.index, *group);
            return Ok(vouchers.clone());
        }
        let readers = run.scene.readers(run.part.arc, run.owners);
        let alike = |group: &Group| group.takes_read(level, &readers, n);
        let group = waits.join(run.index, alike, || Group::read(n, level, &readers))?;
        let vouchers = Vouchers {
            asked: group.asked().collect(),
            hedgeable: group.spare().is_some().into(),
        };
        // Whom a read at any owner avoids is another one for each arc.
        if !run.scene.caller.at_owner && self.readers.len() < KINDS_MAX {
            self.readers.push((kind, waits.group_of(run.index), vouchers.clone()));
        }
        Ok(vouchers)
    }
}
