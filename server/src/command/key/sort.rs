//! `SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA] [STORE destination]`, `SORT_RO` without STORE:
//! the elements of a list, set or sorted set in order, as numbers or with ALPHA as bytes.
//!
//! BY sorts by other keys' values, whose names are the pattern with its first `*` replaced by the element; GET answers such values in
//! place of the elements (`#`: the element itself). `->field` behind them means a field of a hash. A pattern without `*` in BY leaves the
//! order as it is. All these keys must be of the slot of `key`: patterns need its hash tag.

mod options;
mod pattern;

use circlet_core::mutate::End;
use circlet_core::state::Kind;
use circlet_resp::{Args, ReplyBuf};
use std::cmp::Ordering;

use self::options::SortOptions;
use self::pattern::Pattern;
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::extended::Extended;
use crate::command::pure::number::length;

/// Handles SORT.
pub(in crate::command) fn sort(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let options = SortOptions::parse(&args[1], args.skip(2), true)?;
    let answers = answers(slot, &args[1], &options)?;
    match options.store {
        None => write(&answers, reply),
        Some(destination) => {
            let mut key = slot.key(destination);
            let mut list = key.replace_list(None);
            for answer in &answers {
                list.push(End::Back, answer.as_deref().unwrap_or_default());
            }
            list.commit();
            reply.integer(length(answers.len()));
        }
    }
    Ok(())
}

/// Handles `SORT_RO`.
pub(in crate::command) fn sort_ro(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let options = SortOptions::parse(&args[1], args.skip(2), false)?;
    write(&answers(slot, &args[1], &options)?, reply);
    Ok(())
}

fn write(answers: &[Option<Vec<u8>>], reply: &mut ReplyBuf) {
    reply.array(answers.len());
    for answer in answers {
        match answer {
            Some(answer) => reply.bulk(answer),
            None => reply.null(),
        }
    }
}

/// What is answered or stored, in order.
fn answers(slot: &mut SlotCx<'_>, key: &[u8], options: &SortOptions<'_>) -> Result<Vec<Option<Vec<u8>>>, CommandError> {
    let (kind, elements) = elements(slot, key)?;
    let sorted = if options.keeps_order {
        // A set has no order of its own, and what is stored must not depend on who stores it.
        if kind == Some(Kind::Set) && options.store.is_some() {
            by_bytes(elements, options.descending)
        } else if kind != Some(Kind::Set) && options.descending {
            elements.into_iter().rev().collect()
        } else {
            elements
        }
    } else {
        in_order(slot, elements, options)?
    };
    let range = options.range(sorted.len());
    let mut answers = Vec::new();
    for element in sorted.into_iter().skip(range.start).take(range.len()) {
        if options.get.is_empty() {
            answers.push(Some(element));
            continue;
        }
        for pattern in &options.get {
            answers.push(value_of(slot, *pattern, &element)?);
        }
    }
    Ok(answers)
}

/// The elements in the order in which they are kept.
fn elements(slot: &mut SlotCx<'_>, key: &[u8]) -> Result<(Option<Kind>, Vec<Vec<u8>>), CommandError> {
    let mut key = slot.key(key);
    let kind = key.kind()?;
    let elements = match kind {
        None | Some(Kind::List) => key.list()?.iter().map(|element| element.value.to_vec()).collect(),
        Some(Kind::Set) => key.set_view()?.iter().map(<[u8]>::to_vec).collect(),
        Some(Kind::SortedSet) => {
            let sorted_set = key.sorted_set()?;
            let ranked = sorted_set.by_rank(0..sorted_set.len());
            ranked.map(|scored| scored.member.to_vec()).collect()
        }
        Some(Kind::String | Kind::Hash) => return Err(CommandError::WrongType),
    };
    Ok((kind, elements))
}

/// What a pattern means for an element: itself, or a value if there is one.
fn value_of(slot: &mut SlotCx<'_>, pattern: Pattern<'_>, element: &[u8]) -> Result<Option<Vec<u8>>, CommandError> {
    let Some(name) = pattern.key(element) else {
        return Ok(pattern.is_element().then(|| element.to_vec()));
    };
    let mut key = slot.unnamed_key(&name);
    match (key.kind()?, pattern.field()) {
        (Some(Kind::String), None) => Ok(key.look_up()?.map(std::borrow::Cow::into_owned)),
        (Some(Kind::Hash), Some(field)) => Ok(key.hash()?.get(field).map(|value| value.to_vec())),
        _ => Ok(None),
    }
}

fn by_bytes(mut elements: Vec<Vec<u8>>, descending: bool) -> Vec<Vec<u8>> {
    elements.sort_unstable();
    if descending {
        elements.reverse();
    }
    elements
}

/// What an element is sorted by.
#[derive(Debug, Clone)]
enum Weight {
    Number(f64),
    Bytes(Option<Vec<u8>>),
}

impl Weight {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Weight::Number(left), Weight::Number(right)) => left.total_cmp(right),
            (Weight::Bytes(left), Weight::Bytes(right)) => left.cmp(right),
            (Weight::Number(_), Weight::Bytes(_)) | (Weight::Bytes(_), Weight::Number(_)) => Ordering::Equal,
        }
    }
}

fn in_order(
    slot: &mut SlotCx<'_>,
    elements: Vec<Vec<u8>>,
    options: &SortOptions<'_>,
) -> Result<Vec<Vec<u8>>, CommandError> {
    let mut weighed = Vec::with_capacity(elements.len());
    for element in elements {
        let by = match options.by {
            Some(pattern) => value_of(slot, pattern, &element)?,
            None => Some(element.clone()),
        };
        let weight = match by {
            by if options.alpha => Weight::Bytes(by),
            // Without a value it counts as 0.
            by => Weight::Number(
                by.map_or(Some(0.0), |by| number(&by))
                    .ok_or(CommandError::SortNotANumber)?,
            ),
        };
        weighed.push((weight, element));
    }
    weighed.sort_by(|(left, one), (right, other)| {
        let by_weight = left.compare(right);
        // Equal numbers are told apart by the elements; equal values of BY with ALPHA are not.
        let order = if options.alpha {
            by_weight
        } else {
            by_weight.then_with(|| one.cmp(other))
        };
        if options.descending { order.reverse() } else { order }
    });
    Ok(weighed.into_iter().map(|(_, element)| element).collect())
}

/// The number that C's `strtod` reads, if it reads all up to the end or a zero byte, and it fits.
fn number(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_space(byte))?;
    let exact = Extended::parse(&text[start..])?;
    let number = exact.to_f64();
    let fits = number.is_finite() == exact.is_finite() && (number == 0.0 || number.abs() > f64::MIN_POSITIVE);
    // No negative zero: it would stand before zero.
    fits.then_some(number + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_by_strtod() {
        let cases: [(&[u8], Option<f64>); 14] = [
            (b"1", Some(1.0)),
            (b"-1.5e2", Some(-150.0)),
            (b"  1", Some(1.0)),
            (b"1 ", None),
            (b" ", None),
            (b"", Some(0.0)),
            (b"-0", Some(0.0)),
            (b"0x10", Some(16.0)),
            (b"inf", Some(f64::INFINITY)),
            (b"nan", None),
            (b"1e400", None),
            (b"1e-400", None),
            (b"a", None),
            (b"1\0a", Some(1.0)),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), expected, "{}", String::from_utf8_lossy(text));
        }
    }
}
