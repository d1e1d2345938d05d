//! Floating point numbers as C's `strtod` reads them: scores, their bounds, weights, coordinates.
//!
//! Decimal digits are read by the standard library, which rounds correctly as `strtod` does. What it does not know is here: hexadecimal
//! numbers, a number that ends before the text does, and whether one lies beyond the range of doubles.

use super::number::parse_integer;
use crate::command::error::CommandError;

/// Bits of a double's mantissa.
const MANTISSA_BITS: i64 = 53;
/// The exponent of the leading bit of the greatest doubles.
const EXPONENT_MAX: i64 = 1023;
/// The exponent of the leading bit of the least doubles that have all bits of their mantissa.
const EXPONENT_MIN: i64 = -1022;

/// A whole number of so many characters is a double: it is below 2^53.
const EXACT_DIGITS_MAX: usize = 15;

/// A number at the front of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Front {
    value: f64,
    /// Bytes up to the end of the number; 0 if there is none.
    used: usize,
    /// The number is finite but beyond the greatest double, or not zero but rounded to it.
    is_out_of_range: bool,
}

/// The number that a whole text is, possibly infinite; `None` if it is none, NaN, or out of range.
#[must_use]
pub fn parse(text: &[u8]) -> Option<f64> {
    // As most scores are.
    if text.len() <= EXACT_DIGITS_MAX
        && let Some(whole) = parse_integer(text)
    {
        return Some(whole as f64);
    }
    if text.first().is_none_or(u8::is_ascii_whitespace) {
        return None;
    }
    let front = front(text);
    (front.used == text.len() && !front.is_out_of_range && !front.value.is_nan()).then_some(front.value)
}

/// An argument that must be a number, possibly infinite.
///
/// # Errors
///
/// [`CommandError::NotAFloat`].
pub fn number(text: &[u8]) -> Result<f64, CommandError> {
    parse(text).ok_or(CommandError::NotAFloat)
}

/// The number that a text is up to its end or its first zero byte, infinite if out of range; 0 if that is empty. So reads Redis the bounds
/// of scores.
#[must_use]
pub fn parse_bound(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let front = front(text);
    (front.used == text.len() && !front.value.is_nan()).then_some(front.value)
}

/// Whether C's `isspace` says so.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

fn front(text: &[u8]) -> Front {
    let none = Front {
        value: 0.0,
        used: 0,
        is_out_of_range: false,
    };
    let blank = text.iter().take_while(|&&byte| is_space(byte)).count();
    let (sign, signed) = match text.get(blank) {
        Some(b'-') => (-1.0, blank + 1),
        Some(b'+') => (1.0, blank + 1),
        _ => (1.0, blank),
    };
    let rest = &text[signed..];
    let found = word(rest).or_else(|| hexadecimal(rest)).or_else(|| decimal(rest));
    found.map_or(none, |found| Front {
        value: sign * found.value,
        used: signed + found.used,
        ..found
    })
}

/// `inf`, `infinity`, `nan` or `nan(...)` in large or small letters.
fn word(text: &[u8]) -> Option<Front> {
    let begins = |word: &[u8]| {
        text.get(..word.len())
            .is_some_and(|front| front.eq_ignore_ascii_case(word))
    };
    let front = |value, used| {
        Some(Front {
            value,
            used,
            is_out_of_range: false,
        })
    };
    if begins(b"infinity") {
        return front(f64::INFINITY, 8);
    }
    if begins(b"inf") {
        return front(f64::INFINITY, 3);
    }
    if !begins(b"nan") {
        return None;
    }
    let inner = text[3..].strip_prefix(b"(").unwrap_or_default();
    let len = inner
        .iter()
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_')
        .count();
    front(f64::NAN, if inner.get(len) == Some(&b')') { len + 5 } else { 3 })
}

/// Where the digits of a mantissa end, and how many there are.
fn mantissa(text: &[u8], is_digit: fn(&u8) -> bool) -> Option<usize> {
    let whole = text.iter().take_while(|byte| is_digit(byte)).count();
    let point = usize::from(text.get(whole) == Some(&b'.'));
    let fraction = text[whole + point..].iter().take_while(|byte| is_digit(byte)).count();
    (whole + fraction > 0).then_some(whole + point + fraction)
}

/// The exponent that stands behind the letter `mark` at the front of `text`, and how many bytes it has; zeros if there is none.
fn exponent(text: &[u8], mark: u8) -> (i64, usize) {
    let Some((letter, rest)) = text.split_first() else {
        return (0, 0);
    };
    if !letter.eq_ignore_ascii_case(&mark) {
        return (0, 0);
    }
    let signed = usize::from(matches!(rest.first(), Some(b'-' | b'+')));
    let digits = rest[signed..].iter().take_while(|byte| byte.is_ascii_digit());
    let (mut number, mut count) = (0_i64, 0);
    for digit in digits {
        // Beyond this everything is zero or infinite.
        number = (number * 10 + i64::from(digit - b'0')).min(i64::from(i32::MAX));
        count += 1;
    }
    match count {
        0 => (0, 0),
        _ if rest[0] == b'-' => (-number, 1 + signed + count),
        _ => (number, 1 + signed + count),
    }
}

