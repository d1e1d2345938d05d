//! What a turn that is done has left of each part.
//!
//! A part's reply was written as if all went well. It holds, unless the turn names the part: with the reply that another node gave,
//! or with a problem that the slow path has to settle.

use super::caller::Caller;
use super::plan::Plan;
use super::settle::{Settled, settle};
use crate::node::Node;
use crate::turn::{PartIndex, Problem, Turn};
use circlet_resp::{Args, ReplyBuf};
use std::iter::Peekable;
use std::ops::Range;
use std::slice::Iter;
use std::sync::Arc;

/// Memory for replies of other nodes that is kept for the next batch, in bytes.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// See the module's header. Reused from batch to batch.
#[derive(Default)]
pub(crate) struct Outcomes {
    bytes: Vec<u8>,
    // Invariant: both are in the order of the parts.
    replied: Vec<(PartIndex, Range<usize>)>,
    problems: Vec<(PartIndex, Problem)>,
}

/// What is left of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome<'a> {
    /// Its reply is the one that was written when it ran.
    AsWritten,
    /// Its reply is this one.
    Reply(&'a [u8]),
    /// It has none yet.
    Problem(Problem),
}

/// Walks over the parts in order.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    replied: Peekable<Iter<'a, (PartIndex, Range<usize>)>>,
    problems: Peekable<Iter<'a, (PartIndex, Problem)>>,
}

impl Outcomes {
    /// Takes what a turn has left, and leaves it empty memory for the next.
    pub(crate) fn take(&mut self, turn: &Turn) {
        self.clear();
        turn.with(|waits| {
            std::mem::swap(&mut waits.replies, &mut self.bytes);
            std::mem::swap(&mut waits.replied, &mut self.replied);
            waits.take_problems(&mut self.problems);
        });
        self.replied.sort_unstable_by_key(|(part, _)| *part);
    }

    /// Forgets everything, and keeps a little memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES_MAX);
        self.replied.clear();
        self.problems.clear();
    }

    /// Whether every part's reply is the one that was written when it ran.
    pub(crate) fn is_empty(&self) -> bool {
        self.replied.is_empty() && self.problems.is_empty()
    }

    /// Whether a part has no reply yet.
    pub(crate) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// The parts from the first on.
    pub(crate) fn walk(&self) -> Walk<'_> {
        Walk {
            bytes: &self.bytes,
            replied: self.replied.iter().peekable(),
            problems: self.problems.iter().peekable(),
        }
    }

    /// Settles the problems, in order, so that two commands of one pipeline on one key keep theirs. Once the replies are longer than
    /// `bytes_max`, the problems of reads stay, as do those of parts that are given back.
    pub(crate) async fn settle<'b>(
        &mut self,
        node: &Arc<Node>,
        caller: &Caller,
        plan: &Plan,
        args_of: &impl Fn(u32) -> Args<'b>,
        bytes_max: usize,
    ) {
        for (index, problem) in std::mem::take(&mut self.problems) {
            let part = &plan.parts[usize::from(index)];
            if self.bytes.len() > bytes_max && !part.spec.is_write() {
                self.problems.push((index, problem));
                continue;
            }
            let mut reply = ReplyBuf::new(caller.proto);
            match settle(node, caller, part, args_of(part.command), problem, &mut reply).await {
                Settled::AsWritten => continue,
                Settled::GivenBack => {
                    self.problems.push((index, Problem::NotReady));
                    continue;
                }
                Settled::Appended => {}
            }
            let start = self.bytes.len();
            reply.pieces().for_each(|piece| self.bytes.extend_from_slice(piece));
            self.replied.push((index, start..self.bytes.len()));
        }
        self.replied.sort_unstable_by_key(|(part, _)| *part);
    }
}

impl<'a> Walk<'a> {
    /// What is left of `part`; each call names a later part than the one before.
    pub(crate) fn at(&mut self, part: usize) -> Outcome<'a> {
        let here = |index: PartIndex| usize::from(index) == part;
        let problem = self.problems.next_if(|(index, _)| here(*index));
        if let Some((_, range)) = self.replied.next_if(|(index, _)| here(*index)) {
            return Outcome::Reply(&self.bytes[range.clone()]);
        }
        problem.map_or(Outcome::AsWritten, |(_, problem)| Outcome::Problem(*problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_found_in_one_walk() {
        let outcomes = Outcomes {
            bytes: b"+A\r\n+B\r\n".to_vec(),
            replied: vec![(1, 4..8), (3, 0..4)],
            problems: vec![(2, Problem::Differs)],
        };
        let mut walk = outcomes.walk();
        let found: Vec<_> = (0..5).map(|part| walk.at(part)).collect();
        assert_eq!(
            found,
            [
                Outcome::AsWritten,
                Outcome::Reply(b"+B\r\n"),
                Outcome::Problem(Problem::Differs),
                Outcome::Reply(b"+A\r\n"),
                Outcome::AsWritten,
            ]
        );
    }
}
