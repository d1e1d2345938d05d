//! Sums by time: what was stamped up to a cut, at hand in a few additions.
//!
//! ```text
//!   stamps     .......... base              base + 15
//!   sums          old     |  |  |  |  | ... |  |            a slice is 1.024 s of stamps
//! ```
//!
//! What is below `base` is one sum. A stamp beyond the ring moves `base` up, and the slices that leave the ring go to `old`. A cut lies between two
//! slices; one below `base` cannot be answered any more, which takes stamps that are 13 s apart.

use crate::stamp::Stamp;
use crate::time::WallMs;

/// How long a slice is, in milliseconds of stamps.
pub const SLICE_MS: u64 = 1 << SLICE_MS_BITS;

const SLICE_MS_BITS: u32 = 10;
/// A stamp's bits below its slice: of the counter, and of the milliseconds within the slice.
const SLICE_BITS: u32 = 16 + SLICE_MS_BITS;
const RING: u64 = 16;

/// The last stamp of the last slice that is wholly at or before `wall`: a cut.
#[must_use]
pub const fn cut_before(wall: WallMs) -> Stamp {
    // `Stamp::new` takes care of milliseconds that no stamp holds.
    let slice = Stamp::new(wall, 0).to_bits() >> SLICE_BITS;
    Stamp::from_bits((slice << SLICE_BITS).saturating_sub(1))
}

/// Whether `stamp` is the last one of a slice.
#[must_use]
pub const fn is_cut(stamp: Stamp) -> bool {
    stamp.to_bits().wrapping_add(1).trailing_zeros() >= SLICE_BITS
}

/// Wrapping sums of digests in slices of time. 144 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slices {
    /// The number of the first slice in the ring. Never goes back.
    base: u64,
    /// The sum of all slices below `base`.
    old: u64,
    // Invariant: slice i, of `base..base + RING`, is at i % RING.
    ring: [u64; RING as usize],
}

impl Slices {
    /// Adds the digest of something stamped so.
    #[inline]
    pub fn add(&mut self, stamp: Stamp, digest: u64) {
        let sum = self.sum_of(stamp);
        *sum = sum.wrapping_add(digest);
    }

    /// Takes out what was added.
    #[inline]
    pub fn sub(&mut self, stamp: Stamp, digest: u64) {
        let sum = self.sum_of(stamp);
        *sum = sum.wrapping_sub(digest);
    }

    /// Adds everything that was added to `others`.
    pub fn add_all(&mut self, others: &Self) {
        self.join(others, u64::wrapping_add);
    }

    /// Takes out everything that was added to `others`, and to this before.
    pub fn sub_all(&mut self, others: &Self) {
        self.join(others, u64::wrapping_sub);
    }

    /// The sum of everything.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.ring.iter().copied().fold(self.old, u64::wrapping_add)
    }

    /// The sum of what is stamped up to `cut`; none if that is too long ago, or no cut.
    #[must_use]
    pub fn sum_up_to(&self, cut: Stamp) -> Option<u64> {
        let end = cut.to_bits().wrapping_add(1) >> SLICE_BITS;
        if !is_cut(cut) || end < self.base {
            return None;
        }
        let slices = self.base..end.min(self.base + RING);
        Some(
            slices
                .map(|slice| self.ring[(slice % RING) as usize])
                .fold(self.old, u64::wrapping_add),
        )
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        (self.old, self.ring) = (0, [0; RING as usize]);
    }

    fn join(&mut self, others: &Self, join: impl Fn(u64, u64) -> u64) {
        if others.base > self.base {
            self.move_up(others.base);
        }
        // What is old there is old here.
        self.old = join(self.old, others.old);
        for slice in others.base..others.base + RING {
            let place = (slice % RING) as usize;
            let sum = if slice < self.base {
                &mut self.old
            } else {
                &mut self.ring[place]
            };
            *sum = join(*sum, others.ring[place]);
        }
    }

    #[inline]
    fn sum_of(&mut self, stamp: Stamp) -> &mut u64 {
        let slice = stamp.to_bits() >> SLICE_BITS;
        if slice < self.base {
            return &mut self.old;
        }
        if slice - self.base >= RING {
            self.move_up(slice - (RING - 1));
        }
        &mut self.ring[(slice % RING) as usize]
    }

    #[cold]
    fn move_up(&mut self, base: u64) {
        for slice in self.base..base.min(self.base + RING) {
            let sum = std::mem::take(&mut self.ring[(slice % RING) as usize]);
            self.old = self.old.wrapping_add(sum);
        }
        self.base = base;
    }
}
