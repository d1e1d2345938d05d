//! A node's part in agreeing on the topology: the core's register, over the links of everything else, with a disk that forgets nothing.
//!
//! What `server/src/node/agreement.rs` does with a task and a file.

use std::collections::VecDeque;
use std::sync::Arc;

use circlet_core::control::Event;
use circlet_core::life::Life;
use circlet_core::moves::{Change, apply};
use circlet_core::register::{Acceptor, Message, Outcome, Output as Wish, Register, Rules, ShortId};
use circlet_core::time::Instant;
use circlet_core::topology::Topology;
use circlet_ring::NodeId;

use super::{Node, Output};
use crate::bug::Bug;
use crate::letter::Letter;
use crate::random::Random;

/// How often a change is made anew because another one was chosen before it.
const TRIES_MAX: u32 = 20;

/// The register, and the operators' changes that wait for it.
pub(super) struct Agreement {
    register: Register<Arc<Topology>>,
    random: Random,
    waiting: VecDeque<Wanted>,
    /// What the register is proposing, if an operator waits for it: not so for what the driver wants.
    under_way: Option<Wanted>,
}

#[derive(Debug)]
struct Wanted {
    change: Change,
    tries: u32,
}

impl Agreement {
    /// With what the disk has kept.
    pub(super) fn new(
        me: ShortId,
        life: Life,
        acceptor: Acceptor<Arc<Topology>>,
        random: Random,
        bug: Option<Bug>,
    ) -> Self {
        let rules = Rules {
            keep_promises: bug != Some(Bug::BreakPromises),
            ..Rules::ALL
        };
        Self {
            register: Register::new(me, life, acceptor).with_rules(rules),
            random,
            waiting: VecDeque::new(),
            under_way: None,
        }
    }

    pub(super) fn next_deadline(&self) -> Instant {
        self.register.next_deadline().unwrap_or(Instant::FAR_FUTURE)
    }
}

impl Node {
    /// An operator asks this node for a change.
    pub(super) fn want(&mut self, change: Change) {
        self.agreement.waiting.push_back(Wanted { change, tries: 0 });
        self.go_on_agreeing(Vec::new(), None);
    }

    /// The driver's proposal. It is proposed again if another one is under way, or it is too late.
    pub(super) fn propose(&mut self, topology: Arc<Topology>) {
        if self.is_disk_slow {
            return;
        }
        let wishes = self.agreement.register.propose(topology, self.now.mono);
        self.go_on_agreeing(wishes.unwrap_or_default(), None);
    }

    /// Asks the peer for what it knows to be chosen; if nobody is asked, the question comes again.
    pub(super) fn fetch_topology(&mut self, peer: NodeId) {
        let holds = self.agreement.register.acceptor().holds();
        self.say(self.place_of(peer), Letter::Register(Message::Learn { holds }));
    }

    /// It is answered on the connection that it came on: also one that is no member any more must hear of that.
    pub(super) fn on_register(&mut self, from: usize, connection: u64, message: Message<Arc<Topology>>) {
        if self.is_disk_slow {
            return self.stalled.push_back((from, connection, message));
        }
        let sender = ShortId::from(&self.id_of(from));
        let random = self.agreement.random.next();
        let wishes = (self.agreement.register).on_message(sender, message, self.now.mono, random);
        self.go_on_agreeing(wishes, Some((sender, connection)));
    }

    /// The disk has done what it was asked.
    pub(super) fn go_on_after_stall(&mut self) {
        for (from, connection, message) in std::mem::take(&mut self.stalled) {
            self.on_register(from, connection, message);
        }
        self.go_on_agreeing(Vec::new(), None);
    }

    pub(super) fn on_register_deadline(&mut self) {
        if self.agreement.next_deadline() <= self.now.mono && !self.is_disk_slow {
            let random = self.agreement.random.next();
            let wishes = self.agreement.register.on_deadline(self.now.mono, random);
            self.go_on_agreeing(wishes, None);
        }
    }

    /// Obeys, until only others can go on. The last asker is answered on its own connection.
    fn go_on_agreeing(&mut self, wishes: Vec<Wish<Arc<Topology>>>, asker: Option<(ShortId, u64)>) {
        let mut wishes = wishes;
        loop {
            if let Some(outcome) = self.obey_register(wishes, asker)
                && let Some(wanted) = self.agreement.under_way.take()
            {
                self.conclude(wanted, &outcome);
            }
            match self.begin_wanted() {
                Some(begun) => wishes = begun,
                None => return,
            }
        }
    }

