//! The sums of parts, by time.

use super::Slices;
use crate::state::Summand;

/// Sums of parts' digests in slices of time: of all, and of those that have no value. 288 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub(super) all: Slices,
    /// Of these, generations and parts without a value: what a sweep may drop.
    pub(super) graves: Slices,
}

impl Sums {
    /// A part is there.
    #[inline]
    pub fn add(&mut self, part: Summand) {
        self.all.add(part.stamp, part.digest);
        if part.is_grave {
            self.graves.add(part.stamp, part.digest);
        }
    }

    /// A part is gone.
    #[inline]
    pub fn sub(&mut self, part: Summand) {
        self.all.sub(part.stamp, part.digest);
        if part.is_grave {
            self.graves.sub(part.stamp, part.digest);
        }
    }

    /// All the parts that `others` is the sums of are there.
    pub fn add_all(&mut self, others: &Self) {
        self.all.add_all(&others.all);
        self.graves.add_all(&others.graves);
    }

    /// All the parts that `others` is the sums of, and that were added before, are gone.
    pub fn sub_all(&mut self, others: &Self) {
        self.all.sub_all(&others.all);
        self.graves.sub_all(&others.graves);
    }

    /// The sum of all, whenever they were stamped.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.all.total()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.all.clear();
        self.graves.clear();
    }
}
