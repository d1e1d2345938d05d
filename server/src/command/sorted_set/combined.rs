//! The arithmetic of ZUNION, ZINTER and ZDIFF, on sets and sorted sets of one slot; a set's members have the score 1.

use std::collections::HashMap;

use circlet_core::collection::{Scored, SetView, SortedSetView};
use circlet_core::state::Kind;
use circlet_resp::ReplyBuf;

use super::answer::{Owned, rank};
use super::count;
use crate::command::cx::{KeyCx, SlotCx};
use crate::command::error::CommandError;

/// The score of a member of a set that has no scores.
const SCORE_OF_SET: f64 = 1.0;

/// How the scores that a member has in several sets become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    /// Their sum.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl Aggregate {
    /// Reads what stands behind AGGREGATE.
    pub(super) fn parse(text: &[u8]) -> Result<Self, CommandError> {
        match text.to_ascii_lowercase().as_slice() {
            b"sum" => Ok(Self::Sum),
            b"min" => Ok(Self::Min),
            b"max" => Ok(Self::Max),
            _ => Err(CommandError::Syntax),
        }
    }

    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Sum => number_or_zero(left + right),
            Self::Min if right < left => right,
            Self::Max if right > left => right,
            Self::Min | Self::Max => left,
        }
    }
}

/// One of the sets that are combined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) key: &'a [u8],
    pub(super) weight: f64,
    pub(super) len: usize,
}

impl<'a> Source<'a> {
    /// The set at `key`, its scores as they are.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`], [`CommandError::NeedFullState`].
    pub(super) fn at(slot: &mut SlotCx<'_>, key: &'a [u8]) -> Result<Self, CommandError> {
        let mut cx = slot.key(key);
        let len = Members::look_up(&mut cx)?.len();
        Ok(Self { key, weight: 1.0, len })
    }

    /// Zero is never a negative one: it would stand before the other in the result.
    fn weighted(self, score: f64) -> f64 {
        self.weight * score + 0.0
    }
}

/// The members of all sources, in their order.
pub(super) fn union(
    slot: &mut SlotCx<'_>,
    mut sources: Vec<Source<'_>>,
    aggregate: Aggregate,
) -> Result<Vec<Owned>, CommandError> {
    // Sums of doubles depend on their order: Redis goes from the smallest set to the largest.
    sources.sort_by_key(|source| source.len);
    let mut scores: HashMap<Box<[u8]>, f64> = HashMap::new();
    for source in sources {
        for Scored { member, score } in Members::of(&slot.key(source.key))?.iter() {
            let score = number_or_zero(source.weighted(score));
            match scores.get_mut(member) {
                Some(known) => *known = aggregate.of(*known, score),
                None => {
                    scores.insert(member.into(), score);
                }
            }
        }
    }
    let mut members: Vec<Owned> = scores
        .into_iter()
        .map(|(member, score)| Owned { member, score })
        .collect();
    rank(&mut members);
    Ok(members)
}

/// The members that every source has, in their order.
pub(super) fn inter(
    slot: &mut SlotCx<'_>,
    mut sources: Vec<Source<'_>>,
    aggregate: Aggregate,
) -> Result<Vec<Owned>, CommandError> {
    sources.sort_by_key(|source| source.len);
    let Some((smallest, others)) = sources.split_first() else {
        return Ok(Vec::new());
    };
    let mut members = copied(slot, *smallest)?;
    for other in others {
        if members.is_empty() {
            break;
        }
        let cx = slot.key(other.key);
        let theirs = Members::of(&cx)?;
        members.retain_mut(|scored| {
            let score = theirs.score(&scored.member);
            if let Some(score) = score {
                scored.score = aggregate.of(scored.score, other.weighted(score));
            }
            score.is_some()
        });
    }
    rank(&mut members);
    Ok(members)
}

/// The members of the first source that no other one has, in their order.
pub(super) fn diff(slot: &mut SlotCx<'_>, sources: &[Source<'_>]) -> Result<Vec<Owned>, CommandError> {
    let Some((first, others)) = sources.split_first() else {
        return Ok(Vec::new());
    };
    let mut members = copied(slot, *first)?;
    for other in others {
        if members.is_empty() {
            break;
        }
        let cx = slot.key(other.key);
        let theirs = Members::of(&cx)?;
        members.retain(|scored| theirs.score(&scored.member).is_none());
    }
    rank(&mut members);
    Ok(members)
}

/// Writes a sorted set of these members in place of whatever `key` holds, and answers how many there are.
pub(in crate::command) fn store(slot: &mut SlotCx<'_>, key: &[u8], members: &[Owned], reply: &mut ReplyBuf) {
    let mut cx = slot.key(key);
    let mut stored = cx.replace_sorted_set(None);
    for Owned { member, score } in members {
        stored.set(member, *score);
    }
    stored.commit();
    reply.integer(count(members.len()));
}

fn copied(slot: &mut SlotCx<'_>, source: Source<'_>) -> Result<Vec<Owned>, CommandError> {
    let cx = slot.key(source.key);
    let members = Members::of(&cx)?;
    let weighted = members.iter().map(|scored| Owned {
        member: scored.member.into(),
        score: number_or_zero(source.weighted(scored.score)),
    });
    Ok(weighted.collect())
}

/// Redis's rule for opposite infinities, and for infinity times zero.
fn number_or_zero(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// What a key holds, seen as a sorted set.
enum Members<'a> {
    Set(SetView<'a>),
    SortedSet(SortedSetView<'a>),
}

impl<'a> Members<'a> {
    /// Counts whether there was a value: once for each key that the client names.
    fn look_up(cx: &'a mut KeyCx<'_>) -> Result<Self, CommandError> {
        cx.look_for_kind()?;
        Self::of(cx)
    }

    fn of(cx: &'a KeyCx<'_>) -> Result<Self, CommandError> {
        Ok(if cx.kind()? == Some(Kind::Set) {
            Self::Set(cx.peek_set()?)
        } else {
            Self::SortedSet(cx.peek_sorted_set()?)
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Set(set) => set.len(),
            Self::SortedSet(sorted_set) => sorted_set.len(),
        }
    }

    fn score(&self, member: &[u8]) -> Option<f64> {
        match self {
            Self::Set(set) => set.contains(member).then_some(SCORE_OF_SET),
            Self::SortedSet(sorted_set) => sorted_set.score(member),
        }
    }

    fn iter(&self) -> Box<dyn Iterator<Item = Scored<'a>> + 'a> {
        match self {
            Self::Set(set) => Box::new(set.iter().map(|member| Scored {
                member,
                score: SCORE_OF_SET,
            })),
            Self::SortedSet(sorted_set) => Box::new(sorted_set.iter()),
        }
    }
}
