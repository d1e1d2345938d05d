//! Some registers and what is between them, in which every fault is an event.

use std::collections::{BTreeMap, BTreeSet};

use circlet_core::life::Life;
use circlet_core::register::{
    Acceptor, Ballot, Document, Forced, Message, Outcome, Output, Register, Rules, ShortId, record,
};
use circlet_core::time::Instant;

use crate::change::Change;
use crate::toy::{Toy, id};

/// A rule that is left out, of the register or of its shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Planted {
    Nothing,
    Rules(Rules),
    /// Answers leave before the acceptor is on disk.
    AnswerBeforeSave,
    /// A node's lives all have the same number.
    SameLife,
}

/// Each rule, left out.
pub(crate) fn rules_left_out() -> [(&'static str, Planted); 8] {
    let all = Rules::ALL;
    let without = |rules| Planted::Rules(rules);
    [
        (
            "keep promises",
            without(Rules {
                keep_promises: false,
                ..all
            }),
        ),
        (
            "adopt accepted",
            without(Rules {
                adopt_accepted: false,
                ..all
            }),
        ),
        (
            "old majority",
            without(Rules {
                old_majority: false,
                ..all
            }),
        ),
        (
            "new majority",
            without(Rules {
                new_majority: false,
                ..all
            }),
        ),
        (
            "chosen before used",
            without(Rules {
                chosen_before_used: false,
                ..all
            }),
        ),
        (
            "vote from base",
            without(Rules {
                vote_from_base: false,
                ..all
            }),
        ),
        ("save before answer", Planted::AnswerBeforeSave),
        ("life in ballot", Planted::SameLife),
    ]
}

/// What must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Violation {
    /// Two documents of one epoch are held as chosen, or were.
    TwoDocuments,
    /// A chosen document does not follow the chosen one before: something chosen was undone.
    BrokenChain,
    /// A chosen document is not on the disks of a majority of its own voters.
    CanBeLost,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Envelope {
    pub(crate) from: ShortId,
    pub(crate) to: ShortId,
    pub(crate) message: Message<Toy>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    register: Register<Toy>,
    disk: Acceptor<Toy>,
    life: u64,
    proposals: u64,
}

/// What happened, beside what the nodes know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    /// Who ever voted for what in which attempt.
    votes: BTreeMap<(Toy, Ballot), BTreeSet<ShortId>>,
    pub(crate) outcomes: Vec<(ShortId, Outcome<Toy>)>,
}

/// Some nodes, what is on its way between them, and what any of them ever held as chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    nodes: BTreeMap<ShortId, Node>,
    pub(crate) network: BTreeSet<Envelope>,
    planted: Planted,
    // Who dies at the next save, before it is on disk.
    doomed: Option<ShortId>,
    // Every document that any node ever held as chosen, in the order of their epochs.
    believed: BTreeSet<Toy>,
    // Not where all schedules are looked at: what happened unseen is seen in another schedule.
    pub(crate) history: Option<History>,
    violations: BTreeSet<Violation>,
}

impl World {
    /// A cluster formed by `members`, of whom `first` names the voters, and some nodes that have joined nothing yet.
    pub(crate) fn new(first: Toy, members: &[u64], joiners: &[u64], planted: Planted) -> Self {
        let formed = members.iter().map(|&member| (id(member), Acceptor::formed(first)));
        let joining = joiners.iter().map(|&joiner| (id(joiner), Acceptor::empty()));
        let all = formed.chain(joining);
        Self {
            nodes: all.map(|(me, disk)| (me, Node::start(me, 1, disk, planted))).collect(),
            network: BTreeSet::new(),
            planted,
            doomed: None,
            believed: BTreeSet::from([first]),
            history: None,
            violations: BTreeSet::new(),
        }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ShortId> + '_ {
        self.nodes.keys().copied()
    }

    pub(crate) fn register(&self, node: ShortId) -> &Register<Toy> {
        &self.nodes[&node].register
    }

