//! The numbers of INCRBYFLOAT: x87 extended precision, in software.
//!
//! Redis adds floats as C's `long double` and prints them with 17 digits behind the point, trailing zeros cut. On x86-64
//! that is the 80-bit format with a 64-bit mantissa, and it is visible: 3000 + 0.1 gives `3000.10000000000000009`
//! there and `3000.09999999999990905` with an `f64`. Rust has no such type, so here is the little of it that the command needs:
//! reading a number, one addition, printing it. All three round to nearest, ties to even, once, from the exact result.
//!
//! ```text
//! value = mantissa * 2^exponent        mantissa: top bit set, unless zero or denormal
//! ```
//!
//! Refused: 17 significant digits of an `f64` sum (differs from Redis in the last digits of every third sum), and decimal
//! arithmetic (exact, so it differs too: Redis forgets 0.1 beside 1e20).

use super::big::Big;

/// Texts of this length or more are not read: the size of Redis's buffer for them.
const TEXT_BYTES_MAX: usize = 5 * 1024;
/// The exponent of the least denormal number.
const EXPONENT_MIN: i32 = -16445;
/// The exponent of the greatest finite number.
const EXPONENT_MAX: i32 = 16320;
/// An infinite number's exponent.
const INFINITE: i32 = EXPONENT_MAX + 1;
/// How many digits stand behind the point, before trailing zeros are cut.
const FRACTION_DIGITS: usize = 17;
/// A decimal number whose first digit stands at 10^this or above is beyond the greatest finite one.
const DECIMAL_EXPONENT_MAX: i64 = 4933;
/// A decimal number whose first digit stands at 10^this or below is less than half of the least one.
const DECIMAL_EXPONENT_MIN: i64 = -4952;

/// A number in extended precision: finite or infinite, never NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extended {
    negative: bool,
    /// Invariant: the top bit is set unless the number is zero, or denormal: then the exponent is the least.
    mantissa: u64,
    exponent: i32,
}

impl Extended {
    /// Zero.
    pub const ZERO: Extended = Extended {
        negative: false,
        mantissa: 0,
        exponent: EXPONENT_MIN,
    };

    /// Reads what C's `strtold` reads, as far as Redis accepts it: decimal or hexadecimal with an optional exponent, or
    /// `inf` and `infinity`; with an optional sign, and nothing before or behind. `None` for everything else, for NaN, and
    /// for finite numbers too large or too small to be told from infinity or zero.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Extended> {
        if text.len() >= TEXT_BYTES_MAX {
            return None;
        }
        let (negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        let magnitude = match unsigned {
            [b'0', b'x' | b'X', hexadecimal @ ..] => Digits::scan(hexadecimal, 16)?.binary()?,
            [b'i' | b'I', ..] if is_infinity(unsigned) => Extended {
                mantissa: 0,
                exponent: INFINITE,
                negative,
            },
            decimal => Digits::scan(decimal, 10)?.decimal()?,
        };
        Some(Extended { negative, ..magnitude })
    }

    /// The number in double precision; infinite if it is too large for that, and the least positive normal one if it is too small.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        let magnitude = match self.mantissa {
            _ if !self.is_finite() => f64::INFINITY,
            0 => 0.0,
            mantissa => (mantissa as f64 * 2f64.powi(self.exponent)).max(f64::MIN_POSITIVE),
        };
        if self.negative { -magnitude } else { magnitude }
    }

    /// Whether the number is not infinite.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.exponent < INFINITE
    }

    /// The sum, rounded once; infinite beyond the greatest finite number, and when either number is infinite.
    #[must_use]
    pub fn plus(self, other: Extended) -> Extended {
        if !self.is_finite() || !other.is_finite() {
            return Extended {
                negative: self.negative,
                mantissa: 0,
                exponent: INFINITE,
            };
        }
        let (large, small) = if (self.exponent, self.mantissa) >= (other.exponent, other.mantissa) {
            (self, other)
        } else {
            (other, self)
        };
        // 62 bits below the last bit of the larger one take what rounding may need; what is lost below is `sticky`.
        let exponent = large.exponent - 62;
        let left = u128::from(large.mantissa) << 62;
        let (right, sticky) = shifted(u128::from(small.mantissa), small.exponent - exponent);
        if large.negative == small.negative {
            round(large.negative, left + right, exponent, sticky)
        } else {
            // A lost remainder makes the subtracted number larger than `right`: take one more, the rest is then sticky.
            let difference = left - right - u128::from(sticky);
            round(large.negative && difference != 0, difference, exponent, sticky)
        }
    }
}

