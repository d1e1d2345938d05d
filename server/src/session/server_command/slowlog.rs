//! `SLOWLOG GET [count] | LEN | RESET`

use crate::command::CommandError;
use crate::command::pure::number::integer;
use crate::node::Node;
use crate::slowlog::SlowEntry;
use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};

/// Entries that GET answers when it names no count, as in Redis.
const COUNT: usize = 10;

/// Runs one of SLOWLOG's subcommands.
pub(super) fn slowlog(node: &Node, id: CommandId, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    match id {
        CommandId::SlowlogGet => get(node, args, replies),
        CommandId::SlowlogLen => {
            replies.integer(node.slowlog.lock().len() as i64);
            Ok(())
        }
        CommandId::SlowlogReset => {
            node.slowlog.lock().reset();
            replies.ok();
            Ok(())
        }
        _ => Err(CommandError::Syntax),
    }
}

fn get(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    if args.len() > 3 {
        return Err(CommandError::WrongArity("slowlog|get"));
    }
    let count = match args.get(2).map(integer) {
        None => Some(COUNT),
        Some(Ok(-1)) => Some(usize::MAX),
        Some(Ok(count)) => usize::try_from(count).ok(),
        Some(Err(_)) => None,
    };
    let Some(count) = count else {
        replies.error("ERR count should be greater than or equal to -1");
        return Ok(());
    };
    let entries: Vec<SlowEntry> = node.slowlog.lock().newest().take(count).cloned().collect();
    replies.array(entries.len());
    for entry in entries {
        replies.array(6);
        replies.integer(entry.id as i64);
        replies.integer((entry.at.get() / 1_000) as i64);
        replies.integer(i64::try_from(entry.took.as_micros()).unwrap_or(i64::MAX));
        replies.array(entry.args.len());
        entry.args.iter().for_each(|arg| replies.bulk(arg));
        replies.bulk(entry.client_addr.as_bytes());
        replies.bulk(entry.client_name.as_bytes());
    }
    Ok(())
}
