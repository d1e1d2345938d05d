//! One connection, shared by many calls.
//!
//! Calls are queued; a task writes all that is queued in one write and hands each reply to its call, in order. When the socket
//! fails, every call under way is told that it is lost, and the next one opens another connection.

use crate::error::{Error, ErrorKind};
use circlet_resp::{ReplyLimits, ReplyParser, Value};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// Calls that may wait to be written; further callers wait until there is room.
const QUEUE_CALLS_MAX: usize = 1024;

/// How much is read at once, in bytes.
const READ_BYTES: usize = 16 << 10;

pub(crate) type Answer = Result<Value, Error>;

/// A request on its way, and who waits for the reply.
struct Call {
    request: Vec<u8>,
    answer: oneshot::Sender<Answer>,
}

/// See the module's header. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    calls: mpsc::Sender<Call>,
}

impl Connection {
    /// Connects to a node.
    pub(crate) async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let (calls, queue) = mpsc::channel(QUEUE_CALLS_MAX);
        tokio::spawn(run(socket, queue));
        Ok(Connection { calls })
    }

    /// Whether the connection still works, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        !self.calls.is_closed()
    }

    /// Sends a request and waits for its reply.
    pub(crate) async fn call(&self, request: Vec<u8>) -> Answer {
        let (answer, answered) = oneshot::channel();
        let queued = self.calls.send(Call { request, answer }).await;
        queued.map_err(|_| {
            Error::new(
                ErrorKind::Unreachable,
                "the connection was lost before the call was sent",
            )
        })?;
        answered
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Lost, "the connection was lost")))
    }
}

/// A request in RESP.
pub(crate) fn encode(arguments: &[&[u8]]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        request.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        request.extend_from_slice(argument);
        request.extend_from_slice(b"\r\n");
    }
    request
}

/// Dropping what waits tells the callers that they are lost.
async fn run(mut socket: TcpStream, mut queue: mpsc::Receiver<Call>) {
    let mut waiting: VecDeque<oneshot::Sender<Answer>> = VecDeque::new();
    let mut parser = ReplyParser::new(ReplyLimits::default());
    let (mut received, mut out) = (Vec::with_capacity(READ_BYTES), Vec::new());
    loop {
        tokio::select! {
            call = queue.recv() => {
                let Some(call) = call else { return };
                take(call, &mut out, &mut waiting);
                while let Ok(call) = queue.try_recv() {
                    take(call, &mut out, &mut waiting);
                }
                if socket.write_all(&out).await.is_err() {
                    return;
                }
                out.clear();
            }
            read = socket.read_buf(&mut received) => {
                if !matches!(read, Ok(1..)) || !hand_out(&mut parser, &mut received, &mut waiting) {
                    return;
                }
            }
        }
    }
}

fn take(call: Call, out: &mut Vec<u8>, waiting: &mut VecDeque<oneshot::Sender<Answer>>) {
    out.extend_from_slice(&call.request);
    waiting.push_back(call.answer);
}

/// Gives every complete reply to its call; false when what came is no reply.
fn hand_out(parser: &mut ReplyParser, received: &mut Vec<u8>, waiting: &mut VecDeque<oneshot::Sender<Answer>>) -> bool {
    loop {
        let progress = match parser.parse(received) {
            Ok(progress) => progress,
            Err(error) => {
                if let Some(first) = waiting.pop_front() {
                    // The caller may have given up.
                    let _ = first.send(Err(Error::new(ErrorKind::Protocol, error.to_string())));
                }
                return false;
            }
        };
        received.drain(..progress.consumed);
        match progress.value {
            None => return true,
            Some(Value::Push(_)) => {}
            Some(reply) => {
                let Some(call) = waiting.pop_front() else { return false };
                let _ = call.send(match reply {
                    Value::Error(text) => Err(Error::new(ErrorKind::Refused, text)),
                    reply => Ok(reply),
                });
            }
        }
    }
}
