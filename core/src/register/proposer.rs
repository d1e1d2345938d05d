//! Gets a document chosen, or learns which one is: attempts, pauses, and when to stop.

use super::attempt::{Attempt, Progress};
use super::ballot::Ballot;
use super::document::Document;
use super::message::Message;
use super::pause::{self, PHASE_MAX, PROPOSAL_MAX};
use super::rules::Rules;
use super::short_id::ShortId;
use crate::life::Life;
use crate::time::Instant;

/// A node's proposer: at most one proposal at a time, whose attempts have rounds that never repeat within the node's life.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Proposer<D> {
    me: ShortId,
    life: Life,
    // Invariant: the highest round that this proposer used or heard of.
    round: u64,
    proposal: Option<Proposal<D>>,
    rules: Rules,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Proposal<D> {
    // Nothing for a read.
    wanted: Option<D>,
    attempt: Attempt<D>,
    // Whether votes were asked for what is wanted, in this attempt or an earlier one.
    offered: bool,
    failures: u32,
    is_pausing: bool,
    wakes_at: Instant,
    gives_up_at: Instant,
}

/// How a proposal ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome<D> {
    /// The document is chosen.
    Made(D),
    /// Another document is chosen; nothing of the proposed one will come to be, except where `unsure`.
    Refused {
        /// A chosen document that is newer than the one which the proposal followed. Usually the newest.
        newest: D,
        /// Votes had been asked for, and the document is newer by more than one: the proposed one may be among those between.
        unsure: bool,
    },
    /// Answer to a read: the newest document that was chosen when the read began, or a newer one.
    Newest(D),
    /// No majority answered in time.
    Unreachable {
        /// How many voters answered last.
        reached: usize,
        /// How many are needed.
        needed: usize,
        /// Votes had been asked for: whoever proposes next may find the document and have it chosen.
        unsure: bool,
    },
}

/// What a proposer wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Step<D> {
    /// Messages to leave.
    pub send: Vec<(ShortId, Message<D>)>,
    /// Set once the proposal has ended.
    pub outcome: Option<Outcome<D>>,
}

impl<D> Step<D> {
    fn nothing() -> Self {
        Self {
            send: Vec::new(),
            outcome: None,
        }
    }
}

impl<D: Document> Proposer<D> {
    /// The proposer of a node in one of its lives.
    #[must_use]
    pub fn new(me: ShortId, life: Life) -> Self {
        Self {
            me,
            life,
            round: 0,
            proposal: None,
            rules: Rules::ALL,
        }
    }

