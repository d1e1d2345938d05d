//! The pure core of Circlet: everything that decides, without socket, clock, task or lock.
//!
//! Values, from the leaf up: [`time`] and [`stamp`] name moments, [`clock`] issues stamps, [`state`] is what is stored
//! and shipped, and how two of them become one, [`mutate`] is what a command does to one. [`quorum`] counts, [`owners`]
//! are sets of who counts, and [`coordinator`] drives one command over them. [`message`] is what nodes say to each other
//! about them.
//!
//! The node's slow work meets in [`control`]: [`membership`] finds the dead, [`topology`] says who owns what, [`moves`] how that changes, [`register`] has
//! all agree on it, `catchup` fills nodes that come back empty, [`antientropy`] compares owners, [`hint`] keeps what absent owners missed, and
//! [`view`] is what of all this the data
//! plane sees. [`hot_keys`] is what the data plane notes of itself.

pub mod antientropy;
mod arc_bitmap;
mod catchup;
pub mod clock;
pub mod collection;
pub mod control;
pub mod coordinator;
mod counted_tree;
pub mod hint;
pub mod hot_keys;
pub mod life;
pub mod membership;
pub mod message;
pub mod moves;
pub mod mutate;
pub mod names;
pub mod owners;
pub mod quorum;
pub mod register;
pub mod size_class;
pub mod stamp;
pub mod state;
pub mod time;
mod timers;
pub mod topology;
pub mod view;

pub use arc_bitmap::ArcBitmap;
