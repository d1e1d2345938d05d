//! `cursor [MATCH pattern] [COUNT count]`: what HSCAN, SSCAN and ZSCAN take.

use circlet_resp::Args;

use super::error::CommandError;
use super::pure::glob::{Case, matches};
use super::pure::number::integer;

/// Names of a step that has no COUNT, as in Redis.
const COUNT: usize = 10;

/// What one step of a scan asks for, beside where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScanRequest<'a> {
    pattern: Option<&'a [u8]>,
    /// How many to look at, at least.
    pub(super) count: usize,
}

impl<'a> ScanRequest<'a> {
    /// Reads a cursor.
    ///
    /// # Errors
    ///
    /// [`CommandError::Cursor`].
    pub(super) fn cursor(text: &[u8]) -> Result<u64, CommandError> {
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        number.ok_or(CommandError::Cursor)
    }

    /// Reads the options behind the cursor.
    ///
    /// # Errors
    ///
    /// [`CommandError::Syntax`], [`CommandError::NotAnInteger`].
    pub(super) fn parse(args: Args<'a>) -> Result<Self, CommandError> {
        let mut request = Self {
            pattern: None,
            count: COUNT,
        };
        let mut rest = args.iter();
        while let Some(option) = rest.next() {
            let value = rest.next().ok_or(CommandError::Syntax)?;
            if option.eq_ignore_ascii_case(b"match") {
                request.pattern = Some(value);
            } else if option.eq_ignore_ascii_case(b"count") {
                let count = usize::try_from(integer(value)?).ok().filter(|&count| count > 0);
                request.count = count.ok_or(CommandError::Syntax)?;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(request)
    }

    /// Whether the pattern, if there is one, lets a name pass.
    pub(super) fn takes(&self, name: &[u8]) -> bool {
        self.pattern
            .is_none_or(|pattern| matches(pattern, name, Case::Sensitive))
    }
}
