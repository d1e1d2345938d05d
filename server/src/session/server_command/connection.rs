//! PING, and what else only concerns the connection.
//!
//! - `PING [message]`
//! - `SELECT index`
//! - `AUTH [username] password`
//! - `READONLY`, `READWRITE`

use super::super::caller::Door;
use super::super::client::{Client, Flag};
use crate::command::CommandError;
use crate::command::pure::number::integer;
use circlet_resp::{Args, ReplyBuf};

/// What a command of Redis Cluster is answered on the one-big-Redis port, as by a Redis without cluster mode.
pub(super) const NO_CLUSTER: &str = "ERR This instance has cluster support disabled";

/// What AUTH without a name is answered as long as there are no passwords.
const NO_PASSWORD: &str = "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
                           configuration is correct?";

/// What a user is told that does not exist.
pub(super) const WRONG_PASSWORD: &str = "WRONGPASS invalid username-password pair or user is disabled.";

/// The one user that there is. It has no password, and so takes any.
pub(super) const DEFAULT_USER: &[u8] = b"default";

/// `PING [message]`
pub(super) fn ping(args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    match (args.get(1), args.len()) {
        (None, _) => replies.simple("PONG"),
        (Some(message), 2) => replies.bulk(message),
        _ => return Err(CommandError::WrongArity("ping")),
    }
    Ok(())
}

/// `SELECT index`: there is database 0 only, as in Redis Cluster.
pub(super) fn select(client: &Client, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    match integer(&args[1])? {
        0 => replies.ok(),
        _ if client.caller.door == Door::Cluster => replies.error("ERR SELECT is not allowed in cluster mode"),
        _ => return Err(CommandError::DbIndex),
    }
    Ok(())
}

/// `AUTH [username] password`: nothing is protected by a password.
pub(super) fn auth(args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    match args.len() {
        2 => replies.error(NO_PASSWORD),
        3 if &args[1] == DEFAULT_USER => replies.ok(),
        3 => replies.error(WRONG_PASSWORD),
        _ => return Err(CommandError::Syntax),
    }
    Ok(())
}

/// `READONLY`, `READWRITE`: any owner serves reads and writes; the choice is only shown by CLIENT LIST.
pub(super) fn read_only(client: &Client, on: bool, replies: &mut ReplyBuf) {
    if client.caller.door != Door::Cluster {
        return replies.error(NO_CLUSTER);
    }
    client.handle.activity.set(Flag::ReadOnly, on);
    replies.ok();
}
