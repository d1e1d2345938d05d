//! `SINTER | SUNION | SDIFF key [key ...]`: the members that all of the sets have, that any has, that only the first one has.
//! `SINTERSTORE | SUNIONSTORE | SDIFFSTORE destination key [key ...]`: writes them to a key, whatever that holds, and answers how
//! many they are; if none, the key is deleted.
//! `SINTERCARD numkeys key [key ...] [LIMIT limit]`: counts the members that all have, up to a limit if that is not 0.
//!
//! An absent key is an empty set. All keys must be of one slot.

use std::collections::HashSet;

use circlet_core::collection::SetView;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::many::at_least_one;
use crate::command::pure::number::{count, length};

/// Which members of several sets.
type Operation = for<'s> fn(&[SetView<'s>]) -> Vec<&'s [u8]>;

/// Handles SINTER.
pub(in crate::command) fn sinter(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(slot, args, intersection, reply)
}

/// Handles SUNION.
pub(in crate::command) fn sunion(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(slot, args, union, reply)
}

/// Handles SDIFF.
pub(in crate::command) fn sdiff(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(slot, args, difference, reply)
}

/// Handles SINTERSTORE.
pub(in crate::command) fn sinterstore(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    store(slot, args, intersection, reply)
}

/// Handles SUNIONSTORE.
pub(in crate::command) fn sunionstore(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    store(slot, args, union, reply)
}

/// Handles SDIFFSTORE.
pub(in crate::command) fn sdiffstore(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    store(slot, args, difference, reply)
}

/// Handles SINTERCARD.
pub(in crate::command) fn sintercard(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let keys = at_least_one(&args[1]).ok_or(CommandError::NotAboveZero("numkeys"))?;
    let rest = args.skip(2);
    if keys > rest.len() {
        return Err(CommandError::TooFewKeys);
    }
    let limit = parse_limit(rest.skip(keys))?;
    let sets = slot.sets(rest.iter().take(keys))?;
    reply.integer(length(common(&sets).take(limit).count()));
    Ok(())
}

/// How many members SINTERCARD counts at most.
fn parse_limit(args: Args<'_>) -> Result<usize, CommandError> {
    let mut limit = 0;
    let mut rest = args.iter();
    while let Some(option) = rest.next() {
        let number = rest.next().filter(|_| option.eq_ignore_ascii_case(b"limit"));
        limit = count(number.ok_or(CommandError::Syntax)?).map_err(|_| CommandError::Negative("LIMIT"))?;
    }
    Ok(if limit == 0 { usize::MAX } else { limit })
}

fn answer(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    operation: Operation,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let sets = slot.sets(args.skip(1).iter())?;
    let members = operation(&sets);
    reply.set(members.len());
    members.iter().for_each(|member| reply.bulk(member));
    Ok(())
}

fn store(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    operation: Operation,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let sets = slot.sets(args.skip(2).iter())?;
    // The destination may be one of the sets, so they are left alone before it is written.
    let members: Vec<Box<[u8]>> = operation(&sets).into_iter().map(Box::from).collect();
    let mut destination = slot.key(&args[1]);
    let mut set = destination.replace_set(None);
    for member in &members {
        set.add(member);
    }
    set.commit();
    reply.integer(length(members.len()));
    Ok(())
}

/// The members that all sets have: those of the smallest one that the others have too.
fn common<'s>(sets: &[SetView<'s>]) -> impl Iterator<Item = &'s [u8]> {
    let smallest = (0..sets.len()).min_by_key(|&at| sets[at].len()).unwrap_or(0);
    let members = sets.get(smallest).into_iter().flat_map(SetView::iter);
    members.filter(move |member| {
        let mut others = sets.iter().enumerate().filter(|(at, _)| *at != smallest);
        others.all(|(_, set)| set.contains(member))
    })
}

fn intersection<'s>(sets: &[SetView<'s>]) -> Vec<&'s [u8]> {
    common(sets).collect()
}

fn union<'s>(sets: &[SetView<'s>]) -> Vec<&'s [u8]> {
    let mut met = HashSet::new();
    let all = sets.iter().flat_map(SetView::iter);
    all.filter(|&member| met.insert(member)).collect()
}

fn difference<'s>(sets: &[SetView<'s>]) -> Vec<&'s [u8]> {
    let Some((first, others)) = sets.split_first() else {
        return Vec::new();
    };
    let is_alone = |member: &&[u8]| !others.iter().any(|set| set.contains(member));
    first.iter().filter(is_alone).collect()
}
