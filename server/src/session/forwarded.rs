//! Commands that a peer forwards, because this node coordinates their arc.
//!
//! They run like a client's batch, their arguments being slices of the frame. What can be answered at once is; otherwise the frame is
//! kept (the read buffer that it stands in will be reused) and answered by whoever brings the last acknowledgement, without a task.
//! Only what needs the slow path gets one. Plan, executor and buffers serve one frame after the other: a warm link allocates nothing.

use super::caller::{Caller, Door};
use super::executor::Executor;
use super::local;
use super::outcomes::{Outcome, Outcomes};
use super::plan::{Part, Plan, Planned};
use super::scene::{Reads, Scene};
use crate::link::outbox::Outbox;
use crate::node::Node;
use crate::routes::Routes;
use crate::turn::{Finish, Problem, Turn};
use circlet_core::control::Now;
use circlet_core::message::Malformed;
use circlet_core::message::batch::{Batch, Item, RunHow};
use circlet_core::message::batch_reply::{self, ItemResult, Refusal};
use circlet_core::stamp::Stamp;
use circlet_resp::command::resolve;
use circlet_resp::{ArgRange, Args, ReplyBuf};
use parking_lot::Mutex;
use std::ops::Range;
use std::sync::{Arc, Weak};

/// Frames of one link whose memory is kept for later ones. More than these are only on their way at once when their commands wait.
const SPARE_FRAMES_MAX: usize = 16;

/// Memory that a kept frame may have for each of its buffers, in bytes.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// Commands that a kept frame has memory for.
const KEPT_COMMANDS_MAX: usize = 256;

/// Runs the commands that come over one link.
pub(crate) struct Forwarder {
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    executor: Executor,
    spares: Arc<Spares>,
}

type Spares = Mutex<Vec<Box<Forwarded>>>;

/// The commands of a frame.
#[derive(Default)]
struct Commands {
    /// Where each argument stands in the frame's body.
    ranges: Vec<ArgRange>,
    /// For each command: where its arguments stand in `ranges`, and how it is to be run.
    commands: Vec<(Range<u32>, RunHow)>,
}

impl Commands {
    fn read(&mut self, body: &[u8], batch: Batch<'_>) -> Result<(), Malformed> {
        for item in batch.items() {
            let Item::Run { how, arguments } = item? else {
                return Err(Malformed("commands beside other items"));
            };
            let first = self.ranges.len() as u32;
            for (start, end) in arguments.places(body.len()) {
                // A frame is shorter than 4 GiB.
                let range = ArgRange::new(start as u32, end as u32);
                self.ranges.push(range.ok_or(Malformed("an argument of no length"))?);
            }
            self.commands.push((first..self.ranges.len() as u32, how));
        }
        Ok(())
    }

    fn len(&self) -> u32 {
        self.commands.len() as u32
    }

    fn args<'a>(&'a self, body: &'a [u8], command: u32) -> Args<'a> {
        let range = &self.commands[command as usize].0;
        let ranges = &self.ranges[range.start as usize..range.end as usize];
        // Every range was read from this body.
        Args::new(body, ranges).unwrap_or(Args::EMPTY)
    }

    fn clear(&mut self) {
        self.ranges.clear();
        self.ranges.shrink_to(KEPT_COMMANDS_MAX * 4);
        self.commands.clear();
        self.commands.shrink_to(KEPT_COMMANDS_MAX);
    }
}

/// One frame of forwarded commands on its way.
struct Forwarded {
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    /// Where its memory goes when it is answered, if the link is still there.
    spares: Weak<Spares>,
    turn_number: u32,
    caller: Caller,
    commands: Commands,
    /// The frame's body, if its commands have to wait.
    body: Vec<u8>,
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

impl Forwarder {
    /// For a link whose answers leave by this outbox.
    pub(crate) fn new(node: &Arc<Node>, outbox: &Arc<Outbox>) -> Self {
        Forwarder {
            node: Arc::clone(node),
            outbox: Arc::clone(outbox),
            executor: Executor::default(),
            spares: Arc::default(),
        }
    }

    /// Runs the commands of a frame with this body; what is answered at once is appended to `answers`.
    ///
    /// # Errors
    /// [`Malformed`] when they are none: nothing was run.
    pub(crate) fn run(
        &mut self,
        routes: &Routes,
        now: Now,
        body: &[u8],
        batch: Batch<'_>,
        answers: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        let mut frame = self.frame();
        frame.commands.read(body, batch)?;
        let how = frame.commands.commands.first().map_or(RunHow::PLAIN, |(_, how)| *how);
        frame.turn_number = batch.turn;
        frame.caller = Caller::forwarded(how);
        frame.replies.set_proto(frame.caller.proto);
        let turn = frame.run(&mut self.executor, routes, now, body, batch.epoch);
        match turn {
            None => {
                frame.answer(answers);
                frame.retire();
            }
            Some(turn) => {
                frame.body.extend_from_slice(body);
                turn.when_done(frame);
            }
        }
        Ok(())
    }