    pub(crate) fn held(&self, node: ShortId) -> Option<Toy> {
        self.register(node).acceptor().chosen().copied()
    }

    /// Has `node` propose a change of what it holds; false if it cannot.
    pub(crate) fn propose(&mut self, node: ShortId, change: Change, now: Instant) -> bool {
        let base = self.held(node);
        let at = self.at(node);
        let tag = node.get() * 1000 + at.proposals + 1;
        let Some(wanted) = base.and_then(|base| change.of(base, tag)) else {
            return false;
        };
        at.proposals += 1;
        let proposed = at.register.propose(wanted, now);
        proposed.map(|outputs| self.obey(node, outputs)).is_ok()
    }

    /// Has `node` ask for the newest document; false if it cannot.
    pub(crate) fn read(&mut self, node: ShortId, now: Instant) -> bool {
        let read = self.at(node).register.read(now);
        read.map(|outputs| self.obey(node, outputs)).is_ok()
    }

    /// Has `node` go on with the voters given, whatever the others say.
    pub(crate) fn force(&mut self, node: ShortId, voters: impl IntoIterator<Item = u64>) -> Forced<Toy> {
        let forced = self.at(node).register.force(|base, epoch| base.forced(epoch, voters));
        let forced = forced.expect("a node that holds a document");
        self.obey(node, forced.outputs.clone());
        forced
    }

    /// Delivers a message, which stays in the network, to be delivered again or not.
    pub(crate) fn deliver(&mut self, envelope: &Envelope, now: Instant, random: u64) {
        let Envelope { from, to, message } = envelope.clone();
        let outputs = self.at(to).register.on_message(from, message, now, random);
        self.obey(to, outputs);
    }

    /// Delivers a message to a node that dies as it saves what follows from it; it does not if nothing is to be saved.
    pub(crate) fn deliver_to_doomed(&mut self, envelope: &Envelope, now: Instant, random: u64) {
        self.doomed = Some(envelope.to);
        self.deliver(envelope, now, random);
        self.doomed = None;
    }

    /// Has the earliest deadline of `node` pass.
    pub(crate) fn pass_deadline(&mut self, node: ShortId, random: u64) -> Option<Instant> {
        let now = self.register(node).next_deadline()?;
        let outputs = self.at(node).register.on_deadline(now, random);
        self.obey(node, outputs);
        Some(now)
    }

    /// Has deadlines of `node` pass until it tries again or gives up.
    pub(crate) fn try_again(&mut self, node: ShortId) {
        while let Some(now) = self.register(node).next_deadline() {
            let outputs = self.at(node).register.on_deadline(now, 0);
            if !outputs.is_empty() {
                self.obey(node, outputs);
                return;
            }
        }
    }

    /// A node starts anew, from its disk.
    pub(crate) fn crash(&mut self, node: ShortId) {
        let planted = self.planted;
        let at = self.at(node);
        let life = at.life + u64::from(planted != Planted::SameLife);
        // Through its bytes, unless what is on disk is wrong on purpose.
        let disk = match planted {
            Planted::Nothing => record::decode(&record::encode(&at.disk)).expect("what was written"),
            _ => at.disk.clone(),
        };
        let proposals = at.proposals;
        *at = Node {
            proposals,
            ..Node::start(node, life, disk, planted)
        };
    }

    /// Takes away the messages that come to nothing, now and later, so that worlds which differ only in those are looked at once: what was
    /// answered, if the answer is on its way or comes to nothing itself; what is about an attempt or an epoch that is over.
    ///
    /// Refusals of attempts go too: they only hurry a proposer, and a schedule in which they are lost is as good as any.
    pub(crate) fn forget_idle_messages(&mut self) {
        // A proposer that forgot its attempts may make one of them again, and then old answers count.
        if self.planted != Planted::SameLife {
            let idle: Vec<Envelope> = self
                .network
                .iter()
                .filter(|envelope| self.is_idle(envelope))
                .cloned()
                .collect();
            self.network.retain(|envelope| idle.binary_search(envelope).is_err());
        }
    }

