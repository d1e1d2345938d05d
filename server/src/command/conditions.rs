//! NX, XX, GT and LT: under which conditions EXPIRE and HEXPIRE, with their kin, set a deadline.

use circlet_core::time::WallMs;
use circlet_resp::Args;

use super::error::CommandError;

/// What the deadline that a key or field has, or has not, must be like. Without one it counts as living for ever.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    /// Those of EXPIRE, which may be several.
    ///
    /// # Errors
    ///
    /// [`CommandError::UnsupportedOption`], [`CommandError::ExpireNxAndOthers`], [`CommandError::ExpireGtAndLt`].
    pub(super) fn parse(args: Args<'_>) -> Result<Self, CommandError> {
        let mut conditions = Self::default();
        for option in args {
            if !conditions.add(option) {
                return Err(CommandError::unsupported_option(option));
            }
        }
        if conditions.nx && (conditions.xx || conditions.gt || conditions.lt) {
            return Err(CommandError::ExpireNxAndOthers);
        }
        if conditions.gt && conditions.lt {
            return Err(CommandError::ExpireGtAndLt);
        }
        Ok(conditions)
    }

    /// Adds the condition that a word means; says whether it means one.
    pub(super) fn add(&mut self, word: &[u8]) -> bool {
        let named = [
            ("nx", &mut self.nx),
            ("xx", &mut self.xx),
            ("gt", &mut self.gt),
            ("lt", &mut self.lt),
        ];
        let known = named
            .into_iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        known.map(|(_, said)| *said = true).is_some()
    }

    /// Whether the deadline may be changed from `current` to `next`.
    pub(super) fn allow(self, next: WallMs, current: Option<WallMs>) -> bool {
        !(self.nx && current.is_some()
            || self.xx && current.is_none()
            || self.gt && current.is_none_or(|current| next <= current)
            || self.lt && current.is_some_and(|current| next >= current))
    }
}
