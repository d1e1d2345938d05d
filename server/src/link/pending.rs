//! What was asked of a peer and not answered yet.
//!
//! Questions are numbered in order and mostly answered in order, so they stand in a ring that begins at the oldest unanswered one;
//! an answer is found by subtraction. Numbers wrap around at 2^32, long after their question is gone.

use std::collections::VecDeque;

/// Most questions that may wait for one peer. Beyond it the peer is treated as lost for new ones: a stalled peer must not hold
/// the memory of all that passes by.
pub(crate) const PENDING_MAX: usize = 1 << 16;

/// A question with the tick of the link's clock at which it was asked.
#[derive(Debug)]
pub(crate) struct Asked<Q> {
    pub(crate) question: Q,
    pub(crate) tick: u32,
    /// Whether the asker was told that the peer is slow.
    pub(crate) told_slow: bool,
}

/// The ring.
#[derive(Debug)]
pub(crate) struct Pending<Q> {
    /// Number of the front of the ring.
    first: u32,
    // Invariant: the front, when there is one, is unanswered.
    ring: VecDeque<Option<Asked<Q>>>,
}

impl<Q> Default for Pending<Q> {
    fn default() -> Self {
        Pending {
            first: 0,
            ring: VecDeque::new(),
        }
    }
}

impl<Q> Pending<Q> {
    /// Takes a question and gives its number; gives the question back when [`PENDING_MAX`] wait already.
    pub(crate) fn push(&mut self, question: Q, tick: u32) -> Result<u32, Q> {
        if self.ring.len() >= PENDING_MAX {
            return Err(question);
        }
        let number = self.next_number();
        self.ring.push_back(Some(Asked {
            question,
            tick,
            told_slow: false,
        }));
        Ok(number)
    }

    /// Gives the question so many ticks more: it stands behind much else, or is long itself.
    pub(crate) fn allow(&mut self, number: u32, ticks: u32) {
        let at = number.wrapping_sub(self.first) as usize;
        if let Some(Some(asked)) = self.ring.get_mut(at) {
            asked.tick = asked.tick.wrapping_add(ticks);
        }
    }

    /// The first unanswered question from `number` on that is wanted, with its number. What was passed over once need not be again.
    pub(crate) fn find_from(&self, number: u32, wanted: impl Fn(&Q) -> bool) -> Option<(u32, &Q)> {
        let at = number.wrapping_sub(self.first);
        // One before the front is as good as the front.
        let at = if at as usize <= self.ring.len() { at } else { 0 };
        let places = (at..).zip(self.ring.iter().skip(at as usize));
        let mut asked = places.filter_map(|(at, asked)| Some((at, &asked.as_ref()?.question)));
        asked
            .find(|(_, question)| wanted(question))
            .map(|(at, question)| (self.first.wrapping_add(at), question))
    }

    /// The number of the next question.
    pub(crate) fn next_number(&self) -> u32 {
        self.first.wrapping_add(self.ring.len() as u32)
    }

    /// A question that still waits, to be changed.
    pub(crate) fn question_mut(&mut self, number: u32) -> Option<&mut Q> {
        let at = number.wrapping_sub(self.first) as usize;
        Some(&mut self.ring.get_mut(at)?.as_mut()?.question)
    }

    /// The question that `number` answers, if it still waits.
    pub(crate) fn take(&mut self, number: u32) -> Option<Q> {
        let at = number.wrapping_sub(self.first) as usize;
        let asked = self.ring.get_mut(at)?.take()?;
        self.drop_answered();
        Some(asked.question)
    }

    /// All questions, oldest first, when the peer is lost. Numbers go on, so that a late answer finds nothing.
    pub(crate) fn drain(&mut self) -> Vec<Q> {
        self.first = self.first.wrapping_add(self.ring.len() as u32);
        self.ring.drain(..).flatten().map(|asked| asked.question).collect()
    }

    /// Takes out the questions asked before `tick`.
    pub(crate) fn take_older(&mut self, tick: u32) -> Vec<Q> {
        let mut older = Vec::new();
        for place in &mut self.ring {
            match place {
                Some(asked) if asked.tick.wrapping_sub(tick).cast_signed() < 0 => {
                    older.extend(place.take().map(|asked| asked.question));
                }
                Some(_) => break,
                None => {}
            }
        }
        self.drop_answered();
        older
    }