    pub(super) fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Whether a proposal is under way: another must wait for its end.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.proposal.is_some()
    }

    /// Begins to have `wanted` chosen after `base`, which is known to be chosen, or, without one, to learn whether there is a newer document than `base`.
    ///
    /// The epoch of `wanted` must follow that of `base`, its voters be one step from it. Replaces a proposal under way.
    pub fn start(&mut self, base: D, wanted: Option<D>, now: Instant) -> Step<D> {
        let ballot = self.next_ballot();
        let proposal = Proposal {
            attempt: Attempt::new(ballot, base, wanted.clone(), self.rules),
            wanted,
            offered: false,
            failures: 0,
            is_pausing: false,
            wakes_at: now + PHASE_MAX,
            gives_up_at: now + PROPOSAL_MAX,
        };
        let send = proposal.attempt.questions();
        self.proposal = Some(proposal);
        Step { send, outcome: None }
    }

    /// When [`Proposer::on_deadline`] is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let proposal = self.proposal.as_ref()?;
        Some(proposal.wakes_at.min(proposal.gives_up_at))
    }

    /// A pause is over, or answers did not come in time. `random` is any number, drawn anew.
    pub fn on_deadline(&mut self, now: Instant, random: u64) -> Step<D> {
        let Some(proposal) = self.proposal.as_mut() else {
            return Step::nothing();
        };
        if now >= proposal.gives_up_at {
            let (reached, needed) = proposal.attempt.reached();
            let unsure = proposal.offered;
            self.proposal = None;
            let outcome = Some(Outcome::Unreachable {
                reached,
                needed,
                unsure,
            });
            return Step {
                send: Vec::new(),
                outcome,
            };
        }
        if now < proposal.wakes_at {
            return Step::nothing();
        }
        if !proposal.is_pausing {
            proposal.pause(now, random);
            return Step::nothing();
        }
        let base = proposal.attempt.base().clone();
        self.attempt_anew(base, now)
    }

    /// An acceptor's answer. Those to other attempts, and what is no answer, are ignored.
    pub fn on_answer(&mut self, from: ShortId, answer: Message<D>, now: Instant, random: u64) -> Step<D> {
        if let Message::Chosen { document } = answer {
            return self.on_chosen(document, now);
        }
        let Some(proposal) = self.proposal.as_mut() else {
            return Step::nothing();
        };
        let attempt = &mut proposal.attempt;
        let current = (attempt.epoch(), attempt.ballot());
        let progress = match answer {
            Message::Promise {
                epoch,
                ballot,
                accepted,
            } if (epoch, ballot) == current => attempt.on_promise(from, accepted),
            Message::Accepted { epoch, ballot } if (epoch, ballot) == current => attempt.on_accepted(from),
            Message::Nack {
                epoch,
                ballot,
                promised,
                holds,
            } if (epoch, ballot) == current => attempt.on_nack(from, promised, holds),
            _ => Progress::Waiting,
        };
        match progress {
            Progress::Waiting => Step::nothing(),
            Progress::Send(send) => {
                if proposal.attempt.offered().is_some() {
                    proposal.on_asking_for_votes(now);
                }
                Step { send, outcome: None }
            }
            Progress::Lost { round } => {
                self.round = self.round.max(round);
                if !proposal.is_pausing {
                    proposal.pause(now, random);
                }
                Step::nothing()
            }
            Progress::Chosen(document) => self.become_chosen(document),
            Progress::Unchanged => {
                let newest = proposal.attempt.base().clone();
                self.proposal = None;
                Step {
                    send: Vec::new(),
                    outcome: Some(Outcome::Newest(newest)),
                }
            }
        }
    }

    /// A document is chosen, whoever says so. One that is newer than what the proposal follows ends it; a read goes on from there, and asks the
    /// voters of that document whether they know a newer one.
    pub fn on_chosen(&mut self, document: D, now: Instant) -> Step<D> {
        let is_newer = |proposal: &&mut Proposal<D>| proposal.attempt.base().epoch() < document.epoch();
        let Some(proposal) = self.proposal.as_mut().filter(is_newer) else {
            return Step::nothing();
        };
        if proposal.wanted.is_none() {
            return self.attempt_anew(document, now);
        }
        Step {
            send: Vec::new(),
            outcome: self.end(&document),
        }
    }

    /// Ends the proposal under way: `chosen` is newer than what it follows.
    pub(super) fn end(&mut self, chosen: &D) -> Option<Outcome<D>> {
        let proposal = self.proposal.take()?;
        Some(proposal.outcome(chosen.clone()))
    }

    /// This node has seen a document chosen: it tells all voters, old and new.
    fn become_chosen(&mut self, document: D) -> Step<D> {
        let Some(proposal) = self.proposal.take() else {
            return Step::nothing();
        };
        let (old, new) = (proposal.attempt.base().voters(), document.voters());
        let added = new.iter().filter(|&id| !old.contains(id));
        let tell = |to| {
            let document = document.clone();
            (to, Message::Chosen { document })
        };
        Step {
            send: old.iter().chain(added).map(tell).collect(),
            outcome: Some(proposal.outcome(document)),
        }
    }

    fn attempt_anew(&mut self, base: D, now: Instant) -> Step<D> {
        let ballot = self.next_ballot();
        let Some(proposal) = self.proposal.as_mut() else {
            return Step::nothing();
        };
        proposal.attempt = Attempt::new(ballot, base, proposal.wanted.clone(), self.rules);
        proposal.is_pausing = false;
        proposal.wakes_at = now + PHASE_MAX;
        Step {
            send: proposal.attempt.questions(),
            outcome: None,
        }
    }

    fn next_ballot(&mut self) -> Ballot {
        // An attempt a millisecond would take half a billion years.
        self.round = self.round.saturating_add(1);
        Ballot {
            round: self.round,
            proposer: self.me,
            life: self.life,
        }
    }
}

impl<D: Document> Proposal<D> {
    fn pause(&mut self, now: Instant, random: u64) {
        self.failures += 1;
        self.is_pausing = true;
        self.wakes_at = now + pause::after(self.failures, random);
    }

    fn on_asking_for_votes(&mut self, now: Instant) {
        self.is_pausing = false;
        self.wakes_at = now + PHASE_MAX;
        self.offered |= self.wanted.is_some() && self.attempt.offered() == self.wanted.as_ref();
    }

    fn outcome(&self, chosen: D) -> Outcome<D> {
        match &self.wanted {
            None => Outcome::Newest(chosen),
            Some(wanted) if *wanted == chosen => Outcome::Made(chosen),
            Some(wanted) => Outcome::Refused {
                unsure: self.offered && chosen.epoch() > wanted.epoch(),
                newest: chosen,
            },
        }
    }
}
