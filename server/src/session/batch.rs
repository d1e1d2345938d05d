//! A batch of commands on keys, from its plan to its replies.

use super::assemble::{PartReplies, assemble, is_straight};
use super::caller::Caller;
use super::executor::Executor;
use super::plan::{Part, Plan};
use super::scene::{Reads, Scene};
use super::settle::settle;
use crate::node::Node;
use crate::turn::{PartIndex, Problem, Turn};
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;

/// The plan and the executor of one connection, reused from batch to batch.
#[derive(Default)]
pub(crate) struct Workbench {
    pub(crate) plan: Plan,
    pub(crate) executor: Executor,
}

impl Workbench {
    /// Runs what is planned, waits for what it has to wait for, and leaves one reply a command.
    pub(crate) async fn run<'b>(
        &mut self,
        node: &Arc<Node>,
        caller: &Caller,
        args_of: &impl Fn(&Part) -> Args<'b>,
        replies: &mut ReplyBuf,
    ) {
        if self.plan.parts.is_empty() {
            return;
        }
        let start = replies.len();
        let turn = {
            let (config, routes) = (node.config.current(), node.routes.load());
            let scene = Scene {
                node,
                config: &config,
                routes: &routes,
                caller,
                now: node.clock.now(),
                reads: Reads::Check,
            };
            self.executor.run(scene, &mut self.plan, args_of, replies)
        };
        let settled = match turn {
            None => Settled::default(),
            Some(turn) => {
                turn.done().await;
                settle_all(node, caller, &self.plan, args_of, &turn).await
            }
        };
        count_errors(node, &self.plan, &settled, replies);
        if !settled.is_empty() || !is_straight(&self.plan) {
            assemble(&self.plan, &settled, start, replies);
        }
        self.plan.clear();
    }
}

/// Counts the error replies of a batch by their codes: one byte is looked at for each part.
fn count_errors(node: &Node, plan: &Plan, settled: &Settled, replies: &ReplyBuf) {
    for (index, part) in plan.parts.iter().enumerate() {
        let speculative = || &replies.as_bytes()[part.reply.start as usize..part.reply.end as usize];
        let reply = if settled.is_empty() {
            speculative()
        } else {
            settled.settled(index).unwrap_or_else(speculative)
        };
        if reply.first() == Some(&b'-') {
            node.count_error(reply);
        }
    }
}

/// Replies that took the place of speculative ones.
#[derive(Default)]
pub(crate) struct Settled {
    bytes: Vec<u8>,
    parts: Vec<(PartIndex, std::ops::Range<u32>)>,
}

impl Settled {
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

impl PartReplies for Settled {
    fn settled(&self, part: usize) -> Option<&[u8]> {
        let (_, range) = self.parts.iter().find(|(index, _)| usize::from(*index) == part)?;
        Some(&self.bytes[range.start as usize..range.end as usize])
    }
}

/// Takes the replies that other nodes gave, and settles every problem of a turn that is done.
pub(crate) async fn settle_all<'b>(
    node: &Arc<Node>,
    caller: &Caller,
    plan: &Plan,
    args_of: &impl Fn(&Part) -> Args<'b>,
    turn: &Turn,
) -> Settled {
    let (mut settled, problems) = turn.with(|waits| {
        let settled = Settled {
            bytes: std::mem::take(&mut waits.replies),
            parts: std::mem::take(&mut waits.replied),
        };
        (settled, std::mem::take(&mut waits.problems))
    });
    settle_problems(node, caller, plan, args_of, problems, &mut settled).await;
    settled
}

async fn settle_problems<'b>(
    node: &Arc<Node>,
    caller: &Caller,
    plan: &Plan,
    args_of: &impl Fn(&Part) -> Args<'b>,
    mut problems: Vec<(PartIndex, Problem)>,
    settled: &mut Settled,
) {
    // In order, so that two commands of one pipeline on one key keep theirs.
    problems.sort_unstable_by_key(|(part, _)| *part);
    for (index, problem) in problems {
        let part = &plan.parts[usize::from(index)];
        let mut reply = ReplyBuf::new(caller.proto);
        settle(node, caller, part, args_of(part), problem, &mut reply).await;
        let start = settled.bytes.len() as u32;
        settled.bytes.extend_from_slice(reply.as_bytes());
        settled.parts.push((index, start..settled.bytes.len() as u32));
    }
}
