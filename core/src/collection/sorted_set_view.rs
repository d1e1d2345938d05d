//! A sorted set: members with scores, ranked by score and then by name.
//!
//! Ranges of scores and of names are turned into ranges of ranks first, so that counting one is a subtraction, a LIMIT is
//! an addition, and going backwards is `rev`.

use std::cell::OnceCell;
use std::ops::Range;

use super::bound::{LexBound, ScoreBound};
use super::live::{Live, Shape};
use crate::state::{Kind, Part, State, by_score};
use crate::time::WallMs;

/// A sorted set as it is at some moment.
#[derive(Clone, Debug)]
pub struct SortedSetView<'a> {
    live: Live<'a>,
    /// The members by rank, once somebody asked for it, of sets that are not kept in that order.
    ranked: OnceCell<Vec<Scored<'a>>>,
}

/// A member with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored<'a> {
    /// The member.
    pub member: &'a [u8],
    /// Its score; may be infinite, never NaN.
    pub score: f64,
}

impl<'a> SortedSetView<'a> {
    /// The sorted set that `state` is at `now`.
    #[must_use]
    pub fn new(state: State<'a>, now: WallMs) -> Self {
        Self {
            live: Live::new(state, Kind::SortedSet, now),
            ranked: OnceCell::new(),
        }
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// The score of a member.
    #[must_use]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        self.live.get(member).map(|part| part.score())
    }

    /// All members, not by rank but in an order that is the same on every node.
    pub fn iter(&self) -> impl Iterator<Item = Scored<'a>> + Clone + use<'a> {
        self.live.iter().map(Scored::of)
    }

    /// The rank of a member, 0 for that with the least score, and its score.
    #[must_use]
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        let before = |other: f64, name: &dyn Fn() -> &'a [u8]| {
            // The scores alone decide, as a rule.
            other < score || other == score && name() < member
        };
        Some((self.count_before(before), score))
    }

    /// The members of these ranks, ascending. Ranks that do not exist are left out.
    pub fn by_rank(&self, ranks: Range<usize>) -> impl DoubleEndedIterator<Item = Scored<'a>> + ExactSizeIterator {
        let (parts, now) = self.live.parts();
        let members: Vec<Scored<'a>> = match parts.ranked_from(now, ranks.start) {
            Some(ranked) => ranked.take(ranks.len()).map(Scored::of).collect(),
            None => {
                let ranked = self.ranked();
                let end = ranks.end.min(ranked.len());
                ranked[ranks.start.min(end)..end].to_vec()
            }
        };
        members.into_iter()
    }

    /// The ranks of the members with scores from `min` to `max`.
    #[must_use]
    pub fn ranks_by_score(&self, min: ScoreBound, max: ScoreBound) -> Range<usize> {
        let start = self.count_before(|score, _| min.excludes_from_below(score));
        let end = self.count_before(|score, _| max.reaches(score));
        start..end.max(start)
    }

    /// The ranks of the members from `min` to `max`, if all members have one score; unspecified if they do not, as in
    /// Redis.
    #[must_use]
    pub fn ranks_by_lex(&self, min: LexBound<'_>, max: LexBound<'_>) -> Range<usize> {
        let start = self.count_before(|_, member| min.excludes_from_below(member()));
        let end = self.count_before(|_, member| max.reaches(member()));
        start..end.max(start)
    }

    /// One step of ZSCAN: see [`Live::scan`].
    #[must_use]
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<Scored<'a>>) {
        let (next, step) = self.live.scan(cursor, count);
        (next, step.into_iter().map(Scored::of).collect())
    }

    /// One member, chosen by a random number.
    #[must_use]
    pub fn random(&self, random: u64) -> Option<Scored<'a>> {
        self.live.random(random).map(Scored::of)
    }

    /// Different members: see [`Live::random_distinct`].
    pub fn random_distinct(&self, count: usize, random: impl FnMut() -> u64) -> Vec<Scored<'a>> {
        let chosen = self.live.random_distinct(count, random);
        chosen.into_iter().map(Scored::of).collect()
    }

    /// What OBJECT ENCODING goes by.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.live.shape()
    }

    /// The rank of the first member that is not `before`.
    fn count_before(&self, before: impl Fn(f64, &dyn Fn() -> &'a [u8]) -> bool) -> usize {
        let (parts, now) = self.live.parts();
        let counted = parts.ranked_before(now, &before);
        counted.unwrap_or_else(|| {
            self.ranked()
                .partition_point(|other| before(other.score, &|| other.member))
        })
    }

    fn ranked(&self) -> &[Scored<'a>] {
        self.ranked.get_or_init(|| {
            let mut ranked: Vec<Scored<'a>> = self.iter().collect();
            ranked.sort_unstable_by(|left, right| by_score((left.score, left.member), (right.score, right.member)));
            ranked
        })
    }
}

impl<'a> Scored<'a> {
    fn of(part: Part<'a>) -> Self {
        Self {
            member: part.name,
            score: part.score(),
        }
    }
}
