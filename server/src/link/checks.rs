//! The checks that a peer has to answer: how long it took with them lately, and how long those wait that it has not answered.
//!
//! Only frames that ask whether a value is the newest one, and that another owner could be asked instead, are timed: what the peer is late with can be asked elsewhere, and
//! what it takes for a delta or a command tells little of that.
//!
//! Both cursors only move on, over questions that are answered or no checks, so that a look costs the same however much waits.

use super::peer::AskedTurn;
use super::pending::Pending;
use circlet_core::time::Instant;
use circlet_hedge::{Patience, RecentAnswers};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// What the answers of a peer are believed to take before there are any.
const FIRST: Duration = Duration::from_millis(10);

/// The percentile of its answers after which a peer is late: one in a hundred is asked twice without need.
const PERCENT: u64 = 99;

/// See the module's header. Looked at by one task only.
#[derive(Debug)]
pub(super) struct Checks {
    recent: RecentAnswers<PERCENT>,
    /// The number of the oldest that may be unanswered.
    oldest: AtomicU32,
    /// The number of the first that was not late yet.
    untold: AtomicU32,
    /// After how many nanoseconds one was late when somebody last looked.
    late_after: AtomicU64,
    /// How many were late since the last answer that was not.
    in_a_row: AtomicU32,
    /// Until when the peer is avoided, in nanoseconds on the node's clock.
    avoided_until: AtomicU64,
}

impl Default for Checks {
    fn default() -> Self {
        Checks {
            recent: RecentAnswers::new(FIRST),
            oldest: AtomicU32::new(0),
            untold: AtomicU32::new(0),
            late_after: AtomicU64::new(0),
            in_a_row: AtomicU32::new(0),
            avoided_until: AtomicU64::new(0),
        }
    }
}

/// The oldest check that another owner was not asked yet.
pub(crate) struct OldestCheck {
    pub(crate) number: u32,
    pub(crate) asked: AskedTurn,
    pub(crate) at: Instant,
}

impl Checks {
    /// An answer to what was asked at `asked_at`.
    pub(super) fn on_answer(&self, asked_at: Instant, now: Instant) {
        let took = now.since(asked_at);
        if took.as_nanos() < u128::from(self.late_after.load(Ordering::Relaxed))
            && self.in_a_row.load(Ordering::Relaxed) != 0
        {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
        self.recent.record(took);
    }

    /// By its own answers, the peer is late after this.
    pub(super) fn late_after(&self) -> Duration {
        self.recent.late_after()
    }

    /// Whether the peer is to be avoided now, since it keeps one or has kept one for far longer than usual.
    pub(super) fn is_avoided(
        &self,
        turns: &Pending<AskedTurn>,
        now: Instant,
        late_after: Duration,
        patience: &Patience,
    ) -> bool {
        let waited = find(turns, &self.oldest).map_or(Duration::ZERO, |(_, _, at)| now.since(at));
        let until = Instant::from_nanos(self.avoided_until.load(Ordering::Relaxed));
        // Less than 2^64.
        self.late_after.store(late_after.as_nanos() as u64, Ordering::Relaxed);
        let in_a_row = self.in_a_row.load(Ordering::Relaxed);
        match patience.avoided_for(late_after, in_a_row, waited) {
            Some(further) => {
                let until = until.max(now + further);
                self.avoided_until.store(until.as_nanos(), Ordering::Relaxed);
                true
            }
            None => now < until,
        }
    }

    /// The oldest that was not told as late.
    pub(super) fn oldest(&self, turns: &Pending<AskedTurn>) -> Option<OldestCheck> {
        let (number, asked, at) = find(turns, &self.untold)?;
        let asked = asked.clone();
        Some(OldestCheck { number, asked, at })
    }

    /// That one is late, and was told or nobody else can be asked it.
    pub(super) fn pass(&self, number: u32) {
        self.in_a_row.fetch_add(1, Ordering::Relaxed);
        self.untold.store(number.wrapping_add(1), Ordering::Relaxed);
    }

    /// A new connection.
    pub(super) fn forget_slowness(&self) {
        self.avoided_until.store(0, Ordering::Relaxed);
    }
}

/// The first check from the cursor on, to which the cursor moves.
fn find<'t>(turns: &'t Pending<AskedTurn>, cursor: &AtomicU32) -> Option<(u32, &'t AskedTurn, Instant)> {
    let found = turns.find_from(cursor.load(Ordering::Relaxed), |asked| asked.checked_at.is_some());
    cursor.store(
        found.map_or(turns.next_number(), |(number, _)| number),
        Ordering::Relaxed,
    );
    found.and_then(|(number, asked)| Some((number, asked, asked.checked_at?)))
}
