//! Natural numbers of any size, as far as reading and printing an extended float needs them.
//!
//! Bounded by their use: a text of at most 5 KiB and powers of ten up to 10^5000 make numbers of some 34,000 bits, about
//! a thousand limbs; the slowest step, dividing two of those, takes tens of microseconds. Schoolbook methods do.

/// A natural number. Invariant: the last limb, the most significant one, is not zero; zero has no limbs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Big {
    limbs: Vec<u32>,
}

/// The most digits whose value fits into a limb, and that power of ten.
const DIGITS_PER_LIMB: usize = 9;
const LIMB_OF_DIGITS: u32 = 1_000_000_000;
/// The greatest power of five that fits into a limb is this one's.
const FIVES_PER_LIMB: u32 = 13;

impl Big {
    /// A number from the values of its decimal digits, most significant first.
    pub(super) fn from_decimal(digits: &[u8]) -> Big {
        let mut number = Big::from(0);
        for chunk in digits.chunks(DIGITS_PER_LIMB) {
            let value = chunk.iter().fold(0u32, |sum, &digit| sum * 10 + u32::from(digit));
            let scale = 10u32.pow(u32::try_from(chunk.len()).unwrap_or_default());
            number.multiply_and_add(scale, value);
        }
        number
    }

    /// This number times 5^`power`.
    pub(super) fn times_power_of_five(mut self, power: u32) -> Big {
        for _ in 0..power / FIVES_PER_LIMB {
            self.multiply_and_add(5u32.pow(FIVES_PER_LIMB), 0);
        }
        self.multiply_and_add(5u32.pow(power % FIVES_PER_LIMB), 0);
        self
    }

    /// This number times 2^`by`.
    pub(super) fn shifted_left(&self, by: u32) -> Big {
        let (limbs, bits) = ((by / 32) as usize, by % 32);
        let mut shifted = Big { limbs: vec![0; limbs] };
        let mut carry = 0u64;
        for &limb in &self.limbs {
            carry |= u64::from(limb) << bits;
            shifted.limbs.push(low_half(carry));
            carry >>= 32;
        }
        shifted.limbs.push(low_half(carry));
        shifted.trimmed()
    }

    /// This number, which is not zero, divided by `divisor`: `(q, e, sticky)` with the quotient being `q * 2^e`, plus
    /// something below `2^e` if `sticky`. `q` has 67 or 68 bits.
    pub(super) fn ratio(&self, divisor: &Big) -> (u128, i32, bool) {
        // Align so that the quotient has 67 or 68 bits, then find them one by one, as with paper and pencil.
        let excess = i32::try_from(i64::from(self.bits()) - i64::from(divisor.bits()) - 67).unwrap_or_default();
        let mut rest = if excess < 0 {
            self.shifted_left(excess.unsigned_abs())
        } else {
            self.clone()
        };
        let mut subtrahend = divisor.shifted_left(67 + u32::try_from(excess).unwrap_or(0));
        let mut quotient: u128 = 0;
        for _ in 0..68 {
            quotient <<= 1;
            if rest.at_least(&subtrahend) {
                rest.subtract(&subtrahend);
                quotient |= 1;
            }
            subtrahend.halve();
        }
        (quotient, excess, !rest.limbs.is_empty())
    }

    /// How many bits the number has; 0 for zero.
    fn bits(&self) -> u32 {
        let top = self.limbs.last().map_or(0, |limb| 32 - limb.leading_zeros());
        u32::try_from(self.limbs.len().saturating_sub(1)).unwrap_or(u32::MAX) * 32 + top
    }

    fn at_least(&self, other: &Big) -> bool {
        self.limbs
            .len()
            .cmp(&other.limbs.len())
            .then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
            .is_ge()
    }

    fn multiply_and_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for limb in &mut self.limbs {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = low_half(carry);
            carry >>= 32;
        }
        if carry != 0 {
            self.limbs.push(low_half(carry));
        }
    }

    /// Subtracts a number that is not greater.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for (at, limb) in self.limbs.iter_mut().enumerate() {
            let (less, first) = limb.overflowing_sub(other.limbs.get(at).copied().unwrap_or(0));
            let (less, second) = less.overflowing_sub(u32::from(borrow));
            *limb = less;
            borrow = first || second;
        }
        debug_assert!(!borrow, "only a number that is not greater is ever subtracted");
        self.trim();
    }

    fn halve(&mut self) {
        let mut carry = 0u32;
        for limb in self.limbs.iter_mut().rev() {
            let out = *limb << 31;
            *limb = *limb >> 1 | carry;
            carry = out;
        }
        self.trim();
    }

    /// Divides by 10^9 and gives the remainder.
    fn divide_off_digits(&mut self) -> u32 {
        let mut rest = 0u64;
        for limb in self.limbs.iter_mut().rev() {
            let value = rest << 32 | u64::from(*limb);
            *limb = low_half(value / u64::from(LIMB_OF_DIGITS));
            rest = value % u64::from(LIMB_OF_DIGITS);
        }
        self.trim();
        low_half(rest)
    }

    fn trim(&mut self) {
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
    }

    fn trimmed(mut self) -> Big {
        self.trim();
        self
    }
}

impl From<u64> for Big {
    fn from(number: u64) -> Big {
        Big {
            limbs: vec![low_half(number), low_half(number >> 32)],
        }
        .trimmed()
    }
}

impl std::fmt::Display for Big {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = self.clone();
        let mut chunks = Vec::new();
        while !rest.limbs.is_empty() {
            chunks.push(rest.divide_off_digits());
        }
        write!(out, "{}", chunks.pop().unwrap_or(0))?;
        chunks
            .iter()
            .rev()
            .try_for_each(|chunk| write!(out, "{chunk:0DIGITS_PER_LIMB$}"))
    }
}

/// The lower 32 bits.
#[allow(
    clippy::cast_possible_truncation,
    reason = "cutting off the upper half is what this function is for"
)]
fn low_half(wide: u64) -> u32 {
    wide as u32
}
