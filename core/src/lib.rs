//! The pure core of Circlet: everything that decides, without socket, clock, task or lock.
//!
//! Values, from the leaf up: [`time`] and [`stamp`] name moments, [`clock`] issues stamps, [`state`] is what is stored
//! and shipped, and how two of them become one, [`mutate`] is what a command does to one. [`quorum`] counts, [`owners`]
//! are sets of who counts, and [`coordinator`] drives one command over them. [`message`] is what nodes say to each other
//! about them.

pub mod clock;
pub mod coordinator;
pub mod message;
pub mod mutate;
pub mod owners;
pub mod quorum;
pub mod stamp;
pub mod state;
pub mod time;
