//! A node's vote.

use super::ballot::Ballot;
use super::document::{Document, NO_EPOCH, next};
use super::message::Message;
use super::rules::Rules;
use crate::topology::Epoch;

/// What a node promised and accepted, beside the newest document that it knows to be chosen. Every member has one; which of them count is said by
/// the voters of the documents.
///
/// It votes on nothing but the document that follows the one that it holds, so it needs to remember one epoch's votes only. Without a document (a
/// node that joins) it votes on nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Acceptor<D> {
    // Invariant: once set, replaced by greater epochs only.
    chosen: Option<D>,
    // Invariant: ZERO without a chosen document; grows while the chosen document stays.
    promised: Ballot,
    // Invariant: its ballot is at most `promised`, its epoch follows that of `chosen`.
    accepted: Option<(Ballot, D)>,
    rules: Rules,
}

/// What an acceptor says to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an answer that leaves before the acceptor is on disk is a vote that a crash takes back"]
pub struct Answer<D> {
    /// Whether the acceptor has changed: then its [record](super::record) must be on disk before the reply leaves.
    pub save: bool,
    /// To whoever asked.
    pub reply: Message<D>,
}

/// What became of a chosen document that an acceptor was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// It is newer than what the acceptor held: held now, and to be saved.
    Newer,
    /// It, or a newer one, was held already.
    Known,
    /// Another document of this epoch is held. Agreement cannot do that; two forced recoveries on two sides of a partition can.
    Conflict,
}

impl<D: Document> Acceptor<D> {
    /// The acceptor of a node that joins: no document, so no vote. The node's id must be new, see `docs/design/agreement.md`.
    #[must_use]
    pub fn empty() -> Self {
        Self::from_parts(None, Ballot::ZERO, None)
    }

    /// The acceptor of a node that formed a cluster: every member has formed the same document, as if chosen.
    #[must_use]
    pub fn formed(document: D) -> Self {
        Self::from_parts(Some(document), Ballot::ZERO, None)
    }

    pub(super) fn from_parts(chosen: Option<D>, promised: Ballot, accepted: Option<(Ballot, D)>) -> Self {
        Self {
            chosen,
            promised,
            accepted,
            rules: Rules::ALL,
        }
    }

    pub(super) fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// The newest document that it knows to be chosen.
    #[must_use]
    pub fn chosen(&self) -> Option<&D> {
        self.chosen.as_ref()
    }

    /// The attempt that it promised itself to.
    #[must_use]
    pub fn promised(&self) -> Ballot {
        self.promised
    }

    /// The document that it accepted last for the next epoch, and in which attempt. It may be chosen or not.
    #[must_use]
    pub fn accepted(&self) -> Option<&(Ballot, D)> {
        self.accepted.as_ref()
    }

    /// The epoch of the document that it holds, 0 for none.
    #[must_use]
    pub fn holds(&self) -> Epoch {
        self.chosen.as_ref().map_or(NO_EPOCH, Document::epoch)
    }

    /// Promises itself to the attempt, unless it did to a later one.
    pub fn on_prepare(&mut self, epoch: Epoch, ballot: Ballot) -> Answer<D> {
        if let Err(answer) = self.may_vote(epoch, ballot) {
            return answer;
        }
        let save = self.promised != ballot;
        self.promised = ballot;
        let reply = Message::Promise {
            epoch,
            ballot,
            accepted: self.accepted.clone(),
        };
        Answer { save, reply }
    }

    /// Votes for the document, unless it promised itself to a later attempt.
    pub fn on_accept(&mut self, ballot: Ballot, document: D) -> Answer<D> {
        let epoch = document.epoch();
        if let Err(answer) = self.may_vote(epoch, ballot) {
            return answer;
        }
        let accepted = Some((ballot, document));
        let save = self.promised != ballot || self.accepted != accepted;
        self.promised = ballot;
        self.accepted = accepted;
        let reply = Message::Accepted { epoch, ballot };
        Answer { save, reply }
    }

    /// What a node that holds the document of epoch `holds` is to be told.
    #[must_use]
    pub fn on_learn(&self, holds: Epoch) -> Option<Message<D>> {
        let newer = self.chosen.as_ref().filter(|chosen| chosen.epoch() > holds)?;
        Some(Message::Chosen {
            document: newer.clone(),
        })
    }

    /// Holds the chosen document if it is newer. What was promised and accepted before was about epochs that are decided.
    pub fn on_chosen(&mut self, document: D) -> Learned {
        match &self.chosen {
            Some(held) if held.epoch() > document.epoch() => Learned::Known,
            Some(held) if held.epoch() == document.epoch() && *held == document => Learned::Known,
            Some(held) if held.epoch() == document.epoch() => Learned::Conflict,
            _ => {
                self.chosen = Some(document);
                self.promised = Ballot::ZERO;
                self.accepted = None;
                Learned::Newer
            }
        }
    }

