//! The lines `*3` and `$10`: numbers as Redis reads them.
//!
//! Redis accepts exactly what it would print: no sign but `-`, no leading zero, no `-0`, no blank. After the number it wants a CR and
//! one more byte, which it does not look at; so do we.

use super::error::ProtocolError;

/// What came of reading a line that holds a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The number (`None`: no number, or beyond 64 bits), and the position after the line.
    Complete(Option<i64>, usize),
    /// No line's end yet; the next search may begin this many bytes into the line.
    Incomplete(usize),
}

/// Reads the line whose first byte, `*` or `$`, is at `buf[at]`. The usual case, up to nine digits, all there, is decided in one
/// pass; everything else goes to [`any_line`].
///
/// # Errors
/// `too_big` if the line is longer than `line_bytes_max`.
#[inline]
pub(super) fn line(
    buf: &[u8],
    at: usize,
    searched: usize,
    line_bytes_max: usize,
    too_big: ProtocolError,
) -> Result<Line, ProtocolError> {
    match short_line(buf, at + 1) {
        Some((value, next)) => Ok(Line::Complete(Some(value as i64), next)),
        None => any_line(&buf[at..], at, searched, line_bytes_max, too_big),
    }
}

/// One to nine digits without a leading zero, CR, one more byte: the number, and the position after the line. `None`: ask [`line()`].
#[inline]
pub(super) fn short_line(buf: &[u8], at: usize) -> Option<(usize, usize)> {
    let digits = buf.get(at..)?;
    // Most lengths have one digit or two.
    if let Some(&[first, second, third, _]) = digits.first_chunk() {
        let [ones, tens] = [second.wrapping_sub(b'0'), first.wrapping_sub(b'0')];
        if second == b'\r' && tens <= 9 {
            return Some((usize::from(tens), at + 3));
        }
        if third == b'\r' && ones <= 9 && matches!(tens, 1..=9) {
            return Some((usize::from(tens) * 10 + usize::from(ones), at + 4));
        }
    }
    let mut value = u32::from(digits.first()?.wrapping_sub(b'0'));
    if value > 9 {
        return None;
    }
    let mut i = 1;
    loop {
        let byte = *digits.get(i)?;
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (byte == b'\r' && digits.len() > i + 1).then_some((value as usize, at + i + 2));
        }
        if value == 0 || i == 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
        i += 1;
    }
}

#[cold]
fn any_line(
    line: &[u8],
    at: usize,
    searched: usize,
    line_bytes_max: usize,
    too_big: ProtocolError,
) -> Result<Line, ProtocolError> {
    let end = memchr::memchr(b'\r', &line[searched..]).map_or(line.len(), |i| searched + i);
    if end > line_bytes_max {
        return Err(too_big);
    }
    if end + 2 > line.len() {
        return Ok(Line::Incomplete(end));
    }
    Ok(Line::Complete(integer(&line[1..end]), at + end + 2))
}

/// A whole number in the one form in which Redis prints it.
///
/// Also what commands accept as an integer argument (`INCRBY key 010` is refused).
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    match digits {
        [] => return None,
        [b'0'] => return (!negative).then_some(0),
        [b'0', ..] => return None,
        _ => {}
    }
    let mut value: i64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Downwards, since the negative range is the larger by one.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Line, ProtocolError> {
        line(bytes, 0, 0, 64, ProtocolError::TooBigBulkCount)
    }

    #[test]
    fn numbers_have_one_spelling() {
        for bad in [
            "",
            "-",
            "+1",
            "01",
            "-0",
            "-01",
            " 1",
            "1 ",
            "1a",
            "0x1",
            "9223372036854775808",
            "99999999999999999999",
        ] {
            assert_eq!(
                integer(bad.as_bytes()),
                None,
                "{bad:?} is not how Redis spells a number"
            );
        }
        for good in [0, 1, -1, 10, i64::MAX, i64::MIN] {
            assert_eq!(integer(good.to_string().as_bytes()), Some(good));
        }
    }

    #[test]
    fn a_line_needs_its_cr_and_one_more_byte() {
        assert_eq!(read(b"$12"), Ok(Line::Incomplete(3)));
        assert_eq!(read(b"$12\r"), Ok(Line::Incomplete(3)));
        assert_eq!(read(b"$12\r\n"), Ok(Line::Complete(Some(12), 5)));
        assert_eq!(
            read(b"$12\rx"),
            Ok(Line::Complete(Some(12), 5)),
            "Redis does not look at the byte after CR"
        );
        assert_eq!(read(b"$x\r\n"), Ok(Line::Complete(None, 4)));
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        let mut bytes = vec![b'$'; 64];
        assert_eq!(read(&bytes), Ok(Line::Incomplete(64)));
        bytes.push(b'1');
        assert_eq!(read(&bytes), Err(ProtocolError::TooBigBulkCount));
        bytes.extend_from_slice(b"\r\n");
        assert_eq!(
            read(&bytes),
            Err(ProtocolError::TooBigBulkCount),
            "the limit does not depend on how much has arrived"
        );
    }

    proptest! {
        #[test]
        fn the_short_way_and_the_long_way_agree(text in "[0-9\\-x]{0,12}", tail in "\r?\n?") {
            let bytes = format!("${text}{tail}").into_bytes();
            let long = any_line(&bytes, 0, 0, 64, ProtocolError::TooBigBulkCount);
            prop_assert_eq!(read(&bytes), long);
        }

        #[test]
        fn integers_agree_with_the_standard_library(value: i64) {
            prop_assert_eq!(integer(value.to_string().as_bytes()), Some(value));
        }
    }
}
