//! What LMPOP, ZMPOP and their blocking forms have in common: `numkeys key [key ...] side [COUNT count]`.

use circlet_resp::Args;

use super::number::parse_integer;
use crate::command::error::CommandError;

/// A pop off the first of several keys that has anything.
#[derive(Clone, Copy, Debug)]
pub struct PopFirst<'a, S> {
    /// The keys, and what stands behind them.
    args: Args<'a>,
    keys: usize,
    /// Where elements are taken off.
    pub side: S,
    /// How many at most; at least 1.
    pub count: usize,
}

impl<'a, S> PopFirst<'a, S> {
    /// Reads arguments from `numkeys` on; `side` reads what stands behind the keys.
    ///
    /// # Errors
    ///
    /// [`CommandError::NotAboveZero`] and [`CommandError::Syntax`], and those of `side`.
    pub fn parse(args: Args<'a>, side: impl FnOnce(&[u8]) -> Result<S, CommandError>) -> Result<Self, CommandError> {
        let keys = args.get(0).and_then(at_least_one);
        let keys = keys.ok_or(CommandError::NotAboveZero("numkeys"))?;
        let args = args.skip(1);
        let side = side(args.get(keys).ok_or(CommandError::Syntax)?)?;
        let mut count = None;
        let mut rest = args.skip(keys + 1).iter();
        while let Some(option) = rest.next() {
            let value = rest.next().ok_or(CommandError::Syntax)?;
            if count.is_some() || !option.eq_ignore_ascii_case(b"count") {
                return Err(CommandError::Syntax);
            }
            count = Some(at_least_one(value).ok_or(CommandError::NotAboveZero("count"))?);
        }
        Ok(Self {
            args,
            keys,
            side,
            count: count.unwrap_or(1),
        })
    }

    /// The keys, in the order in which they are looked at.
    pub fn keys(&self) -> impl Iterator<Item = &'a [u8]> + use<'a, S> {
        self.args.iter().take(self.keys)
    }
}

/// A number of keys or elements; `None` if it is not positive.
#[must_use]
pub fn at_least_one(text: &[u8]) -> Option<usize> {
    let number = usize::try_from(parse_integer(text)?).ok()?;
    Some(number).filter(|&number| number > 0)
}