fn decimal(text: &[u8]) -> Option<Front> {
    let end = mantissa(text, u8::is_ascii_digit)?;
    let used = end + exponent(&text[end..], b'e').1;
    let value: f64 = std::str::from_utf8(&text[..used]).ok()?.parse().ok()?;
    let is_zero = text[..end].iter().all(|byte| matches!(byte, b'0' | b'.'));
    Some(Front {
        value,
        used,
        is_out_of_range: value.is_infinite() || value == 0.0 && !is_zero,
    })
}

fn hexadecimal(text: &[u8]) -> Option<Front> {
    let [b'0', b'x' | b'X', digits @ ..] = text else {
        return None;
    };
    let end = mantissa(digits, u8::is_ascii_hexdigit)?;
    let (power, power_len) = exponent(&digits[end..], b'p');
    let (mut bits, mut is_cut, mut scale, mut behind_point) = (0_u64, false, 0_i64, false);
    for &byte in &digits[..end] {
        let Some(digit) = char::from(byte).to_digit(16) else {
            behind_point = true;
            continue;
        };
        if bits.leading_zeros() >= 4 {
            bits = bits << 4 | u64::from(digit);
            scale -= if behind_point { 4 } else { 0 };
        } else {
            is_cut |= digit != 0;
            scale += if behind_point { 0 } else { 4 };
        }
    }
    let value = rounded(bits, is_cut, power + scale);
    Some(Front {
        value,
        used: 2 + end + power_len,
        is_out_of_range: value.is_infinite() || value == 0.0 && bits != 0,
    })
}

/// The double nearest to `bits * 2^exponent`, plus a little more if `is_cut`; then `bits` has more than 60.
fn rounded(bits: u64, is_cut: bool, exponent: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let width = i64::from(u64::BITS - bits.leading_zeros());
    let leading = exponent + width - 1;
    if leading > EXPONENT_MAX {
        return f64::INFINITY;
    }
    let precision = MANTISSA_BITS - (EXPONENT_MIN - leading).max(0);
    let down = (width - precision).max(0);
    if down > i64::from(u64::BITS) {
        return 0.0;
    }
    let wide = u128::from(bits);
    let (kept, rest, half) = (wide >> down, wide & ((1 << down) - 1), (1_u128 << down) >> 1);
    let up = down > 0 && (rest > half || rest == half && (is_cut || kept & 1 == 1));
    // At most 53 bits, and what it is scaled to is a double or infinite: nothing is rounded any more.
    let kept = (kept as u64 + u64::from(up)) as f64;
    let power = exponent + down;
    kept * two_to(power / 2) * two_to(power - power / 2)
}

/// 2 to a power from -1022 to 1023.
fn two_to(power: i64) -> f64 {
    f64::from_bits(((power + EXPONENT_MAX) as u64) << (MANTISSA_BITS - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_to_the_end() {
        let cases: [(&str, Option<f64>); 34] = [
            ("0", Some(0.0)),
            ("+5", Some(5.0)),
            ("-2.5e1", Some(-25.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e400", None),
            ("-1e400", None),
            ("1e-400", None),
            ("0e-400", Some(0.0)),
            ("5e-324", Some(5e-324)),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("infinit", None),
            ("nan", None),
            ("nan(1)", None),
            ("", None),
            (" 1", None),
            ("1 ", None),
            ("1x", None),
            (".", None),
            ("e5", None),
            ("1e", None),
            ("1e+", None),
            ("--1", None),
            ("0x10", Some(16.0)),
            ("-0X.8P1", Some(-1.0)),
            ("0x", None),
            ("0xg", None),
            ("0x1p1024", None),
            ("0x1p-1075", None),
            ("0x1p-1074", Some(5e-324)),
            ("0x1.00000000000008", Some(1.0)),
            ("0x1.000000000000080000000000000001", Some(1.0 + f64::EPSILON)),
            ("0x1.8p-1074", Some(1e-323)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_bound_is_read_as_c_reads_it() {
        let cases: [(&[u8], Option<f64>); 8] = [
            (b"", Some(0.0)),
            (b" 1", Some(1.0)),
            (b"\x0b1", Some(1.0)),
            (b"1\0x", Some(1.0)),
            (b"1e400", Some(f64::INFINITY)),
            (b"1 ", None),
            (b"nan", None),
            (b"x", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_bound(text), expected, "{}", text.escape_ascii());
        }
    }

    proptest! {
        /// The naive twin for what both know: decimal numbers.
        #[test]
        fn decimal_texts_agree_with_the_standard_parser(text in "[-+]?[0-9]{0,5}[.]?[0-9]{0,5}(e[-+]?[0-9]{1,2})?") {
            prop_assert_eq!(parse(text.as_bytes()), text.parse::<f64>().ok());
        }

        /// The naive twin for hexadecimal numbers: an integer of 64 bits is converted with one rounding.
        #[test]
        fn hexadecimal_integers_are_rounded_once(bits: u64) {
            prop_assert_eq!(parse(format!("{bits:#x}").as_bytes()), Some(bits as f64));
        }

        /// Every double is written exactly in hexadecimal.
        #[test]
        fn every_double_comes_back(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
            let bits = number.abs().to_bits();
            let (lead, exponent) = if bits >> 52 == 0 { (0, -1022) } else { (1, (bits >> 52) as i64 - 1023) };
            let text = format!("0x{lead}.{:013x}p{exponent}", bits & ((1 << 52) - 1));
            prop_assert_eq!(parse(text.as_bytes()), Some(number.abs()));
        }
    }
}
