//! Integers of any number of bits within a string, as BITFIELD reads and writes them: the highest bit first.

use super::bits::{bit, set_bit};

/// The type of such an integer: signed with 1 to 64 bits, or unsigned with 1 to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldType {
    is_signed: bool,
    bits: u32,
}

/// What becomes of a number that a type cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Its lowest bits are kept.
    Wrap,
    /// It becomes the nearest one that the type can hold.
    Saturate,
    /// There is no result.
    Fail,
}

impl FieldType {
    /// Reads `i` or `u` and a number of bits.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (&sign, bits) = text.split_first()?;
        let bits = super::number::parse_integer(bits)?;
        let (is_signed, most) = match sign {
            b'i' => (true, 64),
            b'u' => (false, 63),
            _ => return None,
        };
        let bits = u32::try_from(bits).ok().filter(|bits| (1..=most).contains(bits))?;
        Some(Self { is_signed, bits })
    }

    /// How many bits it has.
    #[must_use]
    pub fn bits(self) -> usize {
        self.bits as usize
    }

    fn least(self) -> i128 {
        if self.is_signed { -(1 << (self.bits - 1)) } else { 0 }
    }

    fn greatest(self) -> i128 {
        (1 << if self.is_signed { self.bits - 1 } else { self.bits }) - 1
    }

    /// The integer that these lowest bits stand for.
    fn of_bits(self, bits: u64) -> i64 {
        let unused = 64 - self.bits;
        if self.is_signed {
            (bits << unused).cast_signed() >> unused
        } else {
            // An unsigned one has at most 63 bits.
            (bits << unused >> unused).cast_signed()
        }
    }

    /// The number of this type that `number` becomes; `None` if it does not fit and may not become another.
    #[must_use]
    pub fn fit(self, number: i128, overflow: Overflow) -> Option<i64> {
        let fitting = number.clamp(self.least(), self.greatest());
        if number == fitting || overflow == Overflow::Saturate {
            return i64::try_from(fitting).ok();
        }
        let lowest = number.cast_unsigned() & u128::from(u64::MAX);
        (overflow == Overflow::Wrap).then(|| self.of_bits(u64::try_from(lowest).unwrap_or(u64::MAX)))
    }

    /// What SET of `number` would write: an unsigned type takes a negative one for the 64-bit number with the same bits.
    #[must_use]
    pub fn of_argument(self, number: i64) -> i128 {
        if self.is_signed {
            i128::from(number)
        } else {
            i128::from(number.cast_unsigned())
        }
    }

    /// The integer at bit `offset`; beyond the end of the string all bits are zero.
    #[must_use]
    pub fn get(self, bytes: &[u8], offset: usize) -> i64 {
        let bits = (offset..offset + self.bits()).fold(0, |bits: u64, at| bits << 1 | u64::from(bit(bytes, at)));
        self.of_bits(bits)
    }

    /// Writes an integer of this type at bit `offset`; the string must be long enough.
    pub fn set(self, bytes: &mut [u8], offset: usize, number: i64) {
        for place in 0..self.bits {
            let on = number >> (self.bits - 1 - place) & 1 == 1;
            set_bit(bytes, offset + place as usize, on);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(text: &str) -> FieldType {
        FieldType::parse(text.as_bytes()).expect("a type")
    }

    #[test]
    fn types_are_a_sign_and_a_number_of_bits() {
        for text in ["i1", "i64", "u1", "u63"] {
            assert!(FieldType::parse(text.as_bytes()).is_some(), "{text}");
        }
        for text in ["", "i", "i0", "i65", "u64", "u-1", "x8", "I8", "8", "i08", "i 8"] {
            assert!(FieldType::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_wraps_saturates_or_fails() {
        let cases = [
            ("u8", 255, Some(255), Some(255), Some(255)),
            ("u8", 256, Some(0), Some(255), None),
            ("u8", -1, Some(255), Some(0), None),
            ("i8", 128, Some(-128), Some(127), None),
            ("i8", -129, Some(127), Some(-128), None),
            ("i5", -17, Some(15), Some(-16), None),
            ("i1", 1, Some(-1), Some(0), None),
            ("i64", i128::from(i64::MAX) + 1, Some(i64::MIN), Some(i64::MAX), None),
            ("u63", i128::from(u64::MAX), Some(i64::MAX), Some(i64::MAX), None),
        ];
        for (name, number, wrapped, saturated, failed) in cases {
            let of = |overflow| field(name).fit(number, overflow);
            let all = (of(Overflow::Wrap), of(Overflow::Saturate), of(Overflow::Fail));
            assert_eq!(all, (wrapped, saturated, failed), "{number} as {name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_nothing_else_is_changed(
            before in prop::collection::vec(any::<u8>(), 20),
            (is_signed, bits) in prop_oneof![(Just(true), 1..=64u32), (Just(false), 1..=63u32)],
            offset in 0..90usize,
            number: i64,
        ) {
            let field = FieldType { is_signed, bits };
            let number = field.fit(i128::from(number), Overflow::Wrap).expect("it wraps");
            let mut bytes = before.clone();
            field.set(&mut bytes, offset, number);
            prop_assert_eq!(field.get(&bytes, offset), number);
            let outside = (0..160).filter(|at| !(offset..offset + field.bits()).contains(at));
            for at in outside {
                prop_assert_eq!(bit(&bytes, at), bit(&before, at));
            }
        }
    }
}
