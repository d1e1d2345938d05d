//! Numbers as text.

/// Digits of the longest `u64`.
const U64_DIGITS_MAX: usize = 20;

/// `00` to `99`, so that two digits cost one division.
pub(super) const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    pairs
};

/// Appends `value` in decimal.
#[inline]
pub(crate) fn append_u64(out: &mut Vec<u8>, value: u64) {
    if value < 10 {
        out.push(b'0' + value as u8);
    } else if value < 100 {
        out.extend_from_slice(&PAIRS[value as usize]);
    } else {
        append_long(out, value);
    }
}

/// Appends `value` in decimal.
#[inline]
pub(crate) fn append_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    append_u64(out, value.unsigned_abs());
}

fn append_long(out: &mut Vec<u8>, value: u64) {
    let mut digits = [0; U64_DIGITS_MAX];
    let begin = put_digits(&mut digits, value);
    out.extend_from_slice(&digits[begin..]);
}

/// Writes `value` in decimal at the end of `digits`, and says where it begins.
#[inline]
fn put_digits(digits: &mut [u8; U64_DIGITS_MAX], mut value: u64) -> usize {
    let mut at = U64_DIGITS_MAX;
    while value >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    at
}

/// Up to here every whole number is a double, and Redis prints it as a whole number: 2^52.
const WHOLE_MAX: f64 = 4_503_599_627_370_496.0;

/// Hands what [`append_f64`] appends to `take`, by itself. That of whole numbers takes no memory.
#[inline]
pub(crate) fn with_double_text(value: f64, take: impl FnOnce(&[u8])) {
    // Zero has a sign, which a whole number has not.
    let whole = value as i64;
    if whole as f64 == value && value.abs() <= WHOLE_MAX && whole != 0 {
        let mut digits = [0; U64_DIGITS_MAX];
        let mut begin = put_digits(&mut digits, whole.unsigned_abs());
        // No more than sixteen digits were written.
        if whole < 0 {
            begin -= 1;
            digits[begin] = b'-';
        }
        return take(&digits[begin..]);
    }
    let mut text = Vec::with_capacity(32);
    append_f64(&mut text, value);
    take(&text);
}

/// Appends the shortest text that reads back as `value`, laid out as Redis 7.2 does: plain while that stays short, else with an exponent
/// that has a sign; `inf`, `-inf`, `nan`.
pub(crate) fn append_f64(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        let text: &[u8] = if value.is_nan() {
            b"nan"
        } else if value > 0.0 {
            b"inf"
        } else {
            b"-inf"
        };
        out.extend_from_slice(text);
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    if value == 0.0 {
        out.push(b'0');
        return;
    }
    if value.fract() == 0.0 && value.abs() <= WHOLE_MAX {
        append_u64(out, value.abs() as u64);
        return;
    }
    // The standard library finds the shortest digits: d.ddde±x. Only the layout is ours.
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: Vec<u8> = mantissa.bytes().filter(|&byte| byte != b'.').collect();
    lay_out(out, &digits, exponent.parse().unwrap_or(0));
}

/// Writes `d.ddd * 10^exponent`. The bounds between the layouts are Redis's.
fn lay_out(out: &mut Vec<u8>, digits: &[u8], exponent: i32) {
    let count = digits.len() as i32;
    // The number is `digits * 10^scale`.
    let scale = exponent - (count - 1);
    if scale >= 0 && exponent.abs() < count + 7 {
        out.extend_from_slice(digits);
        out.resize(out.len() + scale as usize, b'0');
    } else if scale < 0 && (scale > -7 || exponent.abs() < 4) {
        if exponent < 0 {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + (-exponent - 1) as usize, b'0');
            out.extend_from_slice(digits);
        } else {
            let (whole, fraction) = digits.split_at((exponent + 1) as usize);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    } else {
        out.push(digits[0]);
        if count > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        append_u64(out, u64::from(exponent.unsigned_abs()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text<T>(append: fn(&mut Vec<u8>, T), value: T) -> String {
        let mut out = Vec::new();
        append(&mut out, value);
        String::from_utf8(out).expect("ASCII")
    }

    proptest! {
        #[test]
        fn the_text_by_itself_is_the_text_that_is_appended(whole in -(1_i64 << 53)..(1 << 53), few in -300..300_i64, any: f64) {
            for value in [whole as f64, few as f64, few as f64 / 4.0, any, -0.0, 0.0, WHOLE_MAX, -WHOLE_MAX, WHOLE_MAX + 1.0] {
                let mut alone = String::new();
                with_double_text(value, |text| alone = String::from_utf8(text.to_vec()).expect("ASCII"));
                prop_assert_eq!(alone, text(append_f64, value));
            }
        }
    }

    /// The right column is what redis-server 7.2's number formatting gives.
    #[test]
    fn doubles_are_laid_out_as_redis_does() {
        let table = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (2.718_5, "2.7185"),
            (100.0, "100"),
            (1e7, "10000000"),
            (-1e8, "-100000000"),
            (4_503_599_627_370_496.0, "4503599627370496"),
            (1e16, "1e+16"),
            (12_345_678_901_234_568.0, "12345678901234568"),
            (1e21, "1e+21"),
            (1.7e308, "1.7e+308"),
            (0.001, "0.001"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (value, expected) in table {
            assert_eq!(text(append_f64, value), expected);
        }
    }

    proptest! {
        #[test]
        fn integers_agree_with_the_standard_library(value: i64, shift in 0u32..64) {
            let value = value >> shift;
            prop_assert_eq!(text(append_i64, value), value.to_string());
            prop_assert_eq!(text(append_u64, value as u64), (value as u64).to_string());
        }

        #[test]
        fn doubles_read_back_as_they_were(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            prop_assert_eq!(text(append_f64, value).parse::<f64>(), Ok(value));
        }
    }
}
