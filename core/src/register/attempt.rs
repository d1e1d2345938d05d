//! One attempt to decide one epoch: a ballot, from the first question to the last vote. No time, no retry.

use std::collections::BTreeSet;

use super::ballot::Ballot;
use super::document::{Document, next};
use super::message::Message;
use super::rules::Rules;
use super::short_id::ShortId;
use super::voters::Voters;
use crate::topology::Epoch;

/// An attempt under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Attempt<D> {
    ballot: Ballot,
    // Known to be chosen: its voters decide.
    base: D,
    phase: Phase<D>,
    answered: Answered,
    rules: Rules,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Phase<D> {
    /// Asks for promises; `wanted` is what to propose if nobody accepted anything, or nothing for a read.
    Preparing {
        wanted: Option<D>,
        latest: Option<(Ballot, D)>,
    },
    /// Asks for votes.
    Accepting { document: D },
}

/// Who answered in this phase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Answered {
    yes: BTreeSet<ShortId>,
    no: BTreeSet<ShortId>,
    // Sent the base once; whoever still lacks it then counts as refusing.
    taught: BTreeSet<ShortId>,
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress<D> {
    /// Nothing yet.
    Waiting,
    /// These messages leave.
    Send(Vec<(ShortId, Message<D>)>),
    /// The document is chosen.
    Chosen(D),
    /// Nothing was accepted above the base: it was the newest chosen document when the attempt began.
    Unchanged,
    /// Too many refuse. A later attempt must have a round above this.
    Lost { round: u64 },
}

impl<D: Document> Attempt<D> {
    pub(super) fn new(ballot: Ballot, base: D, wanted: Option<D>, rules: Rules) -> Self {
        Self {
            ballot,
            base,
            phase: Phase::Preparing { wanted, latest: None },
            answered: Answered::default(),
            rules,
        }
    }

    /// The epoch to be decided.
    pub(super) fn epoch(&self) -> Epoch {
        next(self.base.epoch())
    }

    pub(super) fn base(&self) -> &D {
        &self.base
    }

    pub(super) fn ballot(&self) -> Ballot {
        self.ballot
    }

    /// What it has asked votes for: that may be chosen, or become so, whatever happens to the attempt.
    pub(super) fn offered(&self) -> Option<&D> {
        match &self.phase {
            Phase::Preparing { .. } => None,
            Phase::Accepting { document } => Some(document),
        }
    }

    /// How many of the voters that decide have answered, and how many must.
    pub(super) fn reached(&self) -> (usize, usize) {
        let old = self.base.voters();
        (old.count_in(&self.answered.yes), old.majority())
    }

    /// This phase's question to everyone whose answer may count.
    pub(super) fn questions(&self) -> Vec<(ShortId, Message<D>)> {
        let asked: BTreeSet<ShortId> = self.lists().iter().flat_map(Voters::iter).collect();
        asked.into_iter().map(|to| (to, self.question())).collect()
    }

    fn question(&self) -> Message<D> {
        match &self.phase {
            Phase::Preparing { .. } => Message::Prepare {
                epoch: self.epoch(),
                ballot: self.ballot,
            },
            Phase::Accepting { document } => Message::Accept {
                ballot: self.ballot,
                document: document.clone(),
            },
        }
    }

    /// The lists of which a majority each is needed: the old voters, and the new ones of what is proposed.
    fn lists(&self) -> Vec<Voters> {
        let proposed = match &self.phase {
            Phase::Preparing { wanted, .. } => wanted.as_ref(),
            Phase::Accepting { document } => Some(document),
        };
        let old = self.rules.old_majority.then(|| self.base.voters());
        let new = proposed.filter(|_| self.rules.new_majority).map(Document::voters);
        old.into_iter().chain(new).collect()
    }

    /// An acceptor promised itself to this attempt.
    pub(super) fn on_promise(&mut self, from: ShortId, accepted: Option<(Ballot, D)>) -> Progress<D> {
        let (epoch, adopt_accepted) = (self.epoch(), self.rules.adopt_accepted);
        let Phase::Preparing { latest, .. } = &mut self.phase else {
            return Progress::Waiting;
        };
        self.answered.yes.insert(from);
        if let Some((ballot, document)) = accepted.filter(|(_, it)| adopt_accepted && it.epoch() == epoch)
            && latest.as_ref().is_none_or(|(highest, _)| *highest < ballot)
        {
            if !self.rules.chosen_before_used {
                return Progress::Chosen(document);
            }
            *latest = Some((ballot, document));
        }
        self.ask_for_votes()
    }

    /// Once enough have promised themselves, proposes: what was accepted latest, else what is wanted.
    ///
    /// The new voters must have answered too, though agreement does not need their promise: what a majority of the old ones
    /// accepts can no longer be taken back, and would block every change while it waits for a voter that is not there.
    fn ask_for_votes(&mut self) -> Progress<D> {
        let Phase::Preparing { wanted, latest } = &mut self.phase else {
            return Progress::Waiting;
        };
        let yes = &self.answered.yes;
        let old = !self.rules.old_majority || self.base.voters().is_majority(yes);
        let document = match (latest.take(), wanted.take()) {
            (Some((_, document)), _) if old => document,
            (None, None) if old => return Progress::Unchanged,
            (None, Some(document)) if old && document.voters().is_majority(yes) => document,
            (found, kept) => {
                (*latest, *wanted) = (found, kept);
                return Progress::Waiting;
            }
        };
        self.phase = Phase::Accepting { document };
        self.answered = Answered::default();
        Progress::Send(self.questions())
    }

    /// An acceptor voted.
    pub(super) fn on_accepted(&mut self, from: ShortId) -> Progress<D> {
        let Phase::Accepting { document } = &self.phase else {
            return Progress::Waiting;
        };
        self.answered.yes.insert(from);
        let is_met = self.lists().iter().all(|list| list.is_majority(&self.answered.yes));
        if is_met {
            Progress::Chosen(document.clone())
        } else {
            Progress::Waiting
        }
    }

    /// An acceptor refused: it lacks the base, and is sent it, or has promised itself to a later attempt.
    pub(super) fn on_nack(&mut self, from: ShortId, promised: Ballot, holds: Epoch) -> Progress<D> {
        let is_behind = holds < self.base.epoch();
        if is_behind && self.answered.taught.insert(from) {
            let document = self.base.clone();
            return Progress::Send(vec![(from, Message::Chosen { document }), (from, self.question())]);
        }
        // A refusal that was overtaken by a vote, or that is about an earlier state of the voter, says nothing.
        if is_behind || promised <= self.ballot || self.answered.yes.contains(&from) {
            return Progress::Waiting;
        }
        self.answered.no.insert(from);
        let no = &self.answered.no;
        if self.lists().iter().any(|list| list.is_blocked_by(no)) {
            return Progress::Lost { round: promised.round };
        }
        Progress::Waiting
    }
}
