//! The buckets of a log-linear histogram: 32 for each doubling.
//!
//! Values below 64 have a bucket each; above, a bucket is as wide as 1/32 of the power of two below it, so that a
//! value read back from its bucket is wrong by at most 3.2%. Finding the bucket is a count of leading zeros and a shift.

/// Buckets of one doubling, as a power of two.
const SUB_BITS: u32 = 5;
const SUB: u64 = 1 << SUB_BITS;
/// Everything from here on is in the last bucket: as nanoseconds, 18 minutes.
const VALUE_MAX: u64 = 1 << 40;
/// How many buckets there are.
pub(super) const BUCKETS: usize = index_of(VALUE_MAX) + 1;

/// The bucket of a value.
#[inline]
pub(super) const fn index(value: u64) -> usize {
    index_of(if value < VALUE_MAX { value } else { VALUE_MAX })
}

const fn index_of(value: u64) -> usize {
    let magnitude = 63 - (value | SUB).leading_zeros();
    let shift = magnitude - SUB_BITS;
    (((shift as u64) << SUB_BITS) + (value >> shift)) as usize
}

/// The least value of a bucket.
pub(super) const fn lower(index: usize) -> u64 {
    let index = index as u64;
    if index < 2 * SUB {
        return index;
    }
    let shift = (index >> SUB_BITS) - 1;
    ((index & (SUB - 1)) | SUB) << shift
}

/// The greatest value of a bucket.
pub(super) const fn upper(index: usize) -> u64 {
    if index + 1 >= BUCKETS {
        u64::MAX
    } else {
        lower(index + 1) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_follow_each_other_without_gap_or_overlap() {
        assert_eq!(lower(0), 0);
        for bucket in 0..BUCKETS {
            assert_eq!(index(lower(bucket)), bucket, "the least value of bucket {bucket}");
            assert_eq!(index(upper(bucket)), bucket, "the greatest value of bucket {bucket}");
        }
    }

    /// The bucket found by looking for it.
    fn naive(value: u64) -> usize {
        (0..BUCKETS)
            .find(|bucket| (lower(*bucket)..=upper(*bucket)).contains(&value))
            .unwrap()
    }

    proptest! {
        #[test]
        fn the_bucket_by_shifting_is_the_bucket_by_looking(magnitude in 0_u32..64, value: u64) {
            let value = value >> magnitude;
            prop_assert_eq!(index(value), naive(value));
        }

        #[test]
        fn a_value_read_back_is_wrong_by_at_most_a_32nd(value in 0..VALUE_MAX) {
            let bucket = index(value);
            prop_assert!(upper(bucket) - lower(bucket) <= value / 32);
        }
    }
}
