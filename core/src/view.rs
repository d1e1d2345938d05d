//! What the data plane knows of the cluster: an immutable value, loaded once a turn.
//!
//! ```text
//! control plane:  peers' states + catch-up --> ViewBuilder --new view--> the shell swaps one pointer
//! data plane:     a turn loads the pointer --> ClusterView.arc(arc) --> ArcView: owners, who is there, who coordinates, may I
//! ```
//!
//! A shared table that is changed in place is refused: a turn would see an arc before and after a change, and pay a lock.

mod arc_view;
mod cluster_view;
mod owner_set;
mod parties;
#[cfg(test)]
mod tests;
mod view_builder;

pub use arc_view::{ArcView, WriteSets};
pub use cluster_view::{ClusterView, MemberView};
pub use owner_set::OwnerSet;
pub(crate) use parties::Parties;
pub(crate) use view_builder::{OwnersNow, ViewBuilder};