/// Prints as `%.17Lf` does, then cuts trailing zeros and a trailing point; minus zero prints as zero.
impl std::fmt::Display for Extended {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        if self.exponent >= 0 {
            let whole = Big::from(self.mantissa).shifted_left(self.exponent.unsigned_abs());
            return write!(out, "{sign}{whole}");
        }
        let (scaled, sticky) = shifted(u128::from(self.mantissa) * 10u128.pow(17) * 4, self.exponent);
        let scaled = round_quarters(scaled, sticky);
        let (whole, fraction) = (scaled / 10u128.pow(17), scaled % 10u128.pow(17));
        if scaled == 0 {
            return out.write_str("0");
        }
        let digits = format!("{fraction:0FRACTION_DIGITS$}");
        let digits = digits.trim_end_matches('0');
        let point = if digits.is_empty() { "" } else { "." };
        write!(out, "{sign}{whole}{point}{digits}")
    }
}

/// A number's digits as a text gives them: value = digits * base^exponent (base 10) or * 2^exponent (base 16).
struct Digits {
    /// The values of the digits, without leading zeros.
    significant: Vec<u8>,
    exponent: i64,
}

impl Digits {
    /// Reads digits in `base` with an optional point and an exponent behind `e` (base 10) or `p` (base 16).
    fn scan(text: &[u8], base: u8) -> Option<Digits> {
        let (marks, exponent_per_digit) = if base == 16 { (b"pP", 4) } else { (b"eE", 1) };
        let mantissa_end = text.iter().position(|byte| marks.contains(byte)).unwrap_or(text.len());
        let (mantissa, rest) = text.split_at(mantissa_end);
        let mut digits = Digits {
            significant: Vec::with_capacity(mantissa.len()),
            exponent: 0,
        };
        let (mut any, mut behind_point) = (false, false);
        for &byte in mantissa {
            if byte == b'.' && !behind_point {
                behind_point = true;
                continue;
            }
            let digit = u8::try_from(char::from(byte).to_digit(u32::from(base))?).ok()?;
            any = true;
            digits.exponent -= if behind_point { exponent_per_digit } else { 0 };
            if digit != 0 || !digits.significant.is_empty() {
                digits.significant.push(digit);
            }
        }
        if let [_mark, exponent @ ..] = rest {
            digits.exponent += scan_exponent(exponent)?;
        }
        any.then_some(digits)
    }

    fn binary(&self) -> Option<Extended> {
        let mut bits: u128 = 0;
        let (mut exponent, mut sticky) = (self.exponent, false);
        for &digit in &self.significant {
            if bits >> 120 == 0 {
                bits = bits << 4 | u128::from(digit);
            } else {
                sticky |= digit != 0;
                exponent += 4;
            }
        }
        if bits == 0 {
            return Some(Extended::ZERO);
        }
        in_range(round(
            false,
            bits,
            i32::try_from(exponent).unwrap_or(if exponent > 0 { INFINITE } else { 2 * EXPONENT_MIN }),
            sticky,
        ))
    }

    fn decimal(&self) -> Option<Extended> {
        if self.significant.is_empty() {
            return Some(Extended::ZERO);
        }
        let first_digit_at = self.exponent + i64::try_from(self.significant.len()).ok()? - 1;
        if !(DECIMAL_EXPONENT_MIN + 1..DECIMAL_EXPONENT_MAX).contains(&first_digit_at) {
            return None;
        }
        let exponent = i32::try_from(self.exponent).ok()?;
        let digits = Big::from_decimal(&self.significant);
        // 10^n is 5^n * 2^n, and the power of two is a matter of the exponent alone.
        let (ratio, shift, sticky) = if exponent >= 0 {
            digits.times_power_of_five(exponent.unsigned_abs()).ratio(&Big::from(1))
        } else {
            digits.ratio(&Big::from(1).times_power_of_five(exponent.unsigned_abs()))
        };
        in_range(round(false, ratio, shift + exponent, sticky))
    }
}

