//! Commands that are not on keys: about the connection, the node, the cluster, or all keys at once.
//!
//! They run between batches, one at a time, and may wait. One file a command or family.

mod connection;

use super::client::Client;
use crate::command::introspection;
use crate::node::Node;
use circlet_resp::command::{CommandId, CommandSpec};
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;

/// What becomes of the connection after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Continue,
    Close,
}

/// Runs one command and appends its reply.
pub(crate) async fn run(
    node: &Arc<Node>,
    client: &mut Client,
    spec: &'static CommandSpec,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> After {
    if let Some(handler) = introspection(spec.id()) {
        if let Err(error) = handler(args, replies) {
            replies.error_display(&error);
        }
        return After::Continue;
    }
    match spec.id() {
        CommandId::Ping => connection::ping(args, replies),
        CommandId::Echo => replies.bulk(args.get(1).unwrap_or_default()),
        CommandId::Quit => {
            replies.ok();
            return After::Close;
        }
        _ => {
            let _ = (node, client);
            replies.error_display(&crate::command::CommandError::Syntax);
        }
    }
    After::Continue
}
