//! Glob patterns of KEYS, SCAN MATCH, CONFIG GET and COMMAND LIST.
//!
//! `*` any bytes, `?` one byte, `[abc]`, `[a-z]`, `[^a]` one byte of a class, `\` takes the next byte literally.
//!
//! Redis matches by recursion at each star, and had to be patched against patterns that take exponential time. Here one
//! loop remembers the last star only: what an earlier star swallowed never needs to be reconsidered, since the last one
//! can take any bytes too. Time is at most pattern length times text length, space is constant.
//!
//! Redis's quirks are kept, since a pattern must find the same keys in both: a class that is never closed ends with the
//! pattern, `[a-]` is a range from `a` to `]` and not closed, a range may be written backwards, and bytes compare as signed ones (`char` on x86-64).

/// Whether bytes are compared as they are or as ASCII letters without case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Keys: every byte counts.
    Sensitive,
    /// Names of commands and settings.
    Ignored,
}

impl Case {
    fn fold(self, byte: u8) -> u8 {
        match self {
            Case::Sensitive => byte,
            Case::Ignored => byte.to_ascii_lowercase(),
        }
    }

    fn equal(self, left: u8, right: u8) -> bool {
        self.fold(left) == self.fold(right)
    }
}

/// Whether the whole of `text` matches `pattern`. A pattern from the wire may be anything: there is no invalid one.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8], case: Case) -> bool {
    let (mut pattern_at, mut text_at) = (0, 0);
    // Where to go on when a match fails: behind the last star, which then takes one byte more.
    let mut retry: Option<(usize, usize)> = None;
    while text_at < text.len() {
        if pattern.get(pattern_at) == Some(&b'*') {
            pattern_at += 1;
            if pattern_at == pattern.len() {
                return true;
            }
            retry = Some((pattern_at, text_at));
            continue;
        }
        match one(&pattern[pattern_at..], text[text_at], case) {
            Some(used) => {
                pattern_at += used;
                text_at += 1;
            }
            None => {
                let Some((behind_star, swallowed_to)) = retry else {
                    return false;
                };
                pattern_at = behind_star;
                text_at = swallowed_to + 1;
                retry = Some((behind_star, text_at));
            }
        }
    }
    pattern[pattern_at..].iter().all(|&byte| byte == b'*')
}

/// Matches one byte against the first element of `pattern`, which is not a star; gives the element's length.
fn one(pattern: &[u8], byte: u8, case: Case) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', class @ ..] => {
            let (found, used) = class_holds(class, byte, case);
            found.then_some(1 + used)
        }
        [b'\\', literal, ..] => case.equal(*literal, byte).then_some(2),
        [literal, ..] => case.equal(*literal, byte).then_some(1),
    }
}

/// Whether the class that stands behind a `[` holds `byte`, and how long it is, its `]` included.
fn class_holds(class: &[u8], byte: u8, case: Case) -> (bool, usize) {
    let negated = class.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    loop {
        match &class[at..] {
            [] => break,
            [b']', ..] => {
                at += 1;
                break;
            }
            [b'\\', literal, ..] => {
                // Redis compares an escaped byte of a class with its case, whatever was asked for.
                found |= *literal == byte;
                at += 2;
            }
            [start, b'-', end, ..] => {
                found |= range_holds(*start, *end, byte, case);
                at += 3;
            }
            [literal, ..] => {
                found |= case.equal(*literal, byte);
                at += 1;
            }
        }
    }
    (found != negated, at)
}

fn range_holds(start: u8, end: u8, byte: u8, case: Case) -> bool {
    let signed = u8::cast_signed;
    let (low, high) = (signed(start).min(signed(end)), signed(start).max(signed(end)));
    // The ends are put in order first and lose their case afterwards: `[A-z]` without case is `[a-z]`.
    let lower = |end: i8| signed(case.fold(end.cast_unsigned()));
    (lower(low)..=lower(high)).contains(&signed(case.fold(byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_match_as_in_redis() {
        let cases: [(&str, &str, bool); 35] = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("***", "a", true),
            ("a*", "a", true),
            ("a*b", "ab", true),
            ("a*b", "axxb", true),
            ("a*b", "axxc", false),
            ("*a*b*", "xxaxxbxx", true),
            ("a*a*a", "aa", false),
            ("?", "a", true),
            ("?", "", false),
            ("??", "a", false),
            ("h[ae]llo", "hello", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("[a-c]", "b", true),
            ("[c-a]", "b", true),
            ("[a-c]", "d", false),
            ("[abc", "c", true),
            ("[", "[", false),
            ("[^", "x", true),
            ("[]", "]", false),
            ("[\\]]", "]", true),
            ("[a-]", "-", false),
            ("[a-]", "^", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\", "\\", true),
            ("a\\", "a\\", true),
            ("user:*:name", "user:1:2:name", true),
            ("*[0-9]", "key7", true),
            ("*[0-9]", "keyx", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes(), Case::Sensitive),
                expected,
                "{pattern} on {text}"
            );
        }
    }

    #[test]
    fn case_is_ignored_only_on_request() {
        assert!(matches(b"MAX*", b"maxmemory", Case::Ignored));
        assert!(matches(b"[M-N]ax", b"max", Case::Ignored));
        assert!(!matches(b"MAX*", b"maxmemory", Case::Sensitive));
    }

    #[test]
    fn bytes_in_a_range_compare_as_signed_ones() {
        assert!(
            matches(b"[a-\xff]", b"A", Case::Sensitive),
            "0xff is -1, so the range is -1 to 97"
        );
        assert!(!matches(b"[a-\xff]", b"b", Case::Sensitive));
        assert!(matches(b"[\x80-\x90]", b"\x85", Case::Sensitive));
    }

    #[test]
    fn a_hostile_pattern_takes_bounded_time() {
        let pattern = b"a*".repeat(5_000);
        let text = b"a".repeat(20_000);
        assert!(!matches(&[pattern.as_slice(), b"b"].concat(), &text, Case::Sensitive));
    }

    /// The naive twin: recursion straight from the definition.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|swallowed| naive(rest, &text[swallowed..])),
            _ => match text {
                [] => false,
                [first, others @ ..] => {
                    one(pattern, *first, Case::Sensitive).is_some_and(|used| naive(&pattern[used..], others))
                }
            },
        }
    }

    proptest! {
        #[test]
        fn one_loop_finds_what_recursion_finds(pattern in r"[ab*?\[\]^\\-]{0,9}", text in "[ab*-]{0,9}") {
            prop_assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes(), Case::Sensitive),
                naive(pattern.as_bytes(), text.as_bytes())
            );
        }
    }
}
