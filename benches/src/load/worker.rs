//! One thread of the generator: an epoll loop over its connections.

use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use super::connection::{Connection, Tally};
use super::phase::{Phase, PhaseCell};
use crate::error::{Doing, Error, Result};

/// Bytes of the read buffer that the connections of a worker share; grows if one reply is larger.
const SCRATCH_BYTES: usize = 256 * 1024;
const EVENTS_MAX: usize = 1024;
/// How often a worker without traffic looks at the phase.
const TURN_MAX: Duration = Duration::from_millis(20);
/// A server that answers nothing for so long has failed the run.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// Runs `connections` until each is done: the phase says stop, or its keys have ended.
pub(crate) fn run(mut connections: Vec<Connection>, phase: &PhaseCell) -> Result<Tally> {
    let mut poll = Poll::new().doing("making an epoll instance")?;
    let mut events = Events::with_capacity(EVENTS_MAX);
    for (index, connection) in connections.iter_mut().enumerate() {
        // Edge-triggered: writability costs nothing unless a write has blocked, so both are asked for once.
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry()
            .register(connection.stream_mut(), Token(index), interest)
            .doing("registering a socket")?;
        connection.send_next(phase.load())?;
    }
    let mut tally = Tally::default();
    let mut scratch = vec![0; SCRATCH_BYTES];
    let mut heard_at = Instant::now();
    while connections.iter().any(|connection| !connection.is_done()) {
        if let Err(error) = poll.poll(&mut events, Some(TURN_MAX))
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            return Err(error).doing("waiting for events");
        }
        let now = phase.load();
        for event in &events {
            connections[event.token().0].on_ready(&mut scratch, &mut tally, now)?;
        }
        if !events.is_empty() {
            heard_at = Instant::now();
        } else if heard_at.elapsed() > SILENCE_MAX {
            let waiting = connections.iter().filter(|connection| !connection.is_done()).count();
            return Err(Error::Answer(format!(
                "no reply for {SILENCE_MAX:?} on {waiting} connections"
            )));
        }
        if now == Phase::Stop && tally.errors > 0 {
            break;
        }
    }
    Ok(tally)
}
