//! PING, and what else only concerns the connection.

use circlet_resp::{Args, ReplyBuf};

/// `PING [message]`
pub(super) fn ping(args: Args<'_>, replies: &mut ReplyBuf) {
    match args.get(1) {
        None => replies.simple("PONG"),
        Some(message) => replies.bulk(message),
    }
}
