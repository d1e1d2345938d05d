//! The pure core of Circlet: everything that decides, without socket, clock, task or lock.
//!
//! Values, from the leaf up: [`time`] and [`stamp`] name moments, [`clock`] issues stamps, [`state`] is what is stored
//! and shipped, and how two of them become one.

mod arc_bitmap;
mod catchup;
pub mod clock;
pub mod control;
pub mod hint;
pub mod life;
pub mod membership;
pub mod message;
pub mod stamp;
pub mod state;
pub mod time;
mod timers;
pub mod topology;
pub mod view;

pub use arc_bitmap::ArcBitmap;
