//! When a node acts by a document that it holds: together with the others, as far as that can be had.
//!
//! ```text
//!   chosen --saved--> held: said to all members --the other voters that are there have said so too--> acted by
//!                                               \--or a while has passed, or somebody acts by it--/
//! ```
//!
//! Nodes of different epochs refuse each other, so clients feel the time between the first node and the last one that act by a document. Disks differ by
//! tens of milliseconds where messages differ by one: so a node that has a document on disk waits for the others' disks, and goes on by the
//! document before meanwhile. To act later is always allowed: it is as if the news had been longer on its way. Nothing depends on anybody's word here,
//! which may be lost, repeated or late.
//!
//! Refused: acting before the document is on disk. A node that acknowledged by it, crashed and came back behind it would count toward the quorums of the
//! epoch before, which those who have moved on no longer read from.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::Document;
use super::short_id::ShortId;
use crate::time::Instant;
use crate::topology::Epoch;

/// The longest that a document on disk is not acted by: a voter that is there says nothing, since it stands still or its disk does.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// A node's part in it.
#[derive(Debug, Clone)]
pub struct Together<D> {
    me: ShortId,
    /// What is on disk here and not acted by yet, and until when at the latest.
    held: Option<(D, Instant)>,
    /// The newest document that each other voter said to have on its disk. Bounded by the members that there ever were.
    said: BTreeMap<ShortId, Epoch>,
    /// Whether somebody acts by a newer document than this node.
    is_behind: bool,
}

impl<D: Document> Together<D> {
    /// That of a node that acts by all that it holds.
    #[must_use]
    pub fn new(me: ShortId) -> Self {
        Self {
            me,
            held: None,
            said: BTreeMap::new(),
            is_behind: false,
        }
    }

    /// A chosen document is on disk here. What was held before it is passed over.
    pub fn on_held(&mut self, document: D, now: Instant) {
        let wait = if self.is_behind { Duration::ZERO } else { WAIT_MAX };
        self.held = Some((document, now + wait));
    }

    /// `from` says that it holds the document of this epoch.
    pub fn on_said(&mut self, from: ShortId, holds: Epoch) {
        let said = self.said.entry(from).or_insert(holds);
        *said = holds.max(*said);
    }

    /// The document to act by from now on, if it is time. `is_there` says who can be heard.
    pub fn take(&mut self, now: Instant, is_there: impl Fn(ShortId) -> bool) -> Option<D> {
        let (document, until) = self.held.as_ref()?;
        let epoch = document.epoch();
        let has_it = |voter: ShortId| self.said.get(&voter).is_some_and(|said| *said >= epoch);
        let is_open = |voter: ShortId| voter != self.me && !has_it(voter) && is_there(voter);
        if now < *until && document.voters().iter().any(is_open) {
            return None;
        }
        self.is_behind = false;
        self.held.take().map(|(document, _)| document)
    }

    /// Somebody acts by the document of this epoch: if it is held here, there is nothing more to wait for.
    pub fn on_acted_by(&mut self, epoch: Epoch, now: Instant) {
        if let Some((document, until)) = &mut self.held
            && document.epoch() <= epoch
        {
            *until = now;
        }
    }

    /// Somebody acts by a newer document than this node: whoever waits for others keeps clients waiting now. The next one is acted by at once, whether it
    /// is held already or not.
    pub fn hurry(&mut self, now: Instant) {
        self.is_behind = true;
        if let Some((_, until)) = &mut self.held {
            *until = now;
        }
    }

    /// When [`take`](Self::take) gives something, whatever the others say.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.held.as_ref().map(|(_, until)| *until)
    }
}

#[cfg(test)]
mod tests {
    use super::super::toy::Toy;
    use super::*;

    const START: Instant = Instant::ZERO;

    fn id(number: u64) -> ShortId {
        ShortId::new(number)
    }

    fn all(_: ShortId) -> bool {
        true
    }

    /// The first of three voters, which holds the second document.
    fn held() -> (Together<Toy>, Toy) {
        let second = Toy::first([1, 2, 3]).followed_by(7);
        let mut together = Together::new(id(1));
        together.on_held(second, START);
        (together, second)
    }

    #[test]
    fn a_document_is_acted_by_once_all_voters_that_are_there_hold_it() {
        let (mut together, second) = held();
        assert_eq!(together.take(START, all), None);
        together.on_said(id(2), second.epoch());
        assert_eq!(together.take(START, all), None, "the third one's disk is slow");
        together.on_said(id(3), Epoch::new(1));
        assert_eq!(together.take(START, all), None, "it holds the one before");
        together.on_said(id(3), second.epoch());
        assert_eq!(together.take(START, all), Some(second));
        assert_eq!(together.take(START, all), None, "once");
        assert_eq!(together.next_deadline(), None);
    }

    #[test]
    fn nobody_is_waited_for_who_is_not_there_or_for_long() {
        let (mut together, second) = held();
        together.on_said(id(2), second.epoch());
        assert_eq!(together.take(START, |voter| voter != id(3)), Some(second));
        let (mut together, second) = held();
        let deadline = together.next_deadline().expect("it waits");
        assert_eq!(deadline, START + WAIT_MAX);
        assert_eq!(together.take(deadline, all), Some(second));
        let (mut together, second) = held();
        together.on_acted_by(Epoch::new(1), START);
        assert_eq!(together.take(START, all), None, "that is the one before");
        together.on_acted_by(second.epoch(), START);
        assert_eq!(together.take(START, all), Some(second), "somebody acts by it already");
        together.on_acted_by(second.epoch(), START);
        let third = second.followed_by(7);
        together.on_held(third, START);
        assert_eq!(together.take(START, all), None, "the next one waits as ever");
        let (mut together, second) = held();
        together.hurry(START);
        assert_eq!(together.take(START, all), Some(second), "others act by it already");
        let third = second.followed_by(8);
        together.hurry(START);
        together.on_held(third, START);
        assert_eq!(together.take(START, all), Some(third), "and did before it was fetched");
        together.on_held(third.followed_by(9), START);
        assert_eq!(together.take(START, all), None, "the next one is everybody's again");
    }

    #[test]
    fn what_was_said_early_or_of_a_later_document_counts() {
        let (mut together, second) = held();
        let third = second.followed_by(8);
        for voter in [2, 3] {
            together.on_said(id(voter), third.epoch());
            together.on_said(id(voter), second.epoch());
        }
        assert_eq!(together.take(START, all), Some(second));
        together.on_held(third, START);
        assert_eq!(together.take(START, all), Some(third), "said before it was held here");
    }
}
