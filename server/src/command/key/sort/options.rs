//! The options of SORT.

use std::ops::Range;

use circlet_resp::Args;
use circlet_ring::Slot;

use super::pattern::Pattern;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;

/// See the module's header.
#[derive(Debug)]
pub(super) struct SortOptions<'a> {
    /// What to sort by, if not by the elements.
    pub(super) by: Option<Pattern<'a>>,
    /// Whether the elements stay in their order.
    pub(super) keeps_order: bool,
    limit: Option<(i64, i64)>,
    /// What is answered for each element; the element if there is none.
    pub(super) get: Vec<Pattern<'a>>,
    /// The greatest first.
    pub(super) descending: bool,
    /// As bytes.
    pub(super) alpha: bool,
    /// Where to, if it is not answered.
    pub(super) store: Option<&'a [u8]>,
}

impl<'a> SortOptions<'a> {
    /// Reads the options for sorting what `key` holds.
    ///
    /// # Errors
    /// [`CommandError::Syntax`], [`CommandError::NotAnInteger`], and [`CommandError::SortPattern`] for patterns that may leave the slot.
    pub(super) fn parse(key: &[u8], args: Args<'a>, may_store: bool) -> Result<Self, CommandError> {
        let slot = Slot::of_key(key);
        let mut options = Self {
            by: None,
            keeps_order: false,
            limit: None,
            get: Vec::new(),
            descending: false,
            alpha: false,
            store: None,
        };
        let mut rest = args.iter();
        while let Some(option) = rest.next() {
            let is = |name: &[u8]| option.eq_ignore_ascii_case(name);
            if is(b"asc") {
                options.descending = false;
            } else if is(b"desc") {
                options.descending = true;
            } else if is(b"alpha") {
                options.alpha = true;
            } else if is(b"limit") {
                let (Some(offset), Some(count)) = (rest.next(), rest.next()) else {
                    return Err(CommandError::Syntax);
                };
                options.limit = Some((integer(offset)?, integer(count)?));
            } else if is(b"store") && may_store {
                options.store = Some(rest.next().ok_or(CommandError::Syntax)?);
            } else if is(b"by") {
                let pattern = Pattern(rest.next().ok_or(CommandError::Syntax)?);
                // Once an order is to be kept, it is.
                options.keeps_order |= pattern.key(b"").is_none();
                options.by = Some(pattern);
                check(pattern, slot, "BY")?;
            } else if is(b"get") {
                let pattern = Pattern(rest.next().ok_or(CommandError::Syntax)?);
                options.get.push(pattern);
                check(pattern, slot, "GET")?;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }

    /// The places of `len` elements that LIMIT leaves.
    pub(super) fn range(&self, len: usize) -> Range<usize> {
        let Some((offset, count)) = self.limit else {
            return 0..len;
        };
        let start = usize::try_from(offset.max(0)).map_or(len, |start| start.min(len));
        let count = usize::try_from(count).unwrap_or(len);
        start..start.saturating_add(count).min(len)
    }
}

/// Refuses a pattern whose keys may be in another slot.
fn check(pattern: Pattern<'_>, slot: Slot, option: &'static str) -> Result<(), CommandError> {
    if pattern.key(b"").is_none() || pattern.stays_in(slot) {
        Ok(())
    } else {
        Err(CommandError::SortPattern(option))
    }
}
