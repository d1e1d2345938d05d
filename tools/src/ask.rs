//! Asks a node as a client does.

use crate::failure::Failure;
use crate::layout::{self, NodeFiles};
use crate::process::Pid;
use circlet_resp::{ReplyLimits, ReplyParser, Value};
use std::io::{self, Read as _, Write as _};
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
    match talk(at, words) {
        Ok(Value::Error(error)) => Err(Failure::new(error)),
        Ok(value) => Ok(value),
        Err(error) => Err(Failure::because(format!("cannot ask {at}"), error)),
    }
}

fn talk(at: SocketAddr, words: &[&str]) -> io::Result<Value> {
    let mut socket = TcpStream::connect_timeout(&at, ANSWER_TIMEOUT)?;
    socket.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        request += &format!("${}\r\n{word}\r\n", word.len());
    }
    socket.write_all(request.as_bytes())?;
    let mut parser = ReplyParser::new(ReplyLimits::default());
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = socket.read(&mut buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(&buffer[..count]);
        let progress = parser.parse(&received).map_err(io::Error::other)?;
        if let Some(value) = progress.value {
            return Ok(value);
        }
        received.drain(..progress.consumed);
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
