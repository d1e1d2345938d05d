//! What every owner of an arc is known to have, and how they find out.
//!
//! ```text
//!   coordinator of an arc: cut T, some seconds past --round--> every other owner: floor to T, sum up to T: same? --> all same: S := T
//! ```
//!
//! A **round** compares the owners' sums of all parts stamped up to a cut T. If all are equal, T is the arc's **synced-up-to** S: what is
//! dead at or below it is dropped, and what arrives late from below it is not believed ([`crate::state::admit`]). [`ArcSums`] is what an
//! owner keeps of an arc for this, [`Rounds`] decides when rounds are begun and what follows from their answers.
//!
//! docs/design/antientropy.md explains why this is right.

mod arc_sums;
mod round;
mod rounds;
mod slices;
mod sums;
mod sync_lag;
#[cfg(test)]
mod tests;

pub use arc_sums::ArcSums;
pub use round::{Asked, Round, RoundAnswer, RoundId, RoundVerdict, Settled};
pub use rounds::Rounds;
pub use slices::{SLICE_MS, Slices, cut_before, is_cut};
pub use sums::Sums;
pub use sync_lag::SyncLag;
