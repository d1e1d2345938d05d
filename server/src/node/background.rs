//! The thread for what can wait: arcs on their way from node to node, and what is freed after it.
//!
//! A move is bulk work: megabytes to look through, to send, to merge and to free. On the threads of the data plane each piece of it would stand
//! before commands; paced by a timer alone it would leave a machine idle that has nothing else to do. So it has a thread, and links, of its own, with a
//! lower priority: the kernel gives it what the commands leave, and takes it back the moment one arrives. What it holds locked then is one arc of
//! a thousand, for some dozens of entries.
//!
//! Takes it back the moment one arrives: not quite. What runs may run on for a slice of three milliseconds, on Linux, before something of a higher priority
//! has the core. So the thread offers it after each piece of work, of some tens of microseconds ([`give_way`]).

use std::cell::Cell;
use std::io;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// How nice the thread is: against a command's thread on the same core it gets a tenth of the time, which is enough for a move to end.
const NICENESS: i32 = 10;

thread_local! {
    static IS_BACKGROUND: Cell<bool> = const { Cell::new(false) };
}

/// On the thread for what can wait: lets whoever waits for the core have it. On any other, nothing.
pub(crate) fn give_way() {
    offer(std::thread::yield_now);
}

fn offer(yield_now: impl FnOnce()) {
    if IS_BACKGROUND.get() {
        yield_now();
    }
}

/// The thread; it ends, and all that runs on it, when this is dropped.
#[derive(Debug)]
pub(super) struct Background {
    handle: Handle,
    _until_dropped: oneshot::Sender<()>,
}

impl Background {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no more threads, or no more file descriptors.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (until_dropped, dropped) = oneshot::channel::<()>();
        let run = move || {
            IS_BACKGROUND.set(true);
            // Of this thread alone, on Linux. Where it is not allowed, moves are felt more.
            if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
                tracing::debug!(%error, "the background thread keeps the priority of the others");
            }
            // Nothing is ever sent.
            let _ = runtime.block_on(dropped);
        };
        std::thread::Builder::new().name("background".into()).spawn(run)?;
        Ok(Self {
            handle,
            _until_dropped: until_dropped,
        })
    }

    /// Where to run what can wait.
    pub(super) fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_offered() -> bool {
        let mut is_offered = false;
        offer(|| is_offered = true);
        is_offered
    }

    #[tokio::test]
    async fn what_can_wait_offers_the_core_after_each_piece_and_commands_do_not() {
        let background = Background::start().expect("a thread");
        let bulk = background.handle().spawn(async {
            let at_first = is_offered();
            // What was put off goes on there.
            tokio::task::yield_now().await;
            (at_first, is_offered())
        });
        assert_eq!(bulk.await.expect("it runs"), (true, true));
        assert!(!is_offered(), "a command's thread gives nothing away");
    }
}
