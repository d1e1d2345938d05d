//! A node's slow work: one loop around one value.
//!
//! ```text
//!   gossip socket ---datagrams--->+--------------+--datagrams, view, lease---> shell
//!   peer links -----up, down----->| ControlPlane |--exchanges, replays------->  |
//!   peers' words about themselves>|              |--our word----------------->  |
//!   outcomes <--------------------+--------------+                              |
//!      ^                       next_deadline()                                  |
//!      +------------------------------------------------------------------------+
//! ```
//!
//! [`ControlPlane`] holds membership, catch-up, rounds and the view, which do not know each other, and decides what follows for one from
//! another: a peer that is found dead changes who coordinates; an arc that is caught up on is told to the peers. It reads no clock and
//! draws no randomness: [`Now`] and the seed are arguments.
//!
//! # What a shell does
//!
//! - Calls [`ControlPlane::on_event`] from one thread and obeys the effects in their order. Nothing it does there may block.
//! - Sleeps until [`ControlPlane::next_deadline`] at most. After a late wake it hands over the datagrams that wait before the deadline.
//! - Keeps a link to every member, dials for ever, and reports when it comes up (after hellos) and goes.
//! - Swaps in each view, and keeps the lease where every turn of the data plane sees it: a turn whose clock is past the lease
//!   does not coordinate until the next one.
//! - Holds the [hints](crate::hint); control only says when a batch is to go.

mod clock_watch;
mod clocks;
mod compare;
mod control_config;
mod control_plane;
mod effect;
mod event;
mod exchanges;
mod install;
mod lease;
#[cfg(test)]
mod move_tests;
mod notice;
mod peer;
mod peer_status;
mod peers;
mod replay;
mod standing;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod word_tests;

pub use clocks::{Clocks, PeerClock};
pub use control_config::ControlConfig;
pub use control_plane::{ControlPlane, NotAMember};
pub use effect::Effect;
pub use event::{Event, ReplayOutcome};
pub use notice::Notice;
pub use peer_status::PeerStatus;

pub use crate::antientropy::{Asked, Round, RoundAnswer, RoundId, Settled};
pub use crate::catchup::{ExchangeId, ExchangeOutcome, ExchangeReason};
use crate::time::{Instant, WallMs};

/// The two clocks of the moment at which something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The clock that never goes back.
    pub mono: Instant,
    /// Civil time.
    pub wall: WallMs,
}
