//! A typed line as words, and bytes as they are shown to be typed again: `redis-cli`'s rules of quoting, in both directions.

/// The words of a line. Words stand between blanks; `"..."` takes `\n`, `\r`, `\t`, `\b`, `\a`, `\xHH` and any other byte after `\` as
/// itself, `'...'` takes `\'` only.
///
/// `None` if a quote is not closed, or goes on without a blank behind it.
pub(crate) fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Some(words);
        }
        let (word, behind) = first_word(rest)?;
        words.push(word);
        rest = behind;
    }
}

/// The word that a line begins with, and what stands behind it.
fn first_word(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    let mut rest = line;
    while let Some((&byte, behind)) = rest.split_first() {
        match byte {
            b'"' | b'\'' => {
                let (text, behind) = quoted(byte, behind)?;
                word.extend(text);
                return Some((word, behind));
            }
            b' ' | b'\n' | b'\r' | b'\t' | 0 => return Some((word, behind)),
            other => word.push(other),
        }
        rest = behind;
    }
    Some((word, rest))
}

/// What stands before the closing quote, and what behind it: a blank, or nothing.
fn quoted(quote: u8, text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    let mut rest = text;
    loop {
        match (quote, rest) {
            (b'"', [b'\\', b'x', high, low, behind @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                word.push(hex(*high) << 4 | hex(*low));
                rest = behind;
            }
            (b'"', [b'\\', letter, behind @ ..]) => {
                word.push(match letter {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest = behind;
            }
            (b'\'', [b'\\', b'\'', behind @ ..]) => {
                word.push(b'\'');
                rest = behind;
            }
            (_, [byte, behind @ ..]) if *byte == quote => {
                let ends = behind.first().is_none_or(u8::is_ascii_whitespace);
                return ends.then_some((word, behind));
            }
            (_, [byte, behind @ ..]) => {
                word.push(*byte);
                rest = behind;
            }
            (_, []) => return None,
        }
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// Appends bytes in double quotes, so that [`split`] reads them back.
pub(crate) fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            7 => out.extend(b"\\a"),
            8 => out.extend(b"\\b"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend(format!("\\x{byte:02x}").bytes()),
        }
    }
    out.push(b'"');
}

/// How often a line's command is to run, by the number before it, and the command: `5 INCR k`.
///
/// # Errors
/// The number is none that counts.
pub(crate) fn repeated(words: &[Vec<u8>]) -> Result<(u64, &[Vec<u8>]), BadCount> {
    let [first, command @ ..] = words else {
        return Ok((1, words));
    };
    let text = first.strip_prefix(b"-").or(first.strip_prefix(b"+")).unwrap_or(first);
    if command.is_empty() || text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Ok((1, words));
    }
    let count = std::str::from_utf8(first).ok().and_then(|text| text.parse().ok());
    match count {
        Some(count) if (1..=i64::MAX as u64).contains(&count) => Ok((count, command)),
        _ => Err(BadCount),
    }
}

/// A number of times that is not from 1 to 2^63 - 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadCount;

/// Whether a line carries a password or is about users: it is not kept in the history. A line that cannot be split is judged by what stands
/// between its blanks.
pub(crate) fn is_secret(line: &[u8]) -> bool {
    let words = split(line).unwrap_or_else(|| line.split(u8::is_ascii_whitespace).map(<[u8]>::to_vec).collect());
    is_secret_command(repeated(&words).map_or(&words, |(_, command)| command))
}

fn is_secret_command(command: &[Vec<u8>]) -> bool {
    let is = |at: usize, name: &str| {
        command
            .get(at)
            .is_some_and(|word: &Vec<u8>| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    let has = |names: &[&str], from: usize| (from..command.len()).any(|at| names.iter().any(|name| is(at, name)));
    is(0, "auth")
        || is(0, "hello") && has(&["auth"], 2)
        || is(0, "acl") && has(&["setuser", "deluser", "getuser"], 1)
        || is(0, "migrate") && has(&["auth", "auth2"], 6)
        || is(0, "config") && is(1, "set") && has(&["requirepass", "masterauth", "masteruser"], 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Option<Vec<String>> {
        let words = split(line.as_bytes())?;
        let shown = |word: Vec<u8>| word.iter().map(|&byte| char::from(byte)).collect();
        Some(words.into_iter().map(shown).collect())
    }

    #[test]
    fn a_line_is_split_as_redis_cli_splits_it() {
        let table: [(&str, Option<&[&str]>); 16] = [
            ("", Some(&[])),
            ("  \t ", Some(&[])),
            ("get  k\r\n", Some(&["get", "k"])),
            (r#"set k "a b""#, Some(&["set", "k", "a b"])),
            (r#""\x41\xfF\n\r\t\b\a\q\"\\""#, Some(&["A\u{ff}\n\r\t\u{8}\u{7}q\"\\"])),
            (r#""\x4""#, Some(&["x4"])),
            (r"'a\'b\n'", Some(&["a'b\\n"])),
            (r#"'"' "'""#, Some(&["\"", "'"])),
            (r#""" ''"#, Some(&["", ""])),
            (r#"foo"bar" baz"#, Some(&["foobar", "baz"])),
            (r#"set k "open"#, None),
            (r"set k 'open", None),
            (r#"set k "closed"more"#, None),
            (r"set k 'closed'more", None),
            (r#"back\slash"#, Some(&["back\\slash"])),
            (r#""ends with \"#, None),
        ];
        for (line, expected) in table {
            let expected = expected.map(|words| words.iter().map(|&word| word.to_owned()).collect());
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        let all: Vec<u8> = (0..=255).collect();
        let mut quoted = Vec::new();
        quote(&all, &mut quoted);
        assert!(quoted.is_ascii());
        assert_eq!(split(&quoted), Some(vec![all]));
    }

    #[test]
    fn a_number_before_a_command_repeats_it() {
        let line = |text: &str| split(text.as_bytes()).unwrap_or_default();
        for (text, expected) in [
            ("5 incr k", Ok((5, "incr"))),
            ("+2 incr k", Ok((2, "incr"))),
            ("incr k", Ok((1, "incr"))),
            // A number alone is a command of that name.
            ("5", Ok((1, "5"))),
            ("5x incr k", Ok((1, "5x"))),
            ("0 incr k", Err(BadCount)),
            ("-1 incr k", Err(BadCount)),
            ("99999999999999999999 incr k", Err(BadCount)),
        ] {
            let line = line(text);
            let got =
                repeated(&line).map(|(count, command)| (count, String::from_utf8_lossy(&command[0]).into_owned()));
            assert_eq!(got, expected.map(|(count, name)| (count, name.to_owned())), "{text}");
        }
    }

    #[test]
    fn passwords_are_secret() {
        let secret = |text: &str| is_secret(text.as_bytes());
        for text in [
            "AUTH x",
            "auth user x",
            "hello 3 auth default x",
            "acl setuser ann",
            "5 auth x",
            "auth \"not closed",
            "CONFIG SET maxclients 5 requirepass x",
        ] {
            assert!(secret(text), "{text}");
        }
        for text in [
            "get auth",
            "hello 3",
            "config get requirepass",
            "acl whoami",
            "set k auth",
        ] {
            assert!(!secret(text), "{text}");
        }
    }
}
