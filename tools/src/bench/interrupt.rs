//! Ctrl-C and SIGTERM end the run in order, and with it the servers that it started: they are in process groups of their own.

use crate::failure::Failure;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

/// How long a pause goes on after a signal, at most.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

static SEEN: AtomicBool = AtomicBool::new(false);

/// Takes signals from now on, for the rest of the program's life.
///
/// # Errors
/// When the system does not let it.
pub(crate) fn listen() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::because("cannot wait for signals", error))?;
    let guard = runtime.enter();
    let listen = |kind| signal(kind).map_err(|error| Failure::because("cannot listen for signals", error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    drop(guard);
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        SEEN.store(true, Ordering::Relaxed);
    });
    Ok(())
}

/// Whether a signal has come.
pub(crate) fn has_come() -> bool {
    SEEN.load(Ordering::Relaxed)
}

/// Sleeps for so long.
///
/// # Errors
/// When a signal has come.
pub(crate) fn pause(time: Duration) -> Result<(), Failure> {
    let end = Instant::now() + time;
    loop {
        if has_come() {
            return Err(Failure::new("interrupted: the nodes that were started are stopped"));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(LOOK_AGAIN));
    }
}
