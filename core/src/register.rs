//! How members agree on the next document: one register, changed by compare-and-set, kept by a majority of voters.
//!
//! ```text
//!             document 6, known to be chosen
//!                |        its voters decide what follows
//!   attempt      v
//!   (round,   prepare 7 ----> promise, and what was accepted for 7      a majority of document 6's voters, and of the new ones
//!   proposer,    |
//!   life)        |  nobody accepted anything: mine. Somebody did: the latest of those.
//!                v
//!             accept 7 -----> accepted                                  a majority of document 6's voters *and* of document 7's
//!                |
//!                v
//!             document 7 is chosen: told to all, held by all, and its voters decide what follows
//! ```
//!
//! It is the single-register Paxos of CASPaxos (Rystsov, 2018), with one restriction that makes changes of the voters safe: a document is built only upon
//! one that is *known to be chosen*, and votes are counted epoch by epoch. So each epoch is decided by a fixed list of voters, as in plain Paxos, and
//! what was accepted by few under some list is never taken for a list itself. `docs/design/agreement.md` has the argument, what else was thought of, and
//! what happens when a rule is left out.
//!
//! Nobody is elected and there is no log. Any member may propose; two that do so at once cost each other a pause. Pure: [`Register`] takes messages, the
//! time and random numbers, and says what is to be saved and sent.

mod acceptor;
mod attempt;
pub(crate) mod ballot;
pub(crate) mod document;
mod force;
mod message;
mod pause;
mod proposer;
pub mod record;
mod rules;
mod short_id;
mod together;
mod voters;

use std::collections::VecDeque;

pub use self::acceptor::{Acceptor, Answer, Learned};
pub use self::ballot::Ballot;
pub use self::document::Document;
pub use self::force::{ForceError, Forced, forced_recoveries};
pub use self::message::Message;
pub use self::proposer::{Outcome, Proposer, Step};
pub use self::rules::Rules;
pub use self::short_id::ShortId;
pub use self::together::Together;
pub use self::voters::Voters;
use crate::life::Life;
use crate::time::Instant;
use crate::topology::Epoch;

/// One node's part in the agreement: its [`Acceptor`], and its [`Proposer`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Register<D> {
    me: ShortId,
    acceptor: Acceptor<D>,
    proposer: Proposer<D>,
}

/// What a register wants done, in this order.
///
/// What depends on no vote that is given here stands before the save, so that the others' disks work while this node's does: the questions of an
/// attempt, and the news that a document is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<D> {
    /// [`Register::record`] must be on disk before anything that follows is done. A node that cannot save must stop: its votes would be lost.
    Save,
    /// A newer document is chosen: install it.
    Chosen(D),
    /// Another document of the epoch that this node holds is said to be chosen: two forced recoveries happened. Be loud.
    Conflict(D),
    /// A message to another member.
    Send {
        /// To whom.
        to: ShortId,
        /// What.
        message: Message<D>,
    },
    /// The proposal or read under way has ended.
    Done(Outcome<D>),
}

/// Why nothing was proposed. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// One proposal at a time.
    #[error("another change is being proposed")]
    Busy,
    /// This node has joined nothing yet, or the proposal follows a document that this node does not hold.
    #[error("this node holds the document of epoch {}, which the change does not follow", .0.get())]
    NotHeld(Epoch),
    /// More than one voter would be added or removed at once.
    #[error("a change adds or removes one voter at most")]
    VoterSteps,
}

impl<D: Document> Register<D> {
    /// The register of a node in one of its lives, with the acceptor that its disk has kept.
    #[must_use]
    pub fn new(me: ShortId, life: Life, acceptor: Acceptor<D>) -> Self {
        Self {
            me,
            acceptor,
            proposer: Proposer::new(me, life),
        }
    }

