//! Commands typed by hand: `SET key "two words"`.
//!
//! Words are parted by blanks. A double quote opens text with escapes (`\n \r \t \b \a \xHH`, any other escaped byte is itself), a
//! single quote opens text where only `\'` is special. A quote may open in the middle of a word but must close at its end.

use super::args::ArgRange;
use super::error::ProtocolError;

/// Splits `line`, appends the unquoted words to `bytes` and their places in it to `ranges`.
///
/// # Errors
/// [`ProtocolError::UnbalancedQuotes`]; words before the fault may have been appended.
pub(super) fn split(line: &[u8], bytes: &mut Vec<u8>, ranges: &mut Vec<ArgRange>) -> Result<(), ProtocolError> {
    let mut rest = line;
    loop {
        rest = skip_blanks(rest);
        if rest.is_empty() {
            return Ok(());
        }
        let start = bytes.len();
        rest = word(rest, bytes)?;
        ranges.push(ArgRange::at(start, bytes.len() - start));
    }
}

fn skip_blanks(line: &[u8]) -> &[u8] {
    let blanks = line.iter().take_while(|&&byte| is_blank(byte)).count();
    &line[blanks..]
}

/// What C's `isspace` says of ASCII.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Reads one word and returns what follows it. Vertical tab and form feed begin no word, but do not end one either: so it is in Redis.
fn word<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], ProtocolError> {
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => return Ok(tail),
            b'"' => return end_of_word(double_quoted(tail, bytes)?),
            b'\'' => return end_of_word(single_quoted(tail, bytes)?),
            _ => bytes.push(byte),
        }
        rest = tail;
    }
    Ok(rest)
}

fn end_of_word(rest: &[u8]) -> Result<&[u8], ProtocolError> {
    match rest.first() {
        Some(&byte) if !is_blank(byte) => Err(ProtocolError::UnbalancedQuotes),
        _ => Ok(rest),
    }
}

/// Reads up to and with the closing quote.
fn double_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], ProtocolError> {
    loop {
        rest = match rest {
            [] => return Err(ProtocolError::UnbalancedQuotes),
            [b'"', tail @ ..] => return Ok(tail),
            [b'\\', b'x', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex(*high) << 4 | hex(*low));
                tail
            }
            [b'\\', escaped, tail @ ..] => {
                bytes.push(unescape(*escaped));
                tail
            }
            [byte, tail @ ..] => {
                bytes.push(*byte);
                tail
            }
        }
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], ProtocolError> {
    loop {
        rest = match rest {
            [] => return Err(ProtocolError::UnbalancedQuotes),
            [b'\'', tail @ ..] => return Ok(tail),
            [b'\\', b'\'', tail @ ..] => {
                bytes.push(b'\'');
                tail
            }
            [byte, tail @ ..] => {
                bytes.push(*byte);
                tail
            }
        }
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

fn unescape(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
        split(line, &mut bytes, &mut ranges).ok()?;
        Some(
            ranges
                .iter()
                .map(|range| bytes[range.start()..range.end()].to_vec())
                .collect(),
        )
    }

    /// Each line was sent to redis-server 7.0.15 as `ECHO ...`; these are its answers.
    #[test]
    fn words_are_what_redis_makes_of_them() {
        let table: &[(&[u8], &[&[u8]])] = &[
            (b"", &[]),
            (b" \t\r \x0b\x0c", &[]),
            (b"  PING  \t", &[b"PING"]),
            (b"a\rb", &[b"a", b"b"]),
            (b"a\x0bb", &[b"a\x0bb"]),
            (b"\x0ba", &[b"a"]),
            (br#""a\x41\n\q""#, &[b"aA\nq"]),
            (br#""\xag\r\t\b\a\"""#, &[b"xag\r\t\x08\x07\""]),
            (br"'a\'b\n'", &[br"a'b\n"]),
            (br#"ab"cd""#, &[b"abcd"]),
            (b"a'b c'", &[b"ab c"]),
            (br#""""#, &[b""]),
            (b"\"a\"\x0b'b'", &[b"a", b"b"]),
            (b"\"a\rb\"", &[b"a\rb"]),
            (b"\xff\x00z", &[b"\xff\x00z"]),
        ];
        for (line, expected) in table {
            assert_eq!(
                words(line).as_deref(),
                Some(&expected.iter().map(|w| w.to_vec()).collect::<Vec<_>>()[..]),
                "{line:?}"
            );
        }
    }

    #[test]
    fn quotes_must_close_at_the_end_of_a_word() {
        for line in [
            &b"\"abc"[..],
            b"'abc",
            b"\"abc\"d",
            b"'a'b",
            b"\"a\\",
            b"\"a\\\"",
            b"'a\\'",
            b"\"",
            b"'",
            b"\"a\"'b'",
        ] {
            assert_eq!(words(line), None, "{line:?} has unbalanced quotes");
        }
    }
}
