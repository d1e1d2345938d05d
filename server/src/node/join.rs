//! How a node that is a member of no cluster becomes one: it asks a member, as a client would.
//!
//! ```text
//!   joiner --CLUSTER JOIN entry--> a member --agreed by the voters--> the topology with the joiner in it, as the reply
//! ```
//!
//! The joiner has no link to anybody yet, and nobody would take one from a stranger; a client's port takes everyone, and is what an operator knows
//! of a cluster. Asking again is safe: a member that is joining already is answered with the topology that it is in.

use circlet_core::topology::{MemberEntry, Topology};
use circlet_resp::{ReplyLimits, ReplyParser, Value, encode_request};
use circlet_ring::NodeId;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long one member may take: the voters have to agree.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How often all members are asked, and the pause in between: they may be starting, too.
const ROUNDS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// Why a node did not join. It may be tried again.
#[derive(Debug, thiserror::Error)]
#[error("cannot join through {asked}: {why}")]
pub(super) struct JoinError {
    asked: String,
    why: String,
}

/// Joins through the first of `members` (ADDR:PORT, separated by commas) that lets it; in the place of a member that is gone, if one is named.
///
/// # Errors
/// [`JoinError`] about the last one asked.
pub(super) async fn join(members: &str, myself: &MemberEntry, replaces: Option<NodeId>) -> Result<Topology, JoinError> {
    let asked: Vec<&str> = members.split(',').map(str::trim).filter(|at| !at.is_empty()).collect();
    let mut last = JoinError {
        asked: members.to_owned(),
        why: "no address is named".to_owned(),
    };
    for round in 0..ROUNDS {
        for at in &asked {
            let answer = tokio::time::timeout(ANSWER_TIMEOUT, ask(at, myself, replaces)).await;
            let answer = answer.unwrap_or_else(|_| Err(format!("no answer in {ANSWER_TIMEOUT:?}")));
            match answer {
                Ok(topology) => return Ok(topology),
                Err(why) => {
                    tracing::warn!(member = at, why, "cannot join yet");
                    last = JoinError {
                        asked: (*at).to_owned(),
                        why,
                    };
                }
            }
        }
        if round + 1 < ROUNDS {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Err(last)
}

async fn ask(at: &str, myself: &MemberEntry, replaces: Option<NodeId>) -> Result<Topology, String> {
    let (entry, replaces) = (myself.to_bytes(), replaces.map(|id| id.to_string()));
    let mut words = vec![&b"JOIN"[..], &entry];
    if let Some(replaces) = &replaces {
        words.extend([&b"REPLACE"[..], replaces.as_bytes()]);
    }
    match talk(at, &words).await? {
        Value::Bulk(bytes) => Topology::from_bytes(&bytes).map_err(|error| error.to_string()),
        _ => Err(NO_NODE.to_owned()),
    }
}

/// Tells whoever takes clients there where this member is, and hears where all are.
///
/// # Errors
/// What it says, or why it says nothing.
pub(super) async fn ask_entries(at: &str, myself: &MemberEntry) -> Result<Vec<MemberEntry>, String> {
    let answer = talk(at, &[b"ADDRESSES", &myself.to_bytes()]).await?;
    let entries = answer.as_slice().ok_or(NO_NODE)?;
    let read = |entry: &Value| MemberEntry::from_bytes(entry.as_bytes().unwrap_or_default());
    let entries: Result<Vec<MemberEntry>, _> = entries.iter().map(read).collect();
    entries.map_err(|error| error.to_string())
}

const NO_NODE: &str = "it does not answer as a node of Circlet does";

/// One of CLUSTER's subcommands, and its answer, unless that is an error.
async fn talk(at: &str, words: &[&[u8]]) -> Result<Value, String> {
    let mut request = Vec::new();
    encode_request(&[&[&b"CLUSTER"[..]], words].concat(), &mut request);
    match exchange(at, &request).await {
        Ok(Value::Error(error)) => Err(error),
        Ok(value) => Ok(value),
        Err(error) => Err(error.to_string()),
    }
}

async fn exchange(at: &str, request: &[u8]) -> io::Result<Value> {
    let mut socket = TcpStream::connect(at).await?;
    socket.write_all(request).await?;
    let mut parser = ReplyParser::new(ReplyLimits::default());
    let mut received = Vec::new();
    loop {
        if socket.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let progress = parser.parse(&received).map_err(io::Error::other)?;
        if let Some(value) = progress.value {
            return Ok(value);
        }
        received.drain(..progress.consumed);
    }
}
