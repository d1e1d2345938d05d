//! Reading bytes that may be anything: nothing here panics, allocates or believes a length before checking it.

use super::DecodeError;
use super::runs::RUN_BYTES;
use crate::stamp::Stamp;

/// What is left to read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(DecodeError::TooShort)?;
        self.0 = rest;
        Ok(taken)
    }

    #[inline]
    pub(super) fn array<const LEN: usize>(&mut self) -> Result<[u8; LEN], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(DecodeError::TooShort)?;
        self.0 = rest;
        Ok(*taken)
    }

    #[inline]
    pub(super) fn word(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    #[inline]
    pub(super) fn stamp(&mut self) -> Result<Stamp, DecodeError> {
        self.word().map(Stamp::from_bits)
    }

    /// A length or count: seven bits a byte, least first, the upper bit says that more follow; at most 32 bits, and no
    /// byte more than needed.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<usize, DecodeError> {
        if let [byte @ 0..0x80, rest @ ..] = self.0 {
            self.0 = rest;
            return Ok(usize::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<usize, DecodeError> {
        let mut value: u64 = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let in_one_way = byte != 0 || shift == 0;
                return u32::try_from(value)
                    .ok()
                    .filter(|_| in_one_way)
                    .and_then(|value| usize::try_from(value).ok())
                    .ok_or(DecodeError::NotCanonical);
            }
        }
        Err(DecodeError::NotCanonical)
    }

    /// The bytes of `count` runs.
    #[inline]
    pub(super) fn runs(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        self.take(count.checked_mul(RUN_BYTES).ok_or(DecodeError::TooShort)?)
    }
}

/// Appends a length or count, as [`Reader::varint`] reads it.
pub(super) fn put_varint(value: usize, out: &mut Vec<u8>) {
    debug_assert!(u32::try_from(value).is_ok(), "values are limited to 512 MiB");
    let mut left = value;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

/// How many bytes [`put_varint`] appends.
pub(super) const fn varint_len(value: usize) -> usize {
    match value {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_one_form() {
        for value in [
            0,
            1,
            0x7f,
            0x80,
            0x3fff,
            0x4000,
            0x1f_ffff,
            0x20_0000,
            0xfff_ffff,
            0x1000_0000,
            u32::MAX as usize,
        ] {
            let mut bytes = Vec::new();
            put_varint(value, &mut bytes);
            assert_eq!(bytes.len(), varint_len(value), "{value}");
            assert_eq!(Reader(&bytes).varint(), Ok(value));
            let last = bytes.len() - 1;
            bytes[last] |= 0x80;
            assert_eq!(Reader(&bytes).varint().ok(), None, "more is announced");
            bytes.push(0);
            assert_eq!(
                Reader(&bytes).varint(),
                Err(DecodeError::NotCanonical),
                "a byte too many"
            );
        }
        assert_eq!(
            Reader(&[0xff, 0xff, 0xff, 0xff, 0x1f]).varint(),
            Err(DecodeError::NotCanonical)
        );
    }
}
