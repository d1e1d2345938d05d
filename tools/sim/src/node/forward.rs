//! A command's way to the node that coordinates it.

use std::time::Duration;

use circlet_core::control::Event;
use circlet_core::time::Instant;

use super::links::Why;
use super::{Node, Origin, Output, Timer};
use crate::bug::Bug;
use crate::command::{Command, Reply};
use crate::letter::{Answer, Question};

/// How long a command waits for somebody to coordinate it.
pub(super) const PATIENCE: Duration = Duration::from_millis(1000);

/// How long one that was sent on waits for its reply.
const FORWARDED_MAX: Duration = Duration::from_millis(1200);

/// A command that was not run yet, as far as this node knows.
#[derive(Debug, Clone)]
pub(super) struct Parked {
    pub(super) command: Command,
    pub(super) origin: Origin,
    pub(super) until: Instant,
}

impl Node {
    /// Runs the command here, sends it to its coordinator, or lets it wait until there is one.
    pub(super) fn route(&mut self, command: Command, origin: Origin, until: Instant) {
        let arc = *self.view.arc(self.arc_of(&command.key));
        if !self.holds_lease() {
            return self.park(command, origin, until);
        }
        match arc.coordinator() {
            Some(_) if arc.is_mine() => {
                if self.may_coordinate(&command) {
                    return self.execute(command, origin, until, 0);
                }
                self.tell(Event::ArcWanted(self.arc_of(&command.key)));
                self.park(command, origin, until);
            }
            Some(position) if matches!(origin, Origin::Client) => {
                self.forward(arc.owner(position).get(), command, origin, until);
            }
            Some(_) => {
                let Origin::Peer { place, connection, id } = origin else {
                    return;
                };
                self.answer(place, connection, id, Answer::Refused("not the coordinator"));
            }
            None => self.park(command, origin, until),
        }
    }

    /// Whether this node may decide on the command now.
    pub(super) fn may_coordinate(&self, command: &Command) -> bool {
        let arc = self.view.arc(self.arc_of(&command.key));
        let needed = usize::from(command.level.needed(arc.read_set().len() as u8));
        self.holds_lease() && arc.is_mine() && arc.may_coordinate(needed)
    }

    /// Looks at all that waits again.
    pub(super) fn route_parked(&mut self) {
        self.unpark = false;
        for parked in std::mem::take(&mut self.parked) {
            if parked.until < self.now.mono {
                let nobody = Reply::Refused("NOQUORUM nobody coordinates".into());
                self.reply(&parked.command, parked.origin, nobody);
            } else {
                self.route(parked.command, parked.origin, parked.until);
            }
        }
    }

    pub(super) fn on_forward_answer(&mut self, parked: Parked, answer: Answer) {
        match answer {
            Answer::Ran(reply) => self.reply(&parked.command, parked.origin, reply),
            // It was not run.
            _ => self.parked.push(parked),
        }
    }

    /// The link broke, or the time is up: nobody knows whether it was run.
    pub(super) fn on_forward_lost(&mut self, parked: Parked) {
        if parked.command.is_read() || self.bug == Some(Bug::RetryForwarded) {
            self.parked.push(parked);
        } else {
            let unknown = Reply::Unknown("the link to the coordinator broke".into());
            self.reply(&parked.command, parked.origin, unknown);
        }
    }

    fn forward(&mut self, to: usize, command: Command, origin: Origin, until: Instant) {
        let question = Question::Run(command.clone());
        let why = Why::Forward(Box::new(Parked { command, origin, until }));
        match self.ask(to, question, why) {
            Ok(id) => self.out.push(Output::Timer {
                after: FORWARDED_MAX,
                timer: Timer::Forwarded(id),
            }),
            Err(Why::Forward(parked)) => self.parked.push(*parked),
            Err(_) => {}
        }
    }

    fn holds_lease(&self) -> bool {
        self.now.mono <= self.lease_until || self.bug == Some(Bug::IgnoreLease)
    }

    fn park(&mut self, command: Command, origin: Origin, until: Instant) {
        self.parked.push(Parked { command, origin, until });
    }
}
