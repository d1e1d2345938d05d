//! `CLIENT ID | GETNAME | SETNAME name | SETINFO LIB-NAME|LIB-VER value | INFO | REPLY ON|OFF|SKIP | PAUSE ms [WRITE|ALL] | UNPAUSE |
//! UNBLOCK id [TIMEOUT|ERROR] | NO-EVICT ON|OFF | NO-TOUCH ON|OFF`. LIST, KILL and CONSISTENCY have files of their own.

use super::super::client::{Client, Flag, Replying, Unblock};
use super::super::pause::Held;
use super::client_list::line;
use crate::command::CommandError;
use crate::command::pure::number::integer;
use crate::node::Node;
use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};

/// What a name is refused with that CLIENT LIST could not show.
pub(super) const BAD_NAME: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

/// Whether CLIENT LIST can show it: it has no space and nothing beyond printable ASCII.
pub(super) fn is_fit_for_a_name(name: &[u8]) -> bool {
    name.iter().all(|byte| (b'!'..=b'~').contains(byte))
}

/// Runs one of CLIENT's subcommands.
pub(super) fn client(
    node: &Node,
    client: &mut Client,
    id: CommandId,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> Result<(), CommandError> {
    match id {
        CommandId::ClientId => replies.integer(client.handle.id as i64),
        CommandId::ClientGetname => {
            let said = client.handle.said.lock();
            if said.name.is_empty() {
                replies.null();
            } else {
                replies.bulk(&said.name);
            }
        }
        CommandId::ClientSetname => set_name(client, &args[2], replies),
        CommandId::ClientSetinfo => set_info(client, &args[2], &args[3], replies),
        CommandId::ClientInfo => {
            let line = line(node, &client.handle);
            replies.verbatim("txt", line.as_bytes());
        }
        CommandId::ClientReply => return reply(client, &args[2], replies),
        CommandId::ClientPause => return pause(node, args, replies),
        CommandId::ClientUnblock => return unblock(node, args, replies),
        CommandId::ClientUnpause => {
            node.pause.end();
            replies.ok();
        }
        CommandId::ClientNoEvict => return switch(client, Flag::NoEvict, &args[2], replies),
        CommandId::ClientNoTouch => return switch(client, Flag::NoTouch, &args[2], replies),
        _ => return Err(CommandError::Syntax),
    }
    Ok(())
}

fn set_name(client: &Client, name: &[u8], replies: &mut ReplyBuf) {
    if !is_fit_for_a_name(name) {
        return replies.error(BAD_NAME);
    }
    client.handle.said.lock().name = name.to_vec();
    replies.ok();
}

fn set_info(client: &Client, attribute: &[u8], value: &[u8], replies: &mut ReplyBuf) {
    let fits = is_fit_for_a_name(value);
    let refused = |name| format!("ERR {name} cannot contain spaces, newlines or special characters.");
    let mut said = client.handle.said.lock();
    if attribute.eq_ignore_ascii_case(b"lib-name") {
        if !fits {
            return replies.error(&refused("lib-name"));
        }
        said.library = value.to_vec();
    } else if attribute.eq_ignore_ascii_case(b"lib-ver") {
        if !fits {
            return replies.error(&refused("lib-ver"));
        }
        said.library_version = value.to_vec();
    } else {
        return replies.error_bytes(&[b"ERR Unrecognized option '", attribute, b"'"].concat());
    }
    replies.ok();
}

/// OFF and SKIP have no reply themselves.
fn reply(client: &mut Client, how: &[u8], replies: &mut ReplyBuf) -> Result<(), CommandError> {
    if how.eq_ignore_ascii_case(b"on") {
        client.replying = Replying::On;
        replies.ok();
    } else if how.eq_ignore_ascii_case(b"off") {
        client.replying = Replying::Off;
    } else if how.eq_ignore_ascii_case(b"skip") {
        if client.replying == Replying::On {
            client.replying = Replying::SkipNext;
        }
    } else {
        return Err(CommandError::Syntax);
    }
    Ok(())
}

fn pause(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let held = match args.get(3) {
        None => Held::All,
        Some(mode) if mode.eq_ignore_ascii_case(b"all") => Held::All,
        Some(mode) if mode.eq_ignore_ascii_case(b"write") => Held::Writes,
        Some(_) => {
            replies.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
            return Ok(());
        }
    };
    if args.len() > 4 {
        return Err(CommandError::Syntax);
    }
    match timeout_ms(&args[2]) {
        Err(text) => replies.error(text),
        Ok(lasts_ms) => {
            node.pause.begin(held, node.clock.mono_ns() / 1_000_000, lasts_ms);
            replies.ok();
        }
    }
    Ok(())
}

fn unblock(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let how = match args.get(3) {
        _ if args.len() > 4 => return Err(CommandError::WrongArity("client|unblock")),
        None => Unblock::TimeOver,
        Some(how) if how.eq_ignore_ascii_case(b"timeout") => Unblock::TimeOver,
        Some(how) if how.eq_ignore_ascii_case(b"error") => Unblock::Error,
        Some(_) => {
            replies.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
            return Ok(());
        }
    };
    let client = u64::try_from(integer(&args[2])?)
        .ok()
        .and_then(|id| node.clients.get(id));
    replies.integer(client.is_some_and(|client| client.unblock(how)).into());
    Ok(())
}

/// A timeout in milliseconds, in the way that Redis reads all of them.
pub(super) fn timeout_ms(text: &[u8]) -> Result<u64, &'static str> {
    let timeout = integer(text).map_err(|_| "ERR timeout is not an integer or out of range")?;
    u64::try_from(timeout).map_err(|_| "ERR timeout is negative")
}

fn switch(client: &Client, flag: Flag, on: &[u8], replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let on = if on.eq_ignore_ascii_case(b"on") {
        true
    } else if on.eq_ignore_ascii_case(b"off") {
        false
    } else {
        return Err(CommandError::Syntax);
    };
    client.handle.activity.set(flag, on);
    replies.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_printable_words() {
        for (name, fits) in [
            (&b"a-b:1"[..], true),
            (b"", true),
            (b"a b", false),
            (b"a\n", false),
            (b"\xff", false),
        ] {
            assert_eq!(is_fit_for_a_name(name), fits, "{name:?}");
        }
    }

    #[test]
    fn timeouts_are_whole_and_not_negative() {
        assert_eq!(timeout_ms(b"10"), Ok(10));
        assert_eq!(timeout_ms(b"-1"), Err("ERR timeout is negative"));
        assert_eq!(timeout_ms(b"1.5"), Err("ERR timeout is not an integer or out of range"));
    }
}
