//! A batch of commands on keys, from its plan to its replies.
//!
//! It runs as a whole, unless its replies become longer than a connection is to hold: then what they are of is sent, and the rest of
//! the plan runs after that. So a client that does not read its replies has no more of its commands run. A command of very many keys is
//! planned and run in pieces (see `plan.rs`); the replies of its parts are kept until its last piece has run.

use super::accesses;
use super::caller::Caller;
use super::executor::Executor;
use super::outcomes::{Outcome, Outcomes, Walk};
use super::output::Output;
use super::plan::{Part, Plan, Whole};
use super::scene::{Reads, Scene};
use super::settle::{Settled, settle};
use crate::node::Node;
use circlet_resp::{Args, ReplyBuf};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Memory for replies of parts that is kept for the next batch, in bytes.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// Parts of one command whose replies' ends have memory kept for them.
const KEPT_ENDS_MAX: usize = 1 << 10;

/// The plan and the executor of one connection, reused from batch to batch.
#[derive(Default)]
pub(crate) struct Workbench {
    pub(crate) plan: Plan,
    executor: Executor,
    outcomes: Outcomes,
    /// Replies as they were written when their parts ran, while the commands' replies are made of them.
    written: ReplyBuf,
    /// Replies of the parts of one command, as far as they have run: of one piece, or of all pieces so far.
    shares: ReplyBuf,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Workbench {
    /// Runs what is planned, waits for what it has to wait for, and leaves one reply a command, as far as they were not sent already.
    ///
    /// # Errors
    /// The socket's: the client is gone.
    pub(crate) async fn run<'b>(
        &mut self,
        node: &Arc<Node>,
        caller: &Caller,
        args_of: &impl Fn(u32) -> Args<'b>,
        out: &mut Output,
    ) -> io::Result<()> {
        while !self.plan.is_done() {
            let start = out.replies.len();
            let (ran, now) = {
                let (config, routes) = (node.config.current(), node.routes.load());
                let scene = Scene {
                    node,
                    config: &config,
                    routes: &routes,
                    caller,
                    now: node.clock.now(),
                    reads: Reads::Check,
                    has_asked: false,
                    detour: None,
                };
                self.plan.go_on(&scene, args_of);
                let ran = self.executor.run(&scene, &mut self.plan, args_of, &mut out.replies);
                (ran, scene.now.mono)
            };
            accesses::note(node, &self.plan.parts[..ran.parts], args_of, now);
            if let Some(turn) = ran.turn {
                turn.done().await;
                self.outcomes.take(&turn);
            }
            if self.outcomes.is_empty() && is_straight(self.plan.wholes_of_first(ran.parts)) {
                count_errors(node, &self.plan.parts[..ran.parts], start, &out.replies);
            } else {
                self.assemble(node, caller, args_of, ran.parts, start, out).await?;
            }
            self.plan.forget_first(ran.parts);
            if !self.plan.is_done() {
                out.flush().await?;
                // Other connections of this thread have their turn.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Replaces what follows `start` (the replies of the first parts) by the commands' replies.
    async fn assemble<'b>(
        &mut self,
        node: &Arc<Node>,
        caller: &Caller,
        args_of: &impl Fn(u32) -> Args<'b>,
        parts: usize,
        start: usize,
        out: &mut Output,
    ) -> io::Result<()> {
        self.shares.set_proto(caller.proto);
        self.written.append_range(&out.replies, start..out.replies.len());
        out.replies.truncate(start);
        let mut replies_of = Parts {
            node,
            caller,
            parts: &self.plan.parts,
            start,
            written: &self.written,
            walk: self.outcomes.walk(),
        };
        let done = self.plan.done_by_first(parts);
        for (index, whole) in self.plan.wholes_of_first(parts).iter().enumerate() {
            out.flush_if_long().await?;
            // The last one may have more parts than those that ran.
            let ran = (whole.parts.start as usize)..(whole.parts.end as usize).min(parts);
            let Some(combine) = whole.combine else {
                for part in ran {
                    replies_of.append(part, args_of, &mut out.replies).await;
                }
                continue;
            };
            for part in ran {
                replies_of.append(part, args_of, &mut self.shares).await;
                self.ends.push(self.shares.len());
            }
            if index < done {
                combine.write(&self.shares, &self.ends, &mut out.replies);
                self.shares.clear();
                self.shares.shrink_to(KEPT_BYTES_MAX);
                self.ends.clear();
                self.ends.shrink_to(KEPT_ENDS_MAX);
            }
        }
        self.written.clear();
        self.written.shrink_to(KEPT_BYTES_MAX);
        self.outcomes.clear();
        Ok(())
    }
}

/// Whether the replies are right as they were written: one part a command.
fn is_straight(wholes: &[Whole]) -> bool {
    wholes.iter().all(|whole| whole.combine.is_none())
}

/// Counts the error replies of parts by their codes: one byte is looked at for each.
fn count_errors(node: &Node, parts: &[Part], mut start: usize, replies: &ReplyBuf) {
    for part in parts {
        let reply = &replies.as_bytes()[start..part.reply_end];
        if reply.first() == Some(&b'-') {
            node.count_error(reply);
        }
        start = part.reply_end;
    }
}

/// The replies of parts, one after the other, wherever they are.
struct Parts<'a> {
    node: &'a Arc<Node>,
    caller: &'a Caller,
    parts: &'a [Part],
    /// Where `written` began in the replies.
    start: usize,
    written: &'a ReplyBuf,
    walk: Walk<'a>,
}

impl Parts<'_> {
    fn append_as_written(&self, index: usize, replies: &mut ReplyBuf) {
        let Range { start, end } = Part::reply_of(self.parts, index, self.start);
        replies.append_range(self.written, start - self.start..end - self.start);
    }

    /// Appends the reply of one part, a later one than the one before, and counts it if it is an error.
    async fn append<'b>(&mut self, index: usize, args_of: &impl Fn(u32) -> Args<'b>, replies: &mut ReplyBuf) {
        let at = replies.len();
        let part = &self.parts[index];
        match self.walk.at(index) {
            Outcome::Reply(reply) => replies.raw(reply),
            Outcome::AsWritten => self.append_as_written(index, replies),
            Outcome::Problem(problem) => {
                let args = args_of(part.command);
                if settle(self.node, self.caller, part, args, problem, replies).await == Settled::AsWritten {
                    self.append_as_written(index, replies);
                }
            }
        }
        let reply = &replies.as_bytes()[at..];
        if reply.first() == Some(&b'-') {
            self.node.count_error(reply);
        }
    }
}
