//! This node's share of commands that every node answers.

use crate::node::Node;
use crate::routes::Routes;
use circlet_resp::{Args, Proto, ReplyBuf};

/// Runs this node's share of a command and gives its reply.
pub(crate) fn share(_node: &Node, _routes: &Routes, args: Args<'_>, proto: Proto) -> Vec<u8> {
    let mut reply = ReplyBuf::new(proto);
    reply.error(&format!("ERR '{}' has no share", String::from_utf8_lossy(args.name())));
    reply.take()
}
