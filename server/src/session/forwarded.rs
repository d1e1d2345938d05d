//! Commands that a peer forwards, because this node coordinates their arc.
//!
//! They run like a client's batch. What can be answered at once is; otherwise the frame's commands are kept (the read buffer they
//! stand in will be reused) and answered by whoever brings the last acknowledgement, without a task. Only what needs the slow path
//! gets one.

use super::caller::{Caller, Door};
use super::executor::{Executor, Reads, Scene};
use super::local;
use super::outcomes::{Outcome, Outcomes};
use super::plan::{Part, Plan, Planned};
use crate::link::outbox::Outbox;
use crate::node::Node;
use crate::routes::Routes;
use crate::turn::{Finish, Turn};
use circlet_core::control::Now;
use circlet_core::message::Malformed;
use circlet_core::message::batch::{Batch, Item, RunHow};
use circlet_core::message::batch_reply::{self, ItemResult, Refusal};
use circlet_resp::command::resolve;
use circlet_resp::{ArgRange, Args, ReplyBuf};
use std::sync::Arc;

/// The commands of a frame, kept until they are answered.
struct Commands {
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
    /// For each command: where its arguments stand in `ranges`, and how it is to be run.
    commands: Vec<(std::ops::Range<u32>, RunHow)>,
}

impl Commands {
    fn read(batch: Batch<'_>) -> Result<Self, Malformed> {
        let mut commands = Commands {
            bytes: Vec::new(),
            ranges: Vec::new(),
            commands: Vec::new(),
        };
        for item in batch.items() {
            let Item::Run { how, arguments } = item? else {
                return Err(Malformed("commands beside other items"));
            };
            let first = commands.ranges.len() as u32;
            for argument in arguments.iter() {
                let start = commands.bytes.len() as u32;
                commands.bytes.extend_from_slice(argument);
                let range = ArgRange::new(start, commands.bytes.len() as u32);
                commands
                    .ranges
                    .push(range.ok_or(Malformed("an argument of no length"))?);
            }
            commands.commands.push((first..commands.ranges.len() as u32, how));
        }
        Ok(commands)
    }

    fn args(&self, command: u32) -> Args<'_> {
        let range = &self.commands[command as usize].0;
        let ranges = &self.ranges[range.start as usize..range.end as usize];
        // Every range was made beside its bytes.
        Args::new(&self.bytes, ranges).unwrap_or(Args::EMPTY)
    }
}

/// One frame of forwarded commands on its way.
struct Forwarded {
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    turn_number: u32,
    caller: Caller,
    commands: Commands,
    plan: Plan,
    replies: ReplyBuf,
    /// What commands that were not planned are answered.
    unplanned: Vec<(u32, Unplanned)>,
    /// How many parts ran; the others are refused, for the replies are long enough.
    ran: usize,
    outcomes: Outcomes,
}

/// The answer to a command that does not go through a plan.
enum Unplanned {
    /// A peer asked for this node's own share of it.
    Local(Vec<u8>),
    Refused(Refusal),
}

/// Runs the commands of a frame; what is answered at once is appended to `answers`.
pub(crate) fn run(
    node: &Arc<Node>,
    routes: &Arc<Routes>,
    now: Now,
    batch: Batch<'_>,
    outbox: &Arc<Outbox>,
    answers: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let commands = Commands::read(batch)?;
    let how = commands.commands.first().map_or(RunHow::PLAIN, |(_, how)| *how);
    let caller = Caller::forwarded(how);
    let mut this = Forwarded {
        node: Arc::clone(node),
        outbox: Arc::clone(outbox),
        turn_number: batch.turn,
        replies: ReplyBuf::new(caller.proto),
        caller,
        commands,
        plan: Plan::default(),
        unplanned: Vec::new(),
        ran: 0,
        outcomes: Outcomes::default(),
    };
    this.make_plan(routes, now, batch.epoch);
    let ran = {
        let config = node.config.current();
        let Forwarded {
            plan,
            commands,
            replies,
            caller,
            ..
        } = &mut this;
        let scene = Scene {
            node,
            config: &config,
            routes,
            caller,
            now,
            reads: Reads::Check,
        };
        Executor::default().run(scene, plan, &|part: &Part| commands.args(part.command), replies)
    };
    this.ran = ran.parts;
    match ran.turn {
        None => this.answer(answers),
        Some(turn) => turn.when_done(Box::new(this)),
    }
    Ok(())
}