    fn frame(&self) -> Box<Forwarded> {
        let spare = self.spares.lock().pop();
        spare.unwrap_or_else(|| {
            Box::new(Forwarded {
                node: Arc::clone(&self.node),
                outbox: Arc::clone(&self.outbox),
                spares: Arc::downgrade(&self.spares),
                turn_number: 0,
                caller: Caller::forwarded(RunHow::PLAIN),
                commands: Commands::default(),
                body: Vec::new(),
                plan: Plan::default(),
                replies: ReplyBuf::default(),
                unplanned: Vec::new(),
                ran: 0,
                outcomes: Outcomes::default(),
            })
        })
    }
}

impl Forwarded {
    /// Plans and runs; gives the turn to wait for, if any.
    fn run(
        &mut self,
        executor: &mut Executor,
        routes: &Routes,
        now: Now,
        body: &[u8],
        epoch: u64,
    ) -> Option<Arc<Turn>> {
        let config = self.node.config.current();
        let scene = Scene {
            node: &self.node,
            config: &config,
            routes,
            caller: &self.caller,
            now,
            reads: Reads::Check,
            has_asked: false,
            detour: None,
        };
        for command in 0..self.commands.len() {
            let args = self.commands.args(body, command);
            let how = self.commands.commands[command as usize].1;
            if let Err(unplanned) = plan_one(&scene, epoch, &mut self.plan, command, args, how) {
                self.unplanned.push((command, unplanned));
            }
        }
        let args_of = |command| self.commands.args(body, command);
        let ran = executor.run(&scene, &mut self.plan, &args_of, &mut self.replies);
        self.ran = ran.parts;
        ran.turn
    }

    /// Appends the answer to the frame.
    fn answer(&self, out: &mut Vec<u8>) {
        let mut unplanned = self.unplanned.iter().peekable();
        let mut outcomes = self.outcomes.walk();
        let mut part = 0;
        // No states are among the results.
        batch_reply::put_answer(out, self.turn_number, self.commands.len(), Stamp::ZERO, |out| {
            for command in 0..self.commands.len() {
                match unplanned.next_if(|(index, _)| *index == command) {
                    Some((_, Unplanned::Local(reply))) => batch_reply::put_result(out, ItemResult::Reply(reply)),
                    Some((_, Unplanned::Refused(refusal))) => {
                        batch_reply::put_result(out, ItemResult::Refused(*refusal));
                    }
                    None => {
                        // Every forwarded command is one part: the peer has cut it to that.
                        self.put_part(out, part, outcomes.at(part));
                        part += 1;
                    }
                }
            }
        });
    }

    fn put_part(&self, out: &mut Vec<u8>, part: usize, outcome: Outcome<'_>) {
        match outcome {
            _ if part >= self.ran => batch_reply::put_result(out, ItemResult::Refused(Refusal::Busy)),
            // Given back: the asker looks again who coordinates the arc.
            Outcome::Problem(Problem::NotReady) => {
                batch_reply::put_result(out, ItemResult::Refused(Refusal::NotCaughtUp));
            }
            Outcome::Problem(_) => batch_reply::put_result(out, ItemResult::Refused(Refusal::Busy)),
            Outcome::Reply(reply) => batch_reply::put_result(out, ItemResult::Reply(reply)),
            Outcome::AsWritten => {
                let range = Part::reply_of(&self.plan.parts, part, 0);
                if self.replies.waiting() == self.replies.len() {
                    batch_reply::put_result(out, ItemResult::Reply(&self.replies.as_bytes()[range]));
                } else {
                    batch_reply::put_reply(out, self.replies.bytes_of(&range), self.replies.pieces_of(range));
                }
            }
        }
    }

    fn send(self: Box<Self>) {
        self.outbox.answer(|out| self.answer(out));
        self.retire();
    }

    /// Leaves its memory for a later frame of the link.
    fn retire(mut self: Box<Self>) {
        let Some(spares) = self.spares.upgrade() else { return };
        self.commands.clear();
        self.body.clear();
        self.body.shrink_to(KEPT_BYTES_MAX);
        self.plan.clear();
        self.replies.clear();
        self.replies.shrink_to(KEPT_BYTES_MAX);
        self.unplanned.clear();
        self.outcomes.clear();
        let mut spares = spares.lock();
        if spares.len() < SPARE_FRAMES_MAX {
            spares.push(self);
        }
    }
}

/// Plans one command of a frame, or says what it is answered instead.
fn plan_one(
    scene: &Scene<'_>,
    epoch: u64,
    plan: &mut Plan,
    command: u32,
    args: Args<'_>,
    how: RunHow,
) -> Result<(), Unplanned> {
    if how.local {
        let args: Vec<&[u8]> = args.iter().collect();
        return Err(Unplanned::Local(local::share(scene.node, scene.routes, epoch, &args)));
    }
    if epoch != scene.routes.epoch {
        return Err(Unplanned::Refused(Refusal::OtherEpoch));
    }
    let before = plan.parts.len();
    match resolve(args).map(|spec| plan.add(scene, command, spec, args, how.part)) {
        Ok(Planned::Yes) if plan.parts.len() == before + 1 => Ok(()),
        // The peer checked the command before it forwarded it, and cut it to one part: it is of another version.
        Ok(_) | Err(_) => {
            plan.truncate(before);
            Err(Unplanned::Refused(Refusal::Unreadable))
        }
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
                body,
                outcomes,
                ..
            } = &mut *self;
            let args_of = |command| commands.args(body, command);
            outcomes
                .settle(node, caller, plan, &args_of, Door::Peer.reply_bytes_max())
                .await;
            self.send();
        });
    }
}