    /// Does what the register wants, in its order; how the proposal under way ended, if it did.
    fn obey_register(
        &mut self,
        wishes: Vec<Wish<Arc<Topology>>>,
        asker: Option<(ShortId, u64)>,
    ) -> Option<Outcome<Arc<Topology>>> {
        let mut done = None;
        // The news of a choice leaves before this node has saved it; whoever watches is to know before anybody hears of it.
        let chosen = wishes.iter().filter_map(|wish| match wish {
            Wish::Chosen(topology) => Some(Output::Chosen(Arc::clone(topology))),
            _ => None,
        });
        self.out.extend(chosen);
        for wish in wishes {
            match wish {
                Wish::Save => {
                    let holds = self.agreement.register.acceptor().holds();
                    if self.bug != Some(Bug::VoteUnsaved) || holds > self.saved {
                        self.saved = holds;
                        self.out.push(Output::Save(self.agreement.register.record()));
                    }
                }
                Wish::Chosen(topology) => self.tell(Event::TopologyChosen(topology)),
                Wish::Conflict(topology) => self.out.push(Output::Chosen(topology)),
                Wish::Send { to, message } => match asker.filter(|(asker, _)| *asker == to) {
                    Some((_, connection)) => {
                        let place = self.place_of_short(to)?;
                        self.send(place, connection, Letter::Register(message));
                    }
                    None => self.say_register(to, message),
                },
                Wish::Done(outcome) => {
                    if let Outcome::Made(topology) = &outcome {
                        self.push(topology);
                    }
                    done = Some(outcome);
                }
            }
        }
        done
    }

    /// Tells every member of a document that this node had chosen.
    fn push(&mut self, topology: &Arc<Topology>) {
        for member in topology.members() {
            let message = Message::Chosen {
                document: Arc::clone(topology),
            };
            if member.id != self.id {
                self.say_register(ShortId::from(&member.id), message);
            }
        }
    }

    /// What cannot be sent is lost, as anything may be.
    fn say_register(&mut self, to: ShortId, message: Message<Arc<Topology>>) {
        if let Some(place) = self.place_of_short(to) {
            self.say(place, Letter::Register(message));
        }
    }

    /// Whom this node has a link to, or would have.
    fn place_of_short(&self, id: ShortId) -> Option<usize> {
        let held = self.agreement.register.acceptor().chosen()?;
        let place = held.index_of_short(id.get())?.get();
        (place < self.links.len()).then_some(place)
    }

    /// Begins the next change that an operator waits for; none if there is none, or the register is busy.
    fn begin_wanted(&mut self) -> Option<Vec<Wish<Arc<Topology>>>> {
        if self.agreement.under_way.is_some() || self.is_disk_slow {
            return None;
        }
        loop {
            let wanted = self.agreement.waiting.pop_front()?;
            let held = self.agreement.register.acceptor().chosen()?;
            let next = match apply(held, &wanted.change) {
                Ok(next) => Arc::new(next),
                Err(error) => {
                    self.out
                        .push(Output::Note(format!("not done: {:?}: {error}", wanted.change)));
                    self.out.push(Output::ChangeEnded { is_made: false });
                    continue;
                }
            };
            let Ok(wishes) = self.agreement.register.propose(next, self.now.mono) else {
                self.agreement.waiting.push_front(wanted);
                return None;
            };
            self.agreement.under_way = Some(wanted);
            return Some(wishes);
        }
    }

    /// The change has been decided, or is to be tried again.
    fn conclude(&mut self, wanted: Wanted, outcome: &Outcome<Arc<Topology>>) {
        let word = match outcome {
            Outcome::Made(_) => "made",
            Outcome::Refused { unsure: false, .. } if wanted.tries < TRIES_MAX => {
                let tries = wanted.tries + 1;
                return self.agreement.waiting.push_front(Wanted { tries, ..wanted });
            }
            Outcome::Refused { .. } | Outcome::Newest(_) => "overtaken",
            Outcome::Unreachable { unsure: false, .. } => "unreachable",
            Outcome::Unreachable { .. } => "unsure",
        };
        self.out.push(Output::Note(format!("{word}: {:?}", wanted.change)));
        let is_made = word == "made";
        self.out.push(Output::ChangeEnded { is_made });
    }
}