    fn is_idle(&self, envelope: &Envelope) -> bool {
        if let Message::Nack { epoch, holds, .. } = &envelope.message
            && holds.get() + 1 >= epoch.get()
        {
            return true;
        }
        let before = self.register(envelope.to);
        let mut after = before.clone();
        let outputs = after.on_message(envelope.from, envelope.message.clone(), Instant::ZERO, 0);
        let is_nothing = |output| match output {
            Output::Send { to, message } => {
                let from = envelope.to;
                let reply = Envelope { from, to, message };
                self.network.contains(&reply) || self.is_idle(&reply)
            }
            _ => false,
        };
        after == *before && outputs.into_iter().all(is_nothing)
    }

    fn at(&mut self, node: ShortId) -> &mut Node {
        self.nodes.get_mut(&node).expect("a node of this world")
    }

    fn obey(&mut self, node: ShortId, outputs: Vec<Output<Toy>>) {
        for output in outputs {
            match output {
                Output::Save if self.doomed == Some(node) => {
                    self.crash(node);
                    break;
                }
                Output::Save if self.planted == Planted::AnswerBeforeSave => {}
                Output::Save => {
                    let at = self.at(node);
                    at.disk = at.register.acceptor().clone();
                }
                Output::Send { to, message } => {
                    let from = node;
                    self.network.insert(Envelope { from, to, message });
                }
                Output::Chosen(document) | Output::Conflict(document) => {
                    self.believe(document);
                }
                Output::Done(outcome) => {
                    if let Some(history) = &mut self.history {
                        history.outcomes.push((node, outcome));
                    }
                }
            }
        }
        let vote = self.register(node).acceptor().accepted().copied();
        if let (Some(history), Some((ballot, document))) = (&mut self.history, vote) {
            let said = history.votes.entry((document, ballot)).or_default();
            if said.insert(node) && document.old_voters().is_majority(said) && document.voters().is_majority(said) {
                // Nobody may ever have noticed.
                self.believe(document);
            }
        }
    }

    /// What went wrong so far.
    pub(crate) fn violations(&self) -> &BTreeSet<Violation> {
        &self.violations
    }

    fn believe(&mut self, document: Toy) {
        self.believed.insert(document);
        let believed: Vec<&Toy> = self.believed.iter().collect();
        let mut violations = Vec::new();
        if believed.windows(2).any(|pair| pair[0].epoch == pair[1].epoch) {
            violations.push(Violation::TwoDocuments);
        }
        let follows = |pair: &[&Toy]| pair[0].tag == pair[1].parent || pair[0].epoch == pair[1].epoch;
        if !believed.windows(2).all(follows) {
            violations.push(Violation::BrokenChain);
        }
        if believed.into_iter().any(|document| self.can_be_lost(document)) {
            violations.push(Violation::CanBeLost);
        }
        self.violations.extend(violations);
    }

    fn can_be_lost(&self, document: &Toy) -> bool {
        let holds = |node: &Node| {
            let accepted = node.disk.accepted().is_some_and(|(_, accepted)| accepted == document);
            accepted || node.disk.holds() >= document.epoch()
        };
        let holders = self.nodes.iter().filter(|(_, node)| holds(node));
        !document.voters().is_majority(&holders.map(|(id, _)| *id).collect())
    }
}

impl Node {
    fn start(me: ShortId, life: u64, disk: Acceptor<Toy>, planted: Planted) -> Self {
        let mut register = Register::new(me, Life::new(life), disk.clone());
        if let Planted::Rules(rules) = planted {
            register = register.with_rules(rules);
        }
        Self {
            register,
            disk,
            life,
            proposals: 0,
        }
    }
}
