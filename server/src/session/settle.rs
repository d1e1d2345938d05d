//! The slow path: what did not go the common way, one part at a time, until it has an answer or its deadline.
//!
//! The common way leaves a [`Problem`] and everything that answers brought is merged here already, so each problem has a short way on:
//! wait, fetch, write back, or run again. Running again is right because a command that lost to something newer left nothing behind:
//! the newer generation beats its delta on every owner.

use super::caller::Caller;
use super::executor::{Executor, Scene};
use super::plan::{Part, Plan};
use crate::command::CommandError;
use crate::node::Node;
use crate::turn::Problem;
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a part waits for the routes to change before it looks again by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Settles one part and appends its reply.
pub(crate) async fn settle(
    node: &Arc<Node>,
    caller: &Caller,
    part: &Part,
    args: Args<'_>,
    problem: Problem,
    replies: &mut ReplyBuf,
) {
    let deadline = Instant::now() + node.config.load().request_timeout();
    let mut problem = problem;
    let mut solo = Solo { plan: Plan::default(), executor: Executor::default(), checks: true };
    loop {
        if let Some(error) = hopeless(problem, part, args) {
            replies.error_display(&error);
            return;
        }
        if Instant::now() >= deadline {
            replies.error_display(&too_late(node, caller, part, args, problem));
            return;
        }
        node.metrics.slow_path(problem);
        prepare(node, part, args, problem, deadline, &mut solo).await;
        let start = replies.len();
        match solo.run(node, caller, part, args, replies).await {
            None => return,
            Some(next) => {
                replies.truncate(start);
                problem = next;
            }
        }
    }
}

/// A problem that nothing can be done about.
fn hopeless(problem: Problem, part: &Part, args: Args<'_>) -> Option<SettleError> {
    match problem {
        Problem::WriteTimeout { acked, need } => Some(SettleError::Write { acked, need }),
        Problem::RunElsewhere { maybe_ran: true } if !part.repeatable(args) => Some(SettleError::Unknown),
        _ => None,
    }
}

fn too_late(node: &Node, caller: &Caller, part: &Part, args: Args<'_>, problem: Problem) -> SettleError {
    let routes = node.routes.load();
    let levels = caller.levels(&node.config.load().levels, part.key(args).key);
    match problem {
        Problem::NotReady => SettleError::NotReady,
        _ if part.spec.is_write() => {
            SettleError::Write { acked: 0, need: circlet_core::quorum::needed(routes.n, levels.write) }
        }
        _ => SettleError::Read { got: 1, need: circlet_core::quorum::needed(routes.n, levels.read) },
    }
}

/// What a client is told when its command could not be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum SettleError {
    #[error("WRITETIMEOUT acked {acked} of {need}, the write may still take effect")]
    Write { acked: u8, need: u8 },
    #[error("WRITETIMEOUT acked 0, the node that ran the command was lost and the command may have taken effect")]
    Unknown,
    #[error("READTIMEOUT answered {got} of {need}")]
    Read { got: u8, need: u8 },
    #[error("NOQUORUM no owner of the key has caught up and can be reached")]
    NotReady,
}

/// Does what has to come before the part is run again.
async fn prepare(node: &Arc<Node>, part: &Part, args: Args<'_>, problem: Problem, deadline: Instant, solo: &mut Solo) {
    match problem {
        Problem::NotReady => {
            node.want(part.arc);
            node.routes_changed(LOOK_AGAIN.min(deadline - Instant::now())).await;
        }
        Problem::RunElsewhere { .. } | Problem::ReadAgain => {
            if solo.tried {
                node.routes_changed(LOOK_AGAIN.min(deadline - Instant::now())).await;
            }
        }
        Problem::NeedFullState => solo.fetch(node, part, args).await,
        Problem::Differs => solo.write_back = true,
        Problem::Superseded | Problem::WriteTimeout { .. } => {}
    }
    solo.tried = true;
}