/// A decimal exponent with an optional sign; one beyond all bounds is cut to a billion, which is as far beyond.
fn scan_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits
        .iter()
        .fold(0i64, |sum, byte| (sum * 10 + i64::from(byte - b'0')).min(1_000_000_000));
    Some(if negative { -magnitude } else { magnitude })
}

fn is_infinity(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity")
}

/// Refuses what rounding made infinite or zero, as `strtold` does with `ERANGE`.
fn in_range(number: Extended) -> Option<Extended> {
    (number.is_finite() && number.mantissa != 0).then_some(number)
}

/// `bits * 2^by`, and whether bits that were one fell off at the lower end. Nothing may fall off at the upper one.
fn shifted(bits: u128, by: i32) -> (u128, bool) {
    if by >= 0 {
        return (bits << by, false);
    }
    let down = by.unsigned_abs();
    match bits.checked_shr(down) {
        Some(kept) => (kept, kept << down != bits),
        None => (0, bits != 0),
    }
}

/// A count of quarters, plus a little more if `sticky`, rounded to whole ones: nearest, ties to even.
fn round_quarters(quarters: u128, sticky: bool) -> u128 {
    let (whole, rest) = (quarters >> 2, quarters & 3);
    let up = rest == 3 || rest == 2 && (sticky || whole & 1 == 1);
    whole + u128::from(up)
}

