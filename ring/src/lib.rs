//! Placement: slots, arcs, virtual nodes, bounded load, preference lists.
//!
//! ```text
//! key --CRC16 of its tag--> Slot --shift--> ArcId --Placement--> owners, primary first, then stand-ins
//! ```
//!
//! Pure and integers only: every node and every client computes the same answer from the same members, on any machine, in
//! any order. `docs/design/placement.md` tells why it is as it is.

mod arc_count;
mod arc_id;
mod crc16;
mod diff;
mod hash_tag;
mod member;
mod node_id;
mod placement;
mod slot;
#[cfg(test)]
mod testing;
mod weight;
mod zone;

pub use arc_count::ArcCount;
pub use arc_id::ArcId;
pub use crc16::crc16;
pub use diff::{ArcChange, Diff, DiffError};
pub use hash_tag::hash_tag;
pub use member::Member;
pub use node_id::{NodeId, NodeIdError};
pub use placement::{Load, MEMBERS_MAX, NodeIndex, Placement, PlanError, REPLICAS_MAX, Share};
pub use slot::{SLOT_COUNT, Slot};
pub use weight::{Weight, WeightError};
pub use zone::{Zone, ZoneError};