    fn may_vote(&self, epoch: Epoch, ballot: Ballot) -> Result<(), Answer<D>> {
        let refused = |reply| Err(Answer { save: false, reply });
        if let Some(newer) = self.chosen.as_ref().filter(|chosen| chosen.epoch() >= epoch) {
            return refused(Message::Chosen {
                document: newer.clone(),
            });
        }
        let is_behind = self.chosen.is_none() || next(self.holds()) < epoch;
        let is_late = ballot < self.promised;
        if is_behind && self.rules.vote_from_base || is_late && self.rules.keep_promises {
            return refused(Message::Nack {
                epoch,
                ballot,
                promised: self.promised,
                holds: self.holds(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ballot::tests::ballot;
    use super::super::toy::Toy;
    use super::*;

    fn formed() -> (Acceptor<Toy>, Toy) {
        let first = Toy::first([1, 2, 3]);
        (Acceptor::formed(first), first)
    }

    fn nack(asked: Ballot, epoch: u64, promised: Ballot, holds: u64) -> Message<Toy> {
        Message::Nack {
            epoch: Epoch::new(epoch),
            ballot: asked,
            promised,
            holds: Epoch::new(holds),
        }
    }

    #[test]
    fn a_promise_keeps_lower_attempts_out_and_says_what_was_accepted() {
        let (mut acceptor, first) = formed();
        let second = first.followed_by(7);
        let epoch = second.epoch();
        let accepted = acceptor.on_accept(ballot(2, 1), second);
        assert!(accepted.save, "a vote is on disk before it counts");
        let late = acceptor.on_prepare(epoch, ballot(1, 2));
        assert_eq!((late.save, late.reply), (false, nack(ballot(1, 2), 2, ballot(2, 1), 1)));
        let promise = acceptor.on_prepare(epoch, ballot(3, 2));
        assert!(promise.save);
        let accepted = Some((ballot(2, 1), second));
        assert_eq!(
            promise.reply,
            Message::Promise {
                epoch,
                ballot: ballot(3, 2),
                accepted
            }
        );
        let late = acceptor.on_accept(ballot(2, 1), second);
        assert_eq!(late.reply, nack(ballot(2, 1), 2, ballot(3, 2), 1));
    }

    #[test]
    fn a_repeated_question_is_answered_alike_and_not_saved_again() {
        let (mut acceptor, first) = formed();
        let second = first.followed_by(7);
        let promise = acceptor.on_prepare(second.epoch(), ballot(1, 1));
        let again = acceptor.on_prepare(second.epoch(), ballot(1, 1));
        assert_eq!((again.save, again.reply), (false, promise.reply));
        let accepted = acceptor.on_accept(ballot(1, 1), second);
        let again = acceptor.on_accept(ballot(1, 1), second);
        assert_eq!((again.save, again.reply), (false, accepted.reply));
    }

    #[test]
    fn an_epoch_that_is_decided_is_answered_with_the_document() {
        let (mut acceptor, first) = formed();
        let second = first.followed_by(7);
        assert_eq!(acceptor.on_chosen(second), Learned::Newer);
        assert_eq!(acceptor.on_chosen(first), Learned::Known, "never back to an older one");
        assert_eq!(acceptor.on_chosen(first.followed_by(8)), Learned::Conflict);
        let chosen = Message::Chosen { document: second };
        assert_eq!(acceptor.on_prepare(second.epoch(), ballot(9, 9)).reply, chosen);
        assert_eq!(acceptor.on_accept(ballot(9, 9), first.followed_by(8)).reply, chosen);
        assert_eq!(acceptor.on_learn(first.epoch()), Some(chosen));
        assert_eq!(acceptor.on_learn(second.epoch()), None);
    }

    #[test]
    fn whoever_does_not_hold_the_document_before_does_not_vote() {
        let (mut behind, first) = formed();
        let third = first.followed_by(7).followed_by(8);
        let mut empty = Acceptor::empty();
        for (acceptor, holds) in [(&mut behind, 1), (&mut empty, 0)] {
            let asked = ballot(1, 1);
            let answer = acceptor.on_prepare(third.epoch(), asked);
            assert_eq!(
                (answer.save, answer.reply),
                (false, nack(asked, 3, Ballot::ZERO, holds))
            );
            let answer = acceptor.on_accept(asked, third);
            assert_eq!(
                (answer.save, answer.reply),
                (false, nack(asked, 3, Ballot::ZERO, holds))
            );
        }
        let answer = empty.on_accept(ballot(1, 1), first);
        assert!(!answer.save, "the first document is formed, never voted on");
    }

    #[test]
    fn a_new_document_begins_with_nothing_promised() {
        let (mut acceptor, first) = formed();
        let second = first.followed_by(7);
        let _ = acceptor.on_accept(ballot(9, 1), first.followed_by(8));
        acceptor.on_chosen(second);
        let promise = acceptor.on_prepare(second.followed_by(9).epoch(), ballot(1, 1));
        assert!(matches!(promise.reply, Message::Promise { accepted: None, .. }));
    }
}
