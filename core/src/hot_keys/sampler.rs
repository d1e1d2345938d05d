//! Which accesses are looked at.

use crate::time::Instant;
use std::time::Duration;

/// How far apart samples shall be on a busy node. Lowering it makes figures better, and costs a sampled access more often.
const APART: Duration = Duration::from_millis(1);

/// Accesses for each that is sampled, at most. Raising it makes the busiest nodes' sampling cheaper, and waits longer for the first sample when a busy
/// node becomes a quiet one.
const GAP_MAX: u32 = 512;

/// Lets each access be looked at with the probability of one in `gap`, whatever came before: what is drawn is the number of accesses to pass. So a sampled
/// access stands for `gap`, and no rhythm of the clients makes a key look hotter or colder. The gap follows the rate: so many that samples come a
/// millisecond apart, 512 at most, one where accesses come more slowly than that.
///
/// One for each thread. A value to be copied: 24 bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sampler {
    /// Accesses to pass before the next one that is looked at.
    left: u32,
    /// Of how many accesses one is looked at.
    gap: u32,
    /// How many were passed, with the one that is looked at next, since the one before.
    drawn: u32,
    last: Instant,
}

impl Sampler {
    /// Looks at the first access, and at all until they come fast.
    #[must_use]
    pub const fn new() -> Self {
        Sampler {
            left: 0,
            gap: 1,
            drawn: 1,
            last: Instant::ZERO,
        }
    }

    /// Passes `count` accesses; or, if one of them is to be looked at, passes those before it, and answers how many those are. Then [`Sampler::take`] has to
    /// be called for it, and this again for those behind it.
    #[inline]
    pub fn pass(&mut self, count: u32) -> Option<u32> {
        if count <= self.left {
            self.left -= count;
            return None;
        }
        Some(self.left)
    }

    /// Takes the access at which [`Sampler::pass`] stopped, and answers how many it stands for. `random` is any 64 random bits.
    pub fn take(&mut self, now: Instant, random: u64) -> u32 {
        let stands_for = self.gap;
        let elapsed_ns = now.since(self.last).as_nanos().max(1);
        let apart = u128::from(self.drawn) * APART.as_nanos() / elapsed_ns;
        // It grows step by step, so that a burst is not taken for a rate; it falls at once, so that a node with little to do soon shows something.
        let at_most = self.gap.saturating_mul(2).min(GAP_MAX);
        self.gap = u32::try_from(apart).unwrap_or(u32::MAX).clamp(1, at_most);
        self.last = now;
        self.left = passed_before_success(self.gap, random);
        self.drawn = self.left.saturating_add(1);
        stands_for
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::new()
    }
}

/// How many trials fail before the first success, which has the probability of one in `gap`: geometric, by inversion.
fn passed_before_success(gap: u32, random: u64) -> u32 {
    if gap <= 1 {
        return 0;
    }
    // Above 0, at most 1.
    let uniform = ((random >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    let passed = uniform.ln() / (-1.0 / f64::from(gap)).ln_1p();
    // At most 36.7 times the gap: no cut that anybody meets.
    passed as u32
}
