//! Bits of a string: bit 0 is the highest one of the first byte, as in Redis.

use std::ops::RangeInclusive;

/// A run of bits of a string: from the first to the last, both included and both inside of the string.
pub type BitRange = RangeInclusive<usize>;

/// The bits of a run of bytes.
#[must_use]
pub fn of_bytes(bytes: &RangeInclusive<usize>) -> BitRange {
    bytes.start() * 8..=bytes.end() * 8 + 7
}

/// The bit at `offset`; beyond the end of the string all bits are zero.
#[must_use]
pub fn bit(bytes: &[u8], offset: usize) -> bool {
    bytes.get(offset / 8).is_some_and(|byte| byte & mask(offset) != 0)
}

/// Sets the bit at `offset`, which must lie inside of `bytes`, and gives what it was.
pub fn set_bit(bytes: &mut [u8], offset: usize, on: bool) -> bool {
    let byte = &mut bytes[offset / 8];
    let before = *byte & mask(offset) != 0;
    if on {
        *byte |= mask(offset);
    } else {
        *byte &= !mask(offset);
    }
    before
}

/// How many bits of `range` are one.
#[must_use]
pub fn count(bytes: &[u8], range: &BitRange) -> u64 {
    let (first, last) = (range.start() / 8, range.end() / 8);
    // All whole bytes, less what the edges hold outside of the range.
    ones(&bytes[first..=last])
        - u64::from((bytes[first] & !from(*range.start())).count_ones())
        - u64::from((bytes[last] & !up_to(*range.end())).count_ones())
}

/// The first bit of `range` that is `wanted`.
#[must_use]
pub fn position(bytes: &[u8], wanted: bool, range: &BitRange) -> Option<usize> {
    let (first, last) = (range.start() / 8, range.end() / 8);
    // Seen so that what is wanted is a one, and what is outside of the range never is.
    let candidates = |at: usize| {
        let mut byte = if wanted { bytes[at] } else { !bytes[at] };
        if at == first {
            byte &= from(*range.start());
        }
        if at == last {
            byte &= up_to(*range.end());
        }
        byte
    };
    let barren = if wanted { 0x00 } else { 0xff };
    let mut at = first;
    while at <= last {
        let byte = candidates(at);
        if byte != 0 {
            return Some(at * 8 + byte.leading_zeros() as usize);
        }
        at += 1 + barren_words(&bytes[at + 1..=last], barren);
    }
    None
}

/// How many bytes at the start of `bytes` are `barren`, counted in whole words of eight.
fn barren_words(bytes: &[u8], barren: u8) -> usize {
    bytes
        .chunks_exact(8)
        .take_while(|word| word.iter().all(|&byte| byte == barren))
        .count()
        * 8
}

fn ones(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let in_words: u64 = words
        .iter()
        .map(|word| u64::from(u64::from_ne_bytes(*word).count_ones()))
        .sum();
    in_words + rest.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>()
}

fn mask(offset: usize) -> u8 {
    0x80 >> (offset % 8)
}

/// The bits of a byte at and behind `offset`.
fn from(offset: usize) -> u8 {
    0xff >> (offset % 8)
}

/// The bits of a byte before and at `offset`.
fn up_to(offset: usize) -> u8 {
    !(0x7f >> (offset % 8))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bit_zero_is_the_highest_of_the_first_byte() {
        assert!(bit(&[0x80], 0));
        assert!(!bit(&[0x80], 7));
        assert!(bit(&[0, 0x01], 15));
        assert!(!bit(&[0xff], 8), "beyond the end all bits are zero");
    }

    #[test]
    fn setting_a_bit_tells_what_it_was() {
        let mut bytes = [0u8; 2];
        assert!(!set_bit(&mut bytes, 9, true));
        assert_eq!(bytes, [0, 0x40]);
        assert!(set_bit(&mut bytes, 9, false));
        assert_eq!(bytes, [0, 0]);
    }

    /// A string with a range of its bits, biased toward long stretches of one value.
    fn string_and_range() -> impl Strategy<Value = (Vec<u8>, BitRange)> {
        let byte = prop_oneof![4 => Just(0u8), 4 => Just(0xffu8), 1 => any::<u8>()];
        prop::collection::vec(byte, 1..60).prop_flat_map(|bytes| {
            let bits = bytes.len() * 8;
            (
                Just(bytes),
                (0..bits, 0..bits).prop_map(|(one, other)| one.min(other)..=one.max(other)),
            )
        })
    }

    proptest! {
        #[test]
        fn counting_agrees_with_looking_at_every_bit((bytes, range) in string_and_range()) {
            let naive = range.clone().filter(|&offset| bit(&bytes, offset)).count();
            prop_assert_eq!(count(&bytes, &range), naive as u64);
        }

        #[test]
        fn searching_agrees_with_looking_at_every_bit((bytes, range) in string_and_range(), wanted: bool) {
            let naive = range.clone().find(|&offset| bit(&bytes, offset) == wanted);
            prop_assert_eq!(position(&bytes, wanted, &range), naive);
        }
    }
}
