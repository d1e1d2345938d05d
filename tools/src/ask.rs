//! Asks a node as a client does.

use crate::failure::Failure;
use crate::layout::{self, NodeFiles};
use crate::process::Pid;
use circlet_resp::{ReplyLimits, ReplyParser, Value};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

/// How long a node may take: the voters of the cluster may have to agree.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Sends one command to the node that serves clients at `at`.
///
/// # Errors
/// When the node cannot be reached, or answers an error: that is what the failure says.
pub(crate) fn ask(at: SocketAddr, words: &[&str]) -> Result<Value, Failure> {
    match exchange(at, words, ANSWER_TIMEOUT) {
        Ok(Value::Error(error)) => Err(Failure::new(error)),
        Ok(value) => Ok(value),
        Err(error) => Err(Failure::because(format!("cannot ask {at}"), error)),
    }
}

/// One command and its answer, on a connection of its own; connecting and each read may take `patience`.
///
/// # Errors
/// What the system says, or that the answer is none.
pub(crate) fn exchange(at: SocketAddr, words: &[&str], patience: Duration) -> io::Result<Value> {
    let mut socket = TcpStream::connect_timeout(&at, patience)?;
    socket.set_read_timeout(Some(patience))?;
    let mut request = Vec::new();
    encode(&mut request, words);
    socket.write_all(&request)?;
    let mut parser = ReplyParser::new(ReplyLimits::default());
    let (mut unread, mut bytes) = (Vec::new(), [0; 16 << 10]);
    loop {
        match socket.read(&mut bytes)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => unread.extend_from_slice(&bytes[..count]),
        }
        let progress = parser.parse(&unread).map_err(io::Error::other)?;
        unread.drain(..progress.consumed);
        if let Some(value) = progress.value {
            return Ok(value);
        }
    }
}

/// Appends a request in RESP.
pub(crate) fn encode<A: AsRef<[u8]>>(out: &mut Vec<u8>, arguments: &[A]) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "*{}\r\n", arguments.len());
    for argument in arguments {
        let argument = argument.as_ref();
        let _ = write!(out, "${}\r\n", argument.len());
        out.extend_from_slice(argument);
        out.extend_from_slice(b"\r\n");
    }
}

/// The running nodes of a directory, and where they serve clients.
///
/// # Errors
/// When there is none.
pub(crate) fn running(dir: &Path) -> Result<Vec<(NodeFiles, SocketAddr)>, Failure> {
    let mut running = Vec::new();
    for files in NodeFiles::all(dir) {
        if Pid::read(&files.pid()).is_some() {
            let at = layout::client_address(&files)?;
            running.push((files, at));
        }
    }
    if running.is_empty() {
        return Err(Failure::new(format!("no node of {} runs: circlet up", dir.display())));
    }
    Ok(running)
}
