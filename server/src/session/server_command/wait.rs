//! `WAIT numreplicas timeout`
//!
//! A write is acknowledged when as many owners have it as its level says, and is sent to all that can be reached. So there is
//! nothing left to wait for, and WAIT answers at once: the number of owners beside the coordinator that every arc can reach now.

use super::client::timeout_ms;
use crate::command::CommandError;
use crate::command::pure::number::integer;
use crate::node::Node;
use circlet_resp::{Args, ReplyBuf};

/// Runs WAIT.
pub(super) fn wait(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    integer(&args[1])?;
    if let Err(text) = timeout_ms(&args[2]) {
        replies.error(text);
        return Ok(());
    }
    let routes = node.routes.load();
    let others = |arc| {
        let route = routes.arc(arc);
        (routes.owners(route).reachable.len() + usize::from(route.owned)).saturating_sub(1)
    };
    let least = routes.arcs().arcs().map(others).min().unwrap_or(0);
    replies.integer(least as i64);
    Ok(())
}
