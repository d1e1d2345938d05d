//! A state arrives from elsewhere: merged here, ignored, or answered with something that outranks it.
//!
//! [`merge`] knows no time, and must not. But entries that expire are dropped without a tombstone, and that takes a rule
//! that every owner applies alike, or an expired counter comes back:
//!
//! ```text
//!   A dropped k as expired.  INCR k, EXPIRE k on A:   { generation 0, expires later, A's new run }
//!   B has its expired k yet: { generation 0, expired, old runs }      merged: the old runs live again
//! ```
//!
//! **The rule.** An expired entry is *kept* for [`EXPIRED_KEPT_MS`] past its last millisecond: it reads as missing, and a
//! command that finds it starts a generation above all of its stamps. After that it is *forgotten*: as good as absent for
//! every purpose, and never taken from elsewhere. Time counts here as the later of the wall clock and the arriving state's own
//! stamps, so that owners whose clocks differ decide alike. Whoever found nothing, while another owner keeps what has
//! expired, is told so by [`State::superseded_by`].
//!
//! Refused: dropping it in its last millisecond (the picture above). Refused: a tombstone for each expired entry; only
//! anti-entropy could take it away again, and most entries of a cache expire.

use super::{Merged, State, merge};
use crate::stamp::Stamp;
use crate::time::WallMs;

/// How long an expired entry is kept past its last millisecond: as far as clocks may differ ([`crate::clock::DriftGuard`]).
///
/// Raising it costs memory for as many milliseconds of expired entries.
pub const EXPIRED_KEPT_MS: u64 = 5_000;

/// What became of a state that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The relation of what is here now to what was here (left) and what arrived (right), as [`merge`] has it.
    pub merged: Merged,
    /// If what arrived is a delta that something here outranks: the stamp to write above.
    pub superseded_by: Option<Stamp>,
}

impl State<'_> {
    /// Whether the entry expired so long ago that it is as good as absent: it may be dropped without a trace.
    #[must_use]
    pub fn is_forgotten(&self, now: WallMs) -> bool {
        self.expiry.at.is_some_and(|at| now.ms_since(at) > EXPIRED_KEPT_MS)
    }
}

/// Merges `arrived` into `local` ([`State::ABSENT`] if there is no entry) at local time `now`, appending the result to
/// `out` if it is neither of them, as [`merge`] does.
///
/// The caller has refused stamps too far ahead, and observes the others.
#[must_use]
pub fn receive(local: State<'_>, arrived: State<'_>, now: WallMs, out: &mut Vec<u8>) -> Received {
    let now = now.max(arrived.max_stamp().ms());
    if arrived.is_forgotten(now) {
        let merged = if local == arrived { Merged::Same } else { Merged::Left };
        return Received {
            merged,
            superseded_by: None,
        };
    }
    if local == State::ABSENT || local.is_forgotten(now) {
        return Received {
            merged: Merged::Right,
            superseded_by: None,
        };
    }
    let superseded_by = arrived.superseded_by(local);
    Received {
        merged: merge(local, arrived, out),
        superseded_by,
    }
}