/// The number nearest to `bits * 2^exponent`, plus a little more if `sticky`; then `bits` must have more than 66 bits
/// or the number be denormal.
fn round(negative: bool, bits: u128, exponent: i32, sticky: bool) -> Extended {
    if bits == 0 {
        return Extended {
            negative,
            ..Extended::ZERO
        };
    }
    // Down to 64 bits, or so far that the exponent is the least.
    let width = i32::try_from(128 - bits.leading_zeros()).unwrap_or_default();
    let down = (width - 64).max(EXPONENT_MIN - exponent);
    let (quarters, lost) = shifted(bits, 2 - down);
    let rounded = round_quarters(quarters, lost || sticky);
    let (rounded, exponent) = if rounded >> 64 == 0 {
        (rounded, exponent + down)
    } else {
        (rounded >> 1, exponent + down + 1)
    };
    if exponent > EXPONENT_MAX {
        return Extended {
            negative,
            mantissa: 0,
            exponent: INFINITE,
        };
    }
    Extended {
        negative,
        mantissa: u64::try_from(rounded).unwrap_or(u64::MAX),
        exponent,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(left: &str, right: &str) -> Option<String> {
        let sum = Extended::parse(left.as_bytes())?.plus(Extended::parse(right.as_bytes())?);
        Some(if sum.is_finite() {
            sum.to_string()
        } else {
            "infinite".to_owned()
        })
    }

    /// Sums that Redis 7.0 (x86-64) gave.
    #[test]
    fn sums_print_as_redis_prints_them() {
        let cases = [
            ("10.5", "0.1", "10.6"),
            ("5.0e3", "2.0e2", "5200"),
            ("3.0e3", "0.1", "3000.10000000000000009"),
            ("0.1", "0.2", "0.3"),
            ("1", "-1", "0"),
            ("-0.0", "-0.0", "0"),
            ("1e20", "0.1", "100000000000000000000"),
        ];
        for (left, right, expected) in cases {
            assert_eq!(sum(left, right).as_deref(), Some(expected), "{left} + {right}");
        }
    }

    #[test]
    fn what_is_not_a_number_to_the_end_is_refused() {
        let bad = [
            "", "-", "+", ".", "1 ", " 1", "1e", "1e+", "e5", "1.2.3", "--1", "0x", "0xg", "0x1p", "nan", "infi",
            "1\0", "1f",
        ];
        for text in bad {
            assert_eq!(Extended::parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(
            Extended::parse(&[b'1'; TEXT_BYTES_MAX]),
            None,
            "longer than Redis's buffer"
        );
    }

    #[test]
    fn every_notation_of_strtold_is_read() {
        let cases = [
            ("+5", "5"),
            ("5.", "5"),
            (".5", "0.5"),
            ("5e-1", "0.5"),
            ("0x10", "16"),
            ("0X.8P1", "1"),
            ("0e999999999999", "0"),
        ];
        for (text, expected) in cases {
            assert_eq!(sum(text, "0").as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn infinity_is_read_and_is_not_finite() {
        for text in ["inf", "-INF", "Infinity"] {
            assert!(
                Extended::parse(text.as_bytes()).is_some_and(|number| !number.is_finite()),
                "{text}"
            );
        }
        assert_eq!(
            sum("1e4932", "1e4932").as_deref(),
            Some("infinite"),
            "2e4932 is beyond the greatest number"
        );
    }

    #[test]
    fn numbers_beyond_the_ends_of_the_range_are_refused() {
        for text in [
            "1e4933",
            "1.2e4932",
            "-1.2e4932",
            "1e-4952",
            "1.8e-4951",
            "1e999999999999",
            "1e-999999999999",
        ] {
            assert_eq!(Extended::parse(text.as_bytes()), None, "{text}");
        }
        for text in ["1.18e4932", "1.9e-4951", "-3.7e-4951"] {
            assert!(Extended::parse(text.as_bytes()).is_some(), "{text}");
        }
    }

    #[test]
    fn the_longest_texts_are_read_and_printed_in_full() {
        let long = format!("{}.{}", "9".repeat(2500), "1".repeat(2500));
        assert_eq!(
            sum(&long, "0").map(|text| text.len()),
            Some(2500),
            "nothing is left behind the point"
        );
        let text = sum("1e4932", "0").unwrap_or_default();
        assert!(text.len() == 4933 && text.starts_with('1'), "{} digits", text.len());
    }

    proptest! {
        /// 64 bits hold 17 digits behind the point as long as the number is below 92.
        #[test]
        fn a_short_decimal_comes_back_as_it_was_written(number in -91i64..=91, fraction in "[0-9]{0,16}[1-9]") {
            let text = format!("{number}.{fraction}");
            prop_assert_eq!(sum(&text, "0"), Some(text));
        }

        /// The naive twin for numbers that need no rounding: integers of at most 63 bits.
        #[test]
        fn integers_add_up_exactly(left in i64::MIN / 2..i64::MAX / 2, right in i64::MIN / 2..i64::MAX / 2) {
            prop_assert_eq!(sum(&left.to_string(), &right.to_string()), Some((left + right).to_string()));
        }

        /// The naive twin for exponents: an `f64`, written with all of its digits, needs no rounding.
        #[test]
        fn a_double_is_read_without_loss(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
            let read = Extended::parse(format!("{number:.1074}").as_bytes()).expect("every double is in range");
            prop_assert_eq!(read.mantissa & 0x7ff, 0, "a double has 53 bits");
            let magnitude = scale((read.mantissa >> 11) as f64, read.exponent + 11);
            prop_assert_eq!(if read.negative { -magnitude } else { magnitude }, number);
        }

        #[test]
        fn text_of_any_kind_is_read_or_refused(text in "[-+0-9a-fxpinf.eE]{0,24}") {
            if let Some(number) = Extended::parse(text.as_bytes()) {
                prop_assert!(!number.is_finite() || Extended::parse(number.to_string().as_bytes()).is_some());
            }
        }
    }

    /// `number * 2^exponent`, in steps none of which leaves the range of doubles.
    fn scale(number: f64, exponent: i32) -> f64 {
        (0..exponent.unsigned_abs()).fold(
            number,
            |number, _| if exponent < 0 { number / 2.0 } else { number * 2.0 },
        )
    }
}