impl Forwarded {
    fn make_plan(&mut self, routes: &Routes, now: Now, epoch: u64) {
        let config = self.node.config.current();
        let scene = Scene {
            node: &self.node,
            config: &config,
            routes,
            caller: &self.caller,
            now,
            reads: Reads::Check,
        };
        for command in 0..self.commands.commands.len() as u32 {
            let how = self.commands.commands[command as usize].1;
            let args = self.commands.args(command);
            let unplanned = if how.local {
                Unplanned::Local(local::share(&self.node, routes, &args.iter().collect::<Vec<_>>()))
            } else if epoch != routes.epoch {
                Unplanned::Refused(Refusal::OtherEpoch)
            } else {
                match resolve(args).map(|spec| self.plan.add(scene, command, spec, args, how.part)) {
                    Ok(Planned::Yes) => continue,
                    // The peer checked the command before it forwarded it: it is of another version.
                    Ok(Planned::Refused(_) | Planned::CrossSlot | Planned::NoKeys) | Err(_) => {
                        Unplanned::Refused(Refusal::Unreadable)
                    }
                }
            };
            self.unplanned.push((command, unplanned));
        }
    }

    /// Appends the answer to the frame.
    fn answer(&self, out: &mut Vec<u8>) {
        let mut results = Vec::new();
        let mut unplanned = self.unplanned.iter().peekable();
        let mut outcomes = self.outcomes.walk();
        let mut part = 0;
        for command in 0..self.commands.commands.len() as u32 {
            let result = match unplanned.next_if(|(index, _)| *index == command) {
                Some((_, Unplanned::Local(reply))) => ItemResult::Reply(reply),
                Some((_, Unplanned::Refused(refusal))) => ItemResult::Refused(*refusal),
                None => {
                    // Every forwarded command is one part: the peer has cut it to that.
                    part += 1;
                    self.result(part - 1, outcomes.at(part - 1))
                }
            };
            batch_reply::put_result(&mut results, result);
        }
        batch_reply::put_results(out, self.turn_number, self.commands.commands.len() as u32, &results);
    }

    fn result<'a>(&'a self, part: usize, outcome: Outcome<'a>) -> ItemResult<'a> {
        match outcome {
            _ if part >= self.ran => ItemResult::Refused(Refusal::Busy),
            Outcome::Problem(_) => ItemResult::Refused(Refusal::Busy),
            Outcome::Reply(reply) => ItemResult::Reply(reply),
            Outcome::AsWritten => {
                let range = &self.plan.parts[part].reply;
                ItemResult::Reply(&self.replies.as_bytes()[range.start as usize..range.end as usize])
            }
        }
    }

    fn send(&self) {
        // A closed outbox means that the peer's link ended: it has given up on the answer.
        let _ = self.outbox.append(|out| self.answer(out));
    }
}

impl Finish for Forwarded {
    fn finish(mut self: Box<Self>, turn: &Arc<Turn>) {
        self.outcomes.take(turn);
        if !self.outcomes.has_problems() {
            self.send();
            return;
        }
        tokio::spawn(async move {
            let Forwarded {
                node,
                caller,
                plan,
                commands,
                outcomes,
                ..
            } = &mut *self;
            let args_of = |part: &Part| commands.args(part.command);
            outcomes
                .settle(node, caller, plan, &args_of, Door::Peer.reply_bytes_max())
                .await;
            self.send();
        });
    }
}
