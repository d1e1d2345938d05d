//! Who is alive: SWIM, as a value.
//!
//! [`Swim`] is one node's part in the protocol. It takes datagrams and deadlines and says what to send and who changed. What it
//! says steers routing, hints and the choice of the coordinator; it never moves data and never makes or unmakes a member
//! (DESIGN.md section 2). `docs/design/membership.md` tells the rules and what was refused.

mod announcer;
mod envelope;
mod local_health;
mod outbox;
mod profile;
mod swim;
mod swim_id;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod watched;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

pub use profile::Profile;
pub use swim::{Swim, SwimConfig};
pub use swim_id::SwimId;

use crate::life::Life;

/// A member as SWIM sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberState {
    /// It answers.
    Alive,
    /// It did not answer a probe and may still refute. Nothing is done about it.
    Suspect,
    /// It did not refute in time, or said that it stops.
    Down,
}

impl MemberState {
    /// Whether it is to be talked to.
    #[must_use]
    pub fn is_up(self) -> bool {
        self != Self::Down
    }
}

impl From<foca::State> for MemberState {
    fn from(state: foca::State) -> Self {
        match state {
            foca::State::Alive => Self::Alive,
            foca::State::Suspect => Self::Suspect,
            foca::State::Down => Self::Down,
        }
    }
}

impl fmt::Display for MemberState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Alive => "alive",
            Self::Suspect => "suspect",
            Self::Down => "down",
        })
    }
}

/// What is known of one member now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberChange {
    /// Its short id.
    pub node: u64,
    /// Its latest life that was heard of.
    pub life: Life,
    /// Where it receives gossip.
    pub addr: SocketAddr,
    /// Whether it answers.
    pub state: MemberState,
}

/// What [`Swim`] wants done or known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwimEffect {
    /// Send this datagram.
    Send {
        /// Where to.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// A member is new, or its state or identity changed.
    Changed(MemberChange),
    /// Someone knows a newer topology.
    NewerEpoch(u64),
    /// We ourselves stood still for at least so long; others may have acted in our place.
    Stalled(Duration),
    /// The others held us for dead, and we took a new identity; they have acted in our place.
    Renewed,
    /// It has been told long enough that we stop.
    Left,
}

/// What a node's [`Swim`] has seen, since its start.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SwimCounters {
    /// Datagrams that came in.
    pub datagrams_received: u64,
    /// Of these, not ours: random bytes, another cluster's, malformed.
    pub datagrams_refused: u64,
    /// Datagrams sent.
    pub datagrams_sent: u64,
    /// Calls to members that were missing.
    pub announcements: u64,
    /// Probes begun.
    pub probes: u64,
    /// Of these, not answered, neither directly nor through others.
    pub probes_failed: u64,
    /// Suspicions whose timer fired after they had been refuted.
    pub refuted_timers_dropped: u64,
    /// Timers that foca did not want any more.
    pub timers_refused: u64,
    /// How often we ourselves stood still.
    pub stalls: u64,
    /// How often we took a new identity because others held us for dead.
    pub renewals: u64,
}
