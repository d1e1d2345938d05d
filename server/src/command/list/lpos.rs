//! `LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]`: where elements are that are equal to one.
//!
//! The first of them, or the `rank`-th; from the back if the rank is negative. With COUNT an array of up to so many from that one
//! on, all if it is 0. Of all elements only the first `len` are looked at, unless that is 0.

use circlet_resp::{Args, ReplyBuf};

use super::length;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::{integer_within, parse_integer};

/// Handles LPOS.
pub(in crate::command) fn lpos(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let options = LposOptions::parse(args.skip(3))?;
    let list = cx.list()?;
    let looked_at = options.len_max.min(list.len());
    let first = if options.rank > 0 { 0 } else { list.len() - looked_at };
    let mut elements = list.range(first..first + looked_at).enumerate();
    let in_order = std::iter::from_fn(|| {
        if options.rank > 0 {
            elements.next()
        } else {
            elements.next_back()
        }
    });
    let found = in_order.filter(|(_, element)| element.value == &args[2]);
    let skipped = usize::try_from(options.rank.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let mut found = found.map(|(index, _)| first + index).skip(skipped);
    match options.count {
        None => match found.next() {
            Some(index) => reply.integer(length(index)),
            None => reply.null(),
        },
        Some(count) => {
            let found: Vec<usize> = found.take(count).collect();
            reply.array(found.len());
            found.iter().for_each(|&index| reply.integer(length(index)));
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct LposOptions {
    /// Not 0.
    rank: i64,
    /// How many matches, if an array of them is wanted.
    count: Option<usize>,
    /// How many elements are looked at.
    len_max: usize,
}

impl LposOptions {
    fn parse(args: Args<'_>) -> Result<Self, CommandError> {
        let mut options = Self {
            rank: 1,
            count: None,
            len_max: usize::MAX,
        };
        let mut rest = args.iter();
        while let Some(option) = rest.next() {
            let value = rest.next().ok_or(CommandError::Syntax)?;
            if option.eq_ignore_ascii_case(b"rank") {
                options.rank = integer_within(value, -i64::MAX, i64::MAX)?;
                if options.rank == 0 {
                    return Err(CommandError::LposRankZero);
                }
            } else if option.eq_ignore_ascii_case(b"count") {
                options.count = Some(number_or_all(value).ok_or(CommandError::Negative("COUNT"))?);
            } else if option.eq_ignore_ascii_case(b"maxlen") {
                options.len_max = number_or_all(value).ok_or(CommandError::Negative("MAXLEN"))?;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }
}

/// A number that is not negative, 0 being all there are.
fn number_or_all(text: &[u8]) -> Option<usize> {
    let number = usize::try_from(parse_integer(text)?).ok()?;
    Some(if number == 0 { usize::MAX } else { number })
}
