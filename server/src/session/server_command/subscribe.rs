//! `SUBSCRIBE channel ... | UNSUBSCRIBE [channel ...]`, for one channel: that on which a client of RESP2 hears of the copies that others keep.
//!
//! ```text
//!   a: SUBSCRIBE __redis__:invalidate          b: CLIENT TRACKING ON REDIRECT (id of a), GET k
//!   a <-- message __redis__:invalidate [k]     somebody changes k
//! ```
//!
//! As in Redis 7.2: in RESP2 a subscribed connection takes no other commands (but PING, QUIT, RESET), and is told by messages; in RESP3 it takes all, and is told by
//! pushes whether it has subscribed or not. There is no PUBLISH, so that another channel would stay silent for ever: it is refused.

use super::super::client::Client;
use crate::command::CommandError;
use crate::tracking::CHANNEL;
use circlet_resp::command::{CommandId, CommandSpec};
use circlet_resp::{Args, ReplyBuf};

/// What is said to SUBSCRIBE with another channel.
const NO_CHANNEL: &str = "ERR only __redis__:invalidate can be subscribed to, there is no PUBLISH";

/// Why a command is not run that a client of RESP2 sends while it is subscribed; in Redis's words.
#[derive(Debug, thiserror::Error)]
#[error(
    "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
    .0.name()
)]
pub(crate) struct OutOfContext(pub(crate) &'static CommandSpec);

/// Whether a subscribed client of RESP2 may send this command.
pub(crate) fn is_allowed(id: CommandId) -> bool {
    use CommandId as Id;
    matches!(id, Id::Subscribe | Id::Unsubscribe | Id::Ping | Id::Quit | Id::Reset)
}

/// `SUBSCRIBE channel ...`
pub(super) fn subscribe(client: &mut Client, args: Args<'_>, replies: &mut ReplyBuf) {
    if args.iter().skip(1).any(|channel| channel != CHANNEL) {
        return replies.error(NO_CHANNEL);
    }
    client.subscribe(true);
    for channel in args.iter().skip(1) {
        write(b"subscribe", Some(channel), 1, replies);
    }
}

/// `UNSUBSCRIBE [channel ...]`: a reply for each channel that is named, else for each that was subscribed to, else one.
pub(super) fn unsubscribe(client: &mut Client, args: Args<'_>, replies: &mut ReplyBuf) {
    if args.len() == 1 {
        let channel = client.is_subscribed.then_some(CHANNEL);
        client.subscribe(false);
        return write(b"unsubscribe", channel, 0, replies);
    }
    for channel in args.iter().skip(1) {
        if channel == CHANNEL {
            client.subscribe(false);
        }
        write(b"unsubscribe", Some(channel), i64::from(client.is_subscribed), replies);
    }
}

fn write(what: &[u8], channel: Option<&[u8]>, left: i64, replies: &mut ReplyBuf) {
    replies.push(3);
    replies.bulk(what);
    match channel {
        Some(channel) => replies.bulk(channel),
        None => replies.null(),
    }
    replies.integer(left);
}

/// `PING [message]` of a client that takes messages only: it is answered as one.
pub(super) fn ping(args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    if args.len() > 2 {
        return Err(CommandError::WrongArity("ping"));
    }
    replies.array(2);
    replies.bulk(b"pong");
    replies.bulk(args.get(1).unwrap_or_default());
    Ok(())
}
