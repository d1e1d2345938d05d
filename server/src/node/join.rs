//! How a node that is a member of no cluster becomes one: it asks a member, as a client would.
//!
//! ```text
//!   joiner --CLUSTER JOIN entry--> a member --agreed by the voters--> the topology with the joiner in it, as the reply
//! ```
//!
//! The joiner has no link to anybody yet, and nobody would take one from a stranger; a client's port takes everyone, and is what an operator knows
//! of a cluster. Asking again is safe: a member that is joining already is answered with the topology that it is in.

use circlet_core::topology::{MemberEntry, Topology};
use circlet_resp::{ReplyLimits, ReplyParser, Value};
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

/// Joins through the first of `members` (ADDR:PORT, separated by commas) that lets it.
///
/// # Errors
/// [`JoinError`] about the last one asked.
pub(super) async fn join(members: &str, myself: &MemberEntry) -> Result<Topology, JoinError> {
    let asked: Vec<&str> = members.split(',').map(str::trim).filter(|at| !at.is_empty()).collect();
    let mut last = JoinError {
        asked: members.to_owned(),
        why: "no address is named".to_owned(),
    };
    for round in 0..ROUNDS {
        for at in &asked {
            let answer = tokio::time::timeout(ANSWER_TIMEOUT, ask(at, myself)).await;
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

async fn ask(at: &str, myself: &MemberEntry) -> Result<Topology, String> {
    let entry = myself.to_bytes();
    let mut request = format!("*3\r\n$7\r\nCLUSTER\r\n$4\r\nJOIN\r\n${}\r\n", entry.len()).into_bytes();
    request.extend_from_slice(&entry);
    request.extend_from_slice(b"\r\n");
    match talk(at, &request).await.map_err(|error| error.to_string())? {
        Value::Bulk(bytes) => Topology::from_bytes(&bytes).map_err(|error| error.to_string()),
        Value::Error(error) => Err(error),
        _ => Err("it does not answer as a node of Circlet does".to_owned()),
    }
}

async fn talk(at: &str, request: &[u8]) -> io::Result<Value> {
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