    /// The register with some rule left out: for tests that must see it missed.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.acceptor.set_rules(rules);
        self.proposer.set_rules(rules);
        self
    }

    /// Its acceptor.
    #[must_use]
    pub fn acceptor(&self) -> &Acceptor<D> {
        &self.acceptor
    }

    /// The bytes that must be on disk, see [`record`].
    #[must_use]
    pub fn record(&self) -> Vec<u8> {
        record::encode(&self.acceptor)
    }

    /// Proposes `wanted`, made from the document of the epoch before.
    ///
    /// Refused at once, by an [`Outcome`], if this node holds a newer document than that one.
    ///
    /// # Errors
    /// See [`ProposeError`].
    pub fn propose(&mut self, wanted: D, now: Instant) -> Result<Vec<Output<D>>, ProposeError> {
        let holds = self.acceptor.holds();
        if self.proposer.is_busy() {
            return Err(ProposeError::Busy);
        }
        let Some(base) = self
            .acceptor
            .chosen()
            .filter(|_| wanted.epoch() <= document::next(holds))
        else {
            return Err(ProposeError::NotHeld(holds));
        };
        if wanted.epoch() <= holds {
            let outcome = if *base == wanted {
                Outcome::Made(wanted)
            } else {
                Outcome::Refused {
                    newest: base.clone(),
                    unsure: false,
                }
            };
            return Ok(vec![Output::Done(outcome)]);
        }
        if !base.voters().is_one_step_from(&wanted.voters()) {
            return Err(ProposeError::VoterSteps);
        }
        let step = self.proposer.start(base.clone(), Some(wanted), now);
        Ok(self.obey(step, now, 0))
    }

    /// Asks a majority for the newest document; a change that was left half-way is finished first.
    ///
    /// # Errors
    /// See [`ProposeError`].
    pub fn read(&mut self, now: Instant) -> Result<Vec<Output<D>>, ProposeError> {
        if self.proposer.is_busy() {
            return Err(ProposeError::Busy);
        }
        let Some(base) = self.acceptor.chosen() else {
            return Err(ProposeError::NotHeld(self.acceptor.holds()));
        };
        let step = self.proposer.start(base.clone(), None, now);
        Ok(self.obey(step, now, 0))
    }

    /// A message of the member `from` came. `random` is any number, drawn anew.
    pub fn on_message(&mut self, from: ShortId, message: Message<D>, now: Instant, random: u64) -> Vec<Output<D>> {
        let mut work = Work::default();
        work.handle(self, from, message, now, random);
        work.finish(self, now, random)
    }

    /// When [`Register::on_deadline`] is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.proposer.next_deadline()
    }

    /// A deadline has passed. `random` is any number, drawn anew.
    pub fn on_deadline(&mut self, now: Instant, random: u64) -> Vec<Output<D>> {
        let step = self.proposer.on_deadline(now, random);
        self.obey(step, now, random)
    }

    fn obey(&mut self, step: Step<D>, now: Instant, random: u64) -> Vec<Output<D>> {
        let mut work = Work::default();
        work.take(self.me, step);
        work.finish(self, now, random)
    }
}

/// What one event leads to, until only others can go on. A node is its own acceptor's client like any other, without a wire.
#[derive(Debug)]
struct Work<D> {
    to_self: VecDeque<Message<D>>,
    // Invariant: was put here before the acceptor changed, so it says and counts nothing that is not on disk.
    early: Vec<Output<D>>,
    save: bool,
    chosen: Option<D>,
    rest: Vec<Output<D>>,
}

impl<D> Default for Work<D> {
    fn default() -> Self {
        Self {
            to_self: VecDeque::new(),
            early: Vec::new(),
            save: false,
            chosen: None,
            rest: Vec::new(),
        }
    }
}

impl<D: Document> Work<D> {
    fn handle(&mut self, register: &mut Register<D>, from: ShortId, message: Message<D>, now: Instant, random: u64) {
        let me = register.me;
        let answer = match message {
            Message::Prepare { epoch, ballot } => register.acceptor.on_prepare(epoch, ballot),
            Message::Accept { ballot, document } => register.acceptor.on_accept(ballot, document),
            Message::Learn { holds } => {
                let newer = register.acceptor.on_learn(holds);
                self.send_all(me, newer.map(|message| (from, message)));
                return;
            }
            Message::Chosen { document } => {
                self.learn(register, document, now);
                return;
            }
            answer @ (Message::Promise { .. } | Message::Accepted { .. } | Message::Nack { .. }) => {
                let step = register.proposer.on_answer(from, answer, now, random);
                self.take(me, step);
                return;
            }
        };
        // Before the answer is put anywhere: it depends on the save.
        self.save |= answer.save;
        self.send_all(me, [(from, answer.reply)]);
    }

    fn learn(&mut self, register: &mut Register<D>, document: D, now: Instant) {
        match register.acceptor.on_chosen(document.clone()) {
            Learned::Newer => {
                self.save = true;
                self.chosen = Some(document.clone());
            }
            Learned::Known => {}
            Learned::Conflict => self.rest.push(Output::Conflict(document.clone())),
        }
        let step = register.proposer.on_chosen(document, now);
        self.take(register.me, step);
    }

    fn take(&mut self, me: ShortId, step: Step<D>) {
        self.send_all(me, step.send);
        if let Some(outcome) = step.outcome {
            // What this node sees chosen it holds, whether or not it is a voter.
            if let Outcome::Made(document) | Outcome::Newest(document) | Outcome::Refused { newest: document, .. } =
                &outcome
            {
                let document = document.clone();
                self.to_self.push_front(Message::Chosen { document });
            }
            self.rest.push(Output::Done(outcome));
        }
    }

    fn send_all(&mut self, me: ShortId, messages: impl IntoIterator<Item = (ShortId, Message<D>)>) {
        for (to, message) in messages {
            if to == me {
                self.to_self.push_back(message);
            } else {
                let sends = if self.save { &mut self.rest } else { &mut self.early };
                sends.push(Output::Send { to, message });
            }
        }
    }

    /// Each message of a node to itself leads to fewer of them: a question to an answer, an answer to the next phase, a chosen document to none or, once, to a new attempt.
    fn finish(mut self, register: &mut Register<D>, now: Instant, random: u64) -> Vec<Output<D>> {
        while let Some(message) = self.to_self.pop_front() {
            self.handle(register, register.me, message, now, random);
        }
        let mut outputs = self.early;
        outputs.extend(self.save.then_some(Output::Save));
        outputs.extend(self.chosen.map(Output::Chosen));
        outputs.append(&mut self.rest);
        outputs
    }
}

#[cfg(test)]
#[path = "../tests/register/toy.rs"]
pub(crate) mod toy;