    /// The questions asked before `tick` that were not shown yet as slow.
    pub(crate) fn newly_slow(&mut self, tick: u32) -> impl Iterator<Item = &Q> {
        self.ring
            .iter_mut()
            .flatten()
            .take_while(move |asked| asked.tick.wrapping_sub(tick).cast_signed() < 0)
            .filter_map(|asked| (!std::mem::replace(&mut asked.told_slow, true)).then_some(&asked.question))
    }

    /// When the oldest unanswered question was asked.
    pub(crate) fn oldest_tick(&self) -> Option<u32> {
        self.ring.front().and_then(|asked| Some(asked.as_ref()?.tick))
    }

    /// How many unanswered questions and holes there are: bounded by [`PENDING_MAX`].
    #[cfg(test)]
    fn len(&self) -> usize {
        self.ring.len()
    }

    fn drop_answered(&mut self) {
        while let Some(None) = self.ring.front() {
            self.ring.pop_front();
            self.first = self.first.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_find_their_question_in_any_order_and_once() {
        let mut pending = Pending::default();
        let numbers: Vec<u32> = (0..5).map(|n| pending.push(n, 0).unwrap()).collect();
        assert_eq!(pending.take(numbers[3]), Some(3));
        assert_eq!(pending.take(numbers[0]), Some(0));
        assert_eq!(pending.take(numbers[0]), None, "a second answer finds nothing");
        assert_eq!(pending.take(numbers[4]), Some(4));
        assert_eq!(pending.take(numbers[1]), Some(1));
        assert_eq!(pending.take(numbers[2]), Some(2));
        assert_eq!(pending.len(), 0, "answered questions leave the ring");
        assert_eq!(pending.push(9, 0), Ok(5), "numbers go on");
    }

    #[test]
    fn an_answer_of_before_the_loss_finds_nothing() {
        let mut pending = Pending::default();
        let before = pending.push("old", 0).unwrap();
        assert_eq!(pending.drain(), ["old"]);
        let after = pending.push("new", 0).unwrap();
        assert_eq!(pending.take(before), None);
        assert_eq!(pending.take(after), Some("new"));
    }

    #[test]
    fn slow_ones_are_shown_once_and_overdue_ones_leave() {
        let mut pending = Pending::default();
        pending.push("a", 1).unwrap();
        pending.push("b", 5).unwrap();
        assert_eq!(pending.newly_slow(3).collect::<Vec<_>>(), [&"a"]);
        assert_eq!(pending.newly_slow(3).count(), 0, "the asker is told once");
        assert_eq!(pending.take_older(3), ["a"]);
        assert_eq!(pending.take_older(u32::MAX / 2), ["b"]);
        assert_eq!(pending.len(), 0);
    }

    #[test]
    fn a_question_that_was_allowed_more_time_is_late_later() {
        let mut pending = Pending::default();
        let number = pending.push("huge", 1).unwrap();
        pending.allow(number, 10);
        assert_eq!(pending.newly_slow(8).count(), 0);
        assert!(pending.take_older(8).is_empty());
        assert_eq!(pending.take_older(12), ["huge"]);
    }

    #[test]
    fn a_wanted_question_is_found_from_any_number_on() {
        let mut pending = Pending::default();
        let numbers: Vec<u32> = (0..6).map(|n| pending.push(n, 0).unwrap()).collect();
        let even = |n: &i32| n % 2 == 0;
        assert_eq!(pending.find_from(numbers[0], even), Some((numbers[0], &0)));
        assert_eq!(pending.find_from(numbers[1], even), Some((numbers[2], &2)));
        assert_eq!(pending.find_from(numbers[5], even), None);
        assert_eq!(pending.find_from(pending.next_number(), even), None);
        pending.take(numbers[0]);
        pending.take(numbers[2]);
        assert_eq!(
            pending.find_from(numbers[0], even),
            Some((numbers[4], &4)),
            "what was answered is passed over"
        );
        *pending.question_mut(numbers[4]).unwrap() = 5;
        assert_eq!(pending.find_from(numbers[0], even), None);
        assert_eq!(pending.question_mut(numbers[0]), None);
    }

    #[test]
    fn the_ring_is_bounded() {
        let mut pending = Pending::default();
        for n in 0..PENDING_MAX {
            pending.push(n, 0).unwrap();
        }
        assert_eq!(pending.push(1, 0), Err(1));
    }
}
