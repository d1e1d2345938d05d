//! Ranges as GETRANGE, BITCOUNT and BITPOS take them: from the start or, negative, from the end; both ends included.

use std::ops::{Range, RangeInclusive};

/// The part of a string of `len` bytes (or bits) that lies from `start` to `end`, or `None` where that is empty.
///
/// As in GETRANGE and BITCOUNT: two ends that are negative and out of order are an empty range, however short the
/// string.
#[must_use]
pub fn strict(start: i64, end: i64, len: usize) -> Option<RangeInclusive<usize>> {
    if start < 0 && end < 0 && start > end {
        None
    } else {
        clamped(start, end, len)
    }
}

/// The same as in BITPOS, where two ends before the start of the string meet at its first byte, whatever their order.
#[must_use]
pub fn clamped(start: i64, end: i64, len: usize) -> Option<RangeInclusive<usize>> {
    let last = i64::try_from(len).ok()?.checked_sub(1).filter(|&last| last >= 0)?;
    let from_end = |index: i64| if index < 0 { (index + last + 1).max(0) } else { index };
    let (start, end) = (from_end(start), from_end(end).min(last));
    if start > end {
        None
    } else {
        Some(usize::try_from(start).ok()?..=usize::try_from(end).ok()?)
    }
}

/// The indices from `start` to `end` of a list of `len` elements: as in LRANGE and ZRANGE, an end before the first element
/// leaves none.
#[must_use]
pub fn indices(start: i64, end: i64, len: usize) -> Range<usize> {
    let elements = i64::try_from(len).unwrap_or(i64::MAX);
    let from_end = |index: i64| if index < 0 { index + elements } else { index };
    let start = from_end(start).max(0);
    let end = from_end(end).min(elements - 1);
    if start > end {
        return 0..0;
    }
    usize::try_from(start).unwrap_or(len)..usize::try_from(end).map_or(len, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_cut_to_the_list() {
        let cases = [
            (0, -1, 5, 0..5),
            (1, 1, 5, 1..2),
            (-2, 100, 5, 3..5),
            (-100, -5, 5, 0..1),
            (-100, -6, 5, 0..0),
            (3, 2, 5, 0..0),
            (5, 9, 5, 0..0),
            (0, -1, 0, 0..0),
            (i64::MIN, i64::MAX, 5, 0..5),
            (i64::MAX, i64::MIN, 5, 0..0),
        ];
        for (start, end, len, expected) in cases {
            assert_eq!(indices(start, end, len), expected, "{start} {end} of {len}");
        }
    }

    #[test]
    fn ranges_are_cut_to_the_string() {
        let cases: [(i64, i64, usize, Option<RangeInclusive<usize>>); 12] = [
            (0, -1, 5, Some(0..=4)),
            (0, 0, 5, Some(0..=0)),
            (-3, -2, 5, Some(2..=3)),
            (1, 100, 5, Some(1..=4)),
            (-100, 1, 5, Some(0..=1)),
            (-100, -50, 5, Some(0..=0)),
            (-50, -100, 5, None),
            (3, 2, 5, None),
            (5, 9, 5, None),
            (0, -1, 0, None),
            (i64::MIN, i64::MAX, 5, Some(0..=4)),
            (i64::MAX, i64::MIN, 5, None),
        ];
        for (start, end, len, expected) in cases {
            assert_eq!(strict(start, end, len), expected, "{start} {end} of {len}");
        }
    }

    #[test]
    fn bitpos_takes_two_ends_before_the_string_in_any_order() {
        assert_eq!(clamped(-50, -100, 5), Some(0..=0));
    }
}
