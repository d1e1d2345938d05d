//! `--pipe`: requests in RESP from standard input, as fast as the server takes them.
//!
//! One thread sends what it reads, a few kilobytes at a time; the other reads answers and counts them: memory stays as it is, whatever the
//! length of the input. Behind the last request goes an ECHO of random bytes, and its answer says that all others have come.

use super::session::Session;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{say, warn};
use circlet_resp::{Value, encode_request};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that are read and sent at a time.
const CHUNK_BYTES: usize = 16 << 10;

/// How often is looked whether the last answer is overdue.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What was counted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    errors: u64,
    replies: u64,
}

/// Sends standard input; fails if any answer was an error, or the last did not come within `timeout` (0: it is waited for for ever).
///
/// # Errors
/// When the server cannot be reached, or the connection is lost.
pub(crate) fn run(session: Session, timeout: Duration) -> Result<ExitCode, Failure> {
    let connection = session.into_connection()?;
    let lost = |error| Failure::because("cannot read from the server", error);
    let socket = connection.socket().map_err(lost)?;
    socket.set_read_timeout(Some(LOOK_AGAIN)).map_err(lost)?;
    let mark = rand::random::<u128>().to_string().into_bytes();
    let sent = Arc::new(AtomicBool::new(false));
    let sender = {
        let (mark, sent) = (mark.clone(), Arc::clone(&sent));
        thread::spawn(move || send(io::stdin().lock(), socket, &mark, &sent))
    };
    let counted = count(connection, &mark, timeout, || sent.load(Ordering::Acquire));
    // What the sender has to say explains a connection that was lost.
    if let Some(Err(error)) = sender.is_finished().then(|| sender.join().unwrap_or(Ok(()))) {
        return Err(Failure::because("cannot send to the server", error));
    }
    let Counted { errors, replies } = counted.map_err(lost)?;
    say(format_args!("errors: {errors}, replies: {replies}"));
    Ok(if errors == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn send(mut input: impl Read, mut socket: TcpStream, mark: &[u8], sent: &AtomicBool) -> io::Result<()> {
    let mut chunk = [0; CHUNK_BYTES];
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => socket.write_all(&chunk[..count])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    say("All data transferred. Waiting for the last reply...");
    // An empty line is no command; behind rubbish it makes the next one readable.
    let mut last = b"\r\n".to_vec();
    encode_request(&[b"ECHO", mark], &mut last);
    socket.write_all(&last)?;
    sent.store(true, Ordering::Release);
    Ok(())
}

/// Counts answers until that with the mark.
fn count(
    mut connection: Connection,
    mark: &[u8],
    timeout: Duration,
    all_sent: impl Fn() -> bool,
) -> io::Result<Counted> {
    let mut counted = Counted::default();
    let mut last = Instant::now();
    loop {
        match connection.reply() {
            Ok(Value::Bulk(bytes)) if bytes == mark => {
                say("Last reply received from server.");
                return Ok(counted);
            }
            Ok(Value::Push(_)) => {}
            Ok(reply) => {
                last = Instant::now();
                counted.replies += 1;
                if let Value::Error(text) = reply {
                    counted.errors += 1;
                    warn(text);
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if !all_sent() {
                    last = Instant::now();
                } else if !timeout.is_zero() && last.elapsed() >= timeout {
                    warn(format_args!(
                        "No replies for {} seconds: exiting.",
                        timeout.as_secs_f64()
                    ));
                    counted.errors += 1;
                    return Ok(counted);
                }
            }
            Err(error) => return Err(error),
        }
    }
}
