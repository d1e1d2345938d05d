//! Integers as Redis reads and writes them.
//!
//! Redis is strict: no sign but one minus, no leading zero, no space, no minus zero. This is not fussiness: only a text
//! that is exactly what the integer prints as may be kept as an integer, since GET must give back what SET was given.

pub use circlet_core::state::parse_integer;

use crate::command::error::CommandError;

/// An argument that must be an integer.
///
/// # Errors
///
/// [`CommandError::NotAnInteger`].
pub fn integer(text: &[u8]) -> Result<i64, CommandError> {
    parse_integer(text).ok_or(CommandError::NotAnInteger)
}

/// An argument that must be an integer from `min` to `max`.
///
/// # Errors
///
/// [`CommandError::NotAnInteger`] and [`CommandError::OutOfRange`].
pub fn integer_within(text: &[u8], min: i64, max: i64) -> Result<i64, CommandError> {
    let number = integer(text)?;
    if (min..=max).contains(&number) {
        Ok(number)
    } else {
        Err(CommandError::OutOfRange { min, max })
    }
}

/// An argument that must be a number of elements.
///
/// # Errors
///
/// [`CommandError::NotPositive`], which is said of what is negative.
pub fn count(text: &[u8]) -> Result<usize, CommandError> {
    let count = parse_integer(text).and_then(|count| usize::try_from(count).ok());
    count.ok_or(CommandError::NotPositive)
}

/// A length or a count as a reply: nothing is long enough for this to saturate.
#[must_use]
pub fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_text_an_integer_prints_as_is_an_integer() {
        let cases: [(&[u8], Option<i64>); 22] = [
            (b"0", Some(0)),
            (b"7", Some(7)),
            (b"-7", Some(-7)),
            (b"10", Some(10)),
            (b"9223372036854775807", Some(i64::MAX)),
            (b"9223372036854775808", None),
            (b"-9223372036854775808", Some(i64::MIN)),
            (b"-9223372036854775809", None),
            (b"18446744073709551616", None),
            (b"99999999999999999999", None),
            (b"999999999999999999999999", None),
            (b"", None),
            (b"-", None),
            (b"-0", None),
            (b"+1", None),
            (b"01", None),
            (b"00", None),
            (b"-01", None),
            (b" 1", None),
            (b"1 ", None),
            (b"1.0", None),
            (b"1\0", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_integer(text), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_number_out_of_its_options_range_is_told_apart_from_no_number() {
        assert_eq!(
            integer_within(b"5", 0, 4),
            Err(CommandError::OutOfRange { min: 0, max: 4 })
        );
        assert_eq!(integer_within(b"4", 0, 4), Ok(4));
        assert_eq!(integer_within(b"x", 0, 4), Err(CommandError::NotAnInteger));
    }

    /// The naive twin: an integer is what reads as one and prints as the same text.
    fn naive(text: &[u8]) -> Option<i64> {
        let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        (number.to_string().as_bytes() == text).then_some(number)
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_parser_on_every_integer(number: i64) {
            prop_assert_eq!(parse_integer(number.to_string().as_bytes()), Some(number));
        }

        #[test]
        fn agrees_with_the_standard_parser_on_what_looks_like_a_number(text in "[-+ ]?[0-9]{0,21}[0-9a.]?") {
            prop_assert_eq!(parse_integer(text.as_bytes()), naive(text.as_bytes()));
        }
    }
}
