//! Ctrl-C while a command runs at the prompt: the command is given up, and the program goes on.
//!
//! A thread of its own waits for the signal and closes the connection that is waited on, so that nobody has to look again and again. At
//! the prompt itself Ctrl-C is a key, not a signal.

use crate::connection::hang_up;
use crate::failure::Failure;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};

/// What shells say of a program that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// What the thread and the prompt share.
#[derive(Clone, Default)]
pub(crate) struct Interrupts {
    seen: Arc<AtomicBool>,
    waited_on: Arc<Mutex<Option<TcpStream>>>,
}

impl Interrupts {
    /// Takes Ctrl-C from now on, for the rest of the program's life.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::because("cannot wait for signals", error))?;
        let signals = runtime.block_on(async { signal(SignalKind::interrupt()) });
        let mut signals = signals.map_err(|error| Failure::because("cannot listen for signals", error))?;
        let interrupts = Interrupts::default();
        let shared = interrupts.clone();
        std::thread::spawn(move || {
            runtime.block_on(async {
                while signals.recv().await.is_some() {
                    shared.on_signal();
                }
            });
        });
        Ok(interrupts)
    }

    /// A command begins; what came before counts no more.
    pub(crate) fn begin(&self) {
        self.seen.store(false, Ordering::Relaxed);
        self.watch(None);
    }

    /// An answer is waited for on this connection.
    pub(crate) fn watch(&self, socket: Option<TcpStream>) {
        *self.waited_on.lock().unwrap_or_else(PoisonError::into_inner) = socket;
    }

    /// Whether Ctrl-C has come since [`Interrupts::begin`].
    pub(crate) fn has_come(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    fn on_signal(&self) {
        if self.seen.swap(true, Ordering::Relaxed) {
            // Pressed again: nothing has come of it, as when a host does not answer at all.
            std::process::exit(INTERRUPTED);
        }
        if let Some(socket) = &*self.waited_on.lock().unwrap_or_else(PoisonError::into_inner) {
            hang_up(socket);
        }
    }
}
