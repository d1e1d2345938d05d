//! The longest common subsequence of two strings, and where it lies in each: the work of LCS.
//!
//! ```text
//!          b a n a n a        len(i, j) = how long the longest common subsequence of the first i and j bytes is
//!        0 0 0 0 0 0 0        equal bytes: one more than the upper left; else the greater of above and left
//!      a 0 0 1 1 1 1 1        walked back from the lower right corner: equal bytes belong to it,
//!      n 0 0 1 2 2 2 2        else up if above is greater than left, and left otherwise
//! ```
//!
//! Redis keeps the table of 4-byte lengths: half a gigabyte at its limit. To walk back it takes only one bit a cell, "above
//! is greater than left", and a single row of lengths to find those bits: 1/32 of the memory, and it stays in the cache.
//! The ties are broken as in Redis, so of several longest ones the same is found.

use std::ops::Range;

/// One run of bytes that follow each other in both strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Where it lies in the first string.
    pub left: Range<usize>,
    /// Where it lies in the second string.
    pub right: Range<usize>,
}

/// How long the longest common subsequence is. Takes time for each pair of bytes, memory for one string.
#[must_use]
pub fn longest_len(left: &[u8], right: &[u8]) -> u32 {
    let mut row = vec![0; right.len() + 1];
    for &byte in left {
        next_row(byte, right, &mut row, |_| {});
    }
    row[right.len()]
}

/// The runs of the longest common subsequence, the last one first, as LCS IDX lists them.
#[must_use]
pub fn longest(left: &[u8], right: &[u8]) -> Vec<Match> {
    let ups = Ups::of(left, right);
    let mut matches: Vec<Match> = Vec::new();
    let (mut i, mut j) = (left.len(), right.len());
    while i > 0 && j > 0 {
        if left[i - 1] == right[j - 1] {
            (i, j) = (i - 1, j - 1);
            match matches.last_mut() {
                Some(last) if last.left.start == i + 1 && last.right.start == j + 1 => {
                    (last.left.start, last.right.start) = (i, j);
                }
                _ => matches.push(Match {
                    left: i..i + 1,
                    right: j..j + 1,
                }),
            }
        } else if ups.is_up(i - 1, j - 1) {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    matches
}

/// One bit for each pair of bytes: whether the walk back goes up from there.
struct Ups {
    bits: Vec<u64>,
    words_per_row: usize,
}

impl Ups {
    fn of(left: &[u8], right: &[u8]) -> Ups {
        let words_per_row = right.len().div_ceil(64);
        let mut bits = vec![0u64; words_per_row * left.len()];
        let mut row = vec![0; right.len() + 1];
        for (i, &byte) in left.iter().enumerate() {
            let row_bits = &mut bits[i * words_per_row..(i + 1) * words_per_row];
            next_row(byte, right, &mut row, |j| row_bits[j / 64] |= 1 << (j % 64));
        }
        Ups { bits, words_per_row }
    }

    fn is_up(&self, i: usize, j: usize) -> bool {
        self.bits[i * self.words_per_row + j / 64] >> (j % 64) & 1 == 1
    }
}

/// Turns the row of lengths above `byte` into the row beside it, and reports the cells where above is greater than left.
fn next_row(byte: u8, right: &[u8], row: &mut [u32], mut on_up: impl FnMut(usize)) {
    let mut upper_left = 0;
    let mut beside = 0;
    for (j, &other) in right.iter().enumerate() {
        let above = row[j + 1];
        if above > beside {
            on_up(j);
        }
        beside = if byte == other {
            upper_left + 1
        } else {
            above.max(beside)
        };
        upper_left = above;
        row[j + 1] = beside;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(left: &[u8], matches: &[Match]) -> Vec<u8> {
        matches
            .iter()
            .rev()
            .flat_map(|run| left[run.left.clone()].to_vec())
            .collect()
    }

    #[test]
    fn finds_the_example_of_redis_manual() {
        let (left, right) = (b"ohmytext", b"mynewtext");
        let matches = longest(left, right);
        assert_eq!(
            matches,
            [
                Match {
                    left: 4..8,
                    right: 5..9
                },
                Match {
                    left: 2..4,
                    right: 0..2
                }
            ]
        );
        assert_eq!(text(left, &matches), b"mytext");
        assert_eq!(longest_len(left, right), 6);
    }

    #[test]
    fn an_empty_string_has_nothing_in_common() {
        assert_eq!(longest(b"", b"abc"), []);
        assert_eq!(longest(b"abc", b""), []);
        assert_eq!(longest_len(b"", b""), 0);
    }

    /// The naive twin: tries every subsequence of `left`.
    fn naive_len(left: &[u8], right: &[u8]) -> u32 {
        (0u32..1 << left.len())
            .filter(|chosen| {
                let mut rest = right.iter();
                (0..left.len())
                    .filter(|at| chosen >> at & 1 == 1)
                    .all(|at| rest.any(|&byte| byte == left[at]))
            })
            .map(u32::count_ones)
            .max()
            .unwrap_or(0)
    }

    proptest! {
        #[test]
        fn no_common_subsequence_is_longer(left in "[abc]{0,10}", right in "[abc]{0,80}") {
            let (left, right) = (left.as_bytes(), right.as_bytes());
            let expected = naive_len(left, right);
            let matches = longest(left, right);
            prop_assert_eq!(longest_len(left, right), expected);
            prop_assert_eq!(text(left, &matches).len(), expected as usize);
            for run in &matches {
                prop_assert_eq!(&left[run.left.clone()], &right[run.right.clone()], "a run is the same text in both");
            }
        }
    }
}
