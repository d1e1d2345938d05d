//! `CLIENT LIST [TYPE normal|master|replica|slave|pubsub] [ID id ...]`
//!
//! A line's fields are those of Redis 7.2 in its order, so that what reads them goes on working. Figures of memory that Circlet
//! does not keep are 0 (`tot-mem` is replies only), and `door` (which port the client came in by) is added at the end. `age` and `idle` are whole seconds; what the client does is noted once a batch.

use super::super::caller::Door;
use super::super::client::{ClientHandle, Flag};
use crate::command::CommandError;
use crate::command::pure::number::integer;
use crate::node::Node;
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;

/// A kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    /// Subscribed.
    Pubsub,
    /// There are none.
    Other,
}

impl Kind {
    /// What a client is.
    pub(super) fn of(client: &ClientHandle) -> Self {
        if client.activity.has(Flag::Subscribed) {
            Kind::Pubsub
        } else {
            Kind::Normal
        }
    }

    /// The kind of this name; an error in Redis's words for another.
    pub(super) fn parse(name: &[u8]) -> Result<Self, Vec<u8>> {
        match name.to_ascii_lowercase().as_slice() {
            b"normal" => Ok(Kind::Normal),
            b"pubsub" => Ok(Kind::Pubsub),
            b"master" | b"replica" | b"slave" => Ok(Kind::Other),
            _ => Err([b"ERR Unknown client type '", name, b"'"].concat()),
        }
    }
}

/// `CLIENT LIST`
pub(super) fn list(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let clients = match args.get(2) {
        None => node.clients.all(),
        Some(option) if option.eq_ignore_ascii_case(b"type") && args.len() == 4 => match Kind::parse(&args[3]) {
            Ok(kind) => {
                let mut clients = node.clients.all();
                clients.retain(|client| Kind::of(client) == kind);
                clients
            }
            Err(text) => {
                replies.error_bytes(&text);
                return Ok(());
            }
        },
        Some(option) if option.eq_ignore_ascii_case(b"id") && args.len() > 3 => match by_ids(node, args.skip(3)) {
            Some(clients) => clients,
            None => {
                replies.error("ERR Invalid client ID");
                return Ok(());
            }
        },
        Some(_) => return Err(CommandError::Syntax),
    };
    let lines: String = clients.iter().map(|client| line(node, client)).collect();
    replies.verbatim("txt", lines.as_bytes());
    Ok(())
}

fn by_ids(node: &Node, ids: Args<'_>) -> Option<Vec<Arc<ClientHandle>>> {
    let ids: Option<Vec<u64>> = ids.iter().map(id).collect();
    Some(ids?.into_iter().filter_map(|id| node.clients.get(id)).collect())
}

/// A client's id: a number above 0.
pub(super) fn id(text: &[u8]) -> Option<u64> {
    u64::try_from(integer(text).ok()?).ok().filter(|id| *id > 0)
}

/// A client's line, with its line end.
pub(super) fn line(node: &Node, client: &ClientHandle) -> String {
    let now_ns = node.clock.mono_ns();
    let seconds = |since_ns: u64| now_ns.saturating_sub(since_ns) / 1_000_000_000;
    let said = client.said.lock().clone();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let activity = &client.activity;
    let waiting = activity.waiting();
    let resp = if activity.has(Flag::Resp3) { 3 } else { 2 };
    format!(
        "id={} addr={} laddr={} fd=-1 name={} age={} idle={} flags={} db=0 sub={} psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 \
         argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl={} oll={} omem={} tot-mem={} events=r cmd={} user=default redir=-1 resp={resp} \
         lib-name={} lib-ver={} door={}\n",
        client.id,
        client.address,
        client.local,
        text(&said.name),
        seconds(client.since_ns),
        seconds(activity.last_ns()),
        flags(client),
        u8::from(activity.has(Flag::Subscribed)),
        waiting.uncounted(),
        usize::from(waiting.counted() > 0),
        waiting.counted(),
        waiting.0,
        activity.last_command(),
        text(&said.library),
        text(&said.library_version),
        match client.door {
            Door::Cluster => "cluster",
            Door::Big | Door::Peer => "big",
        },
    )
}

fn flags(client: &ClientHandle) -> String {
    let letters = [
        (Flag::Subscribed, 'P'),
        (Flag::Waiting, 'b'),
        (Flag::ReadOnly, 'r'),
        (Flag::NoEvict, 'e'),
        (Flag::NoTouch, 'T'),
    ];
    let set: String = letters
        .iter()
        .filter(|(flag, _)| client.activity.has(*flag))
        .map(|(_, letter)| *letter)
        .collect();
    if set.is_empty() { "N".to_owned() } else { set }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_those_of_redis() {
        assert_eq!(Kind::parse(b"NORMAL"), Ok(Kind::Normal));
        assert_eq!(Kind::parse(b"pubsub"), Ok(Kind::Pubsub));
        assert_eq!(Kind::parse(b"slave"), Ok(Kind::Other));
        assert_eq!(Kind::parse(b"x").unwrap_err(), b"ERR Unknown client type 'x'");
    }

    #[test]
    fn ids_are_numbers_above_zero() {
        assert_eq!((id(b"3"), id(b"0"), id(b"-1"), id(b"x")), (Some(3), None, None, None));
    }
}
