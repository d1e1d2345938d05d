//! What SCAN, HSCAN, SSCAN and ZSCAN take: `cursor [MATCH pattern] [COUNT count]`, and an option or two of each one's own.

use circlet_resp::{Args, ReplyBuf};

use super::error::CommandError;
use super::pure::glob::{self, Case};
use super::pure::number::integer;

/// Elements of a step that names no COUNT, as in Redis.
const COUNT: u64 = 10;

/// What is scanned, which decides on the options that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    /// The keys, with TYPE.
    Keys,
    /// The fields of a hash, with NOVALUES.
    Fields,
    /// The members of a set, sorted or not.
    Members,
}

/// The options behind a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScanOptions<'a> {
    /// COUNT: how many elements to look at, or some more; at least 1.
    pub(crate) count: u64,
    /// TYPE: of which type keys must be.
    pub(crate) kind: Option<&'a [u8]>,
    /// NOVALUES: names without their values.
    pub(crate) is_names_only: bool,
    pattern: Option<&'a [u8]>,
}

impl<'a> ScanOptions<'a> {
    /// Reads the arguments behind the cursor. Of an option that is said twice the last one counts.
    ///
    /// # Errors
    ///
    /// [`CommandError::Syntax`], [`CommandError::NotAnInteger`].
    pub(crate) fn parse(args: Args<'a>, scanned: Scanned) -> Result<Self, CommandError> {
        let mut options = Self {
            count: COUNT,
            kind: None,
            is_names_only: false,
            pattern: None,
        };
        let mut rest = args.iter();
        while let Some(option) = rest.next() {
            if scanned == Scanned::Fields && option.eq_ignore_ascii_case(b"novalues") {
                options.is_names_only = true;
                continue;
            }
            let value = rest.next().ok_or(CommandError::Syntax)?;
            if option.eq_ignore_ascii_case(b"match") {
                options.pattern = Some(value);
            } else if option.eq_ignore_ascii_case(b"count") {
                let count = u64::try_from(integer(value)?).ok();
                options.count = count.filter(|&count| count > 0).ok_or(CommandError::Syntax)?;
            } else if scanned == Scanned::Keys && option.eq_ignore_ascii_case(b"type") {
                options.kind = Some(value);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }

    /// The pattern of MATCH; that of all names if there is none.
    #[must_use]
    pub(crate) fn pattern(&self) -> &'a [u8] {
        self.pattern.unwrap_or(b"*")
    }

    /// COUNT as a number of elements in memory.
    #[must_use]
    pub(crate) fn elements(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }

    /// Whether a name is to be returned.
    #[must_use]
    pub(crate) fn is_match(&self, name: &[u8]) -> bool {
        self.pattern
            .is_none_or(|pattern| glob::matches(pattern, name, Case::Sensitive))
    }
}

/// A cursor, read as generously as C's `strtoul` does: a sign may stand before it, and nothing at all is 0.
///
/// # Errors
///
/// [`CommandError::Cursor`].
pub(crate) fn cursor(text: &[u8]) -> Result<u64, CommandError> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let (is_negative, digits) = match text {
        [] => return Ok(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(digits).ok().filter(|_| is_number);
    let number: u64 = number.and_then(|text| text.parse().ok()).ok_or(CommandError::Cursor)?;
    Ok(if is_negative { number.wrapping_neg() } else { number })
}

/// Writes what stands before the elements of a step: where to go on, and how many elements follow.
pub(crate) fn write_head(reply: &mut ReplyBuf, next: u64, len: usize) {
    reply.array(2);
    // A position, not a quantity: a cursor of 64 bits is read back as the same 64 bits.
    reply.bulk_integer(next as i64);
    reply.array(len);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::test_args::with_args;

    #[test]
    fn options_come_in_any_order_and_case() {
        with_args("novalues count 5 Match a* COUNT 7", |args| {
            let options = ScanOptions::parse(args, Scanned::Fields).expect("good options");
            assert_eq!((options.count, options.is_names_only), (7, true));
            assert!(options.is_match(b"abc") && !options.is_match(b"bc"));
        });
        with_args("type String", |args| {
            let options = ScanOptions::parse(args, Scanned::Keys).expect("good options");
            assert_eq!(options.kind, Some(&b"String"[..]));
            assert!(options.is_match(b"anything"), "no pattern means all");
        });
    }

    #[test]
    fn an_option_of_another_scan_is_none() {
        for (line, scanned) in [
            ("type string", Scanned::Members),
            ("type string", Scanned::Fields),
            ("novalues", Scanned::Members),
            ("novalues", Scanned::Keys),
            ("novalues count 3", Scanned::Members),
            ("match", Scanned::Fields),
            ("count 0", Scanned::Fields),
            ("count -1", Scanned::Keys),
        ] {
            with_args(line, |args| {
                let options = ScanOptions::parse(args, scanned);
                assert_eq!(options, Err(CommandError::Syntax), "{line} {scanned:?}");
            });
        }
    }

    /// Each was sent to redis-server 7.0.15.
    #[test]
    fn cursors_are_read_as_redis_reads_them() {
        let cases: [(&[u8], Option<u64>); 12] = [
            (b"0", Some(0)),
            (b"", Some(0)),
            (b"007", Some(7)),
            (b"+5", Some(5)),
            (b"-1", Some(u64::MAX)),
            (b"18446744073709551615", Some(u64::MAX)),
            (b"7\0x", Some(7)),
            (b"18446744073709551616", None),
            (b"+", None),
            (b"--1", None),
            (b" 1", None),
            (b"1x", None),
        ];
        for (text, expected) in cases {
            assert_eq!(cursor(text).ok(), expected, "{}", text.escape_ascii());
        }
    }
}
