//! Commands that wait here for something to be written: BLPOP and its kin, at their keys' coordinator.
//!
//! ```text
//!   enter (under the arc's lock)          a write that makes the key hold something (under the same lock)
//!     |                                     |
//!     v                                     v
//!   queues:  key --> waiter waiter ...  --> serving: the first one's command is run, then the next one's ...
//!                                           |
//!                     oneshot <-- Served ---+    its own task replicates what it changed, and answers
//! ```
//!
//! First come, first served: those who wait on a key are served in the order in which they came, before any other command sees what
//! was written. Since waiters enter under the lock under which they are served, none is forgotten between looking and waiting.
//!
//! Invariant: a waiter is in the queue of each of its keys exactly as long as it has its sender. Whoever takes the sender takes it out
//! of the queues: who serves it, or itself when it leaves.
//!
//! Refused: waking waiters to try again by themselves. A command that comes in between would take what they waited for, and of
//! many waiters on one key all would run for each element.

use crate::command::Deltas;
use crate::routes::Routes;
use crate::session::caller::Caller;
use crate::session::plan::Part;
use circlet_core::state::Kind;
use circlet_resp::command::{Group, KeyFlag};
use circlet_resp::{ArgRange, Args};
use dashmap::DashMap;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::oneshot;

/// Most commands that may wait at one node. One more is refused with `-BUSY`; each takes some 500 bytes.
const WAITERS_MAX: usize = 1 << 16;

/// See the module's header.
#[derive(Default)]
pub(crate) struct Waiting {
    /// How many waiters there are: what every write looks at.
    count: AtomicUsize,
    queues: DashMap<Box<[u8]>, VecDeque<Arc<Waiter>>>,
}

/// A command that waits.
pub(crate) struct Waiter {
    /// On whose behalf.
    pub(crate) caller: Caller,
    /// Where it runs, and how.
    pub(crate) part: Part,
    /// The type of value that it waits for.
    pub(crate) kind: Kind,
    command: Command,
    /// What it waits on, each key once.
    keys: Vec<Box<[u8]>>,
    sender: Mutex<Option<oneshot::Sender<Served>>>,
}

/// A command's arguments, owned.
pub(crate) struct Command {
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
}

/// What ended a wait.
#[derive(Debug)]
pub(crate) enum Served {
    /// Its command was run here.
    Ran {
        /// Its reply.
        reply: Vec<u8>,
        /// What it changed, for the other owners.
        changed: Deltas,
    },
    /// There may be something for it, which it has to find out by itself.
    Again,
    /// This node no longer coordinates the key.
    Moved,
}

impl Command {
    /// A copy of these words, the command's name first.
    pub(crate) fn from_words<'a>(words: impl Iterator<Item = &'a [u8]>) -> Self {
        let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
        for arg in words {
            let start = bytes.len() as u32;
            bytes.extend_from_slice(arg);
            // A request is shorter than 4 GiB, and the end is not before the start.
            ranges.extend(ArgRange::new(start, bytes.len() as u32));
        }
        Self { bytes, ranges }
    }

    /// The arguments.
    pub(crate) fn args(&self) -> Args<'_> {
        // Every range was made for these bytes.
        Args::new(&self.bytes, &self.ranges).unwrap_or(Args::EMPTY)
    }
}

impl Waiter {
    /// A command that may wait, and where it is told what ended that.
    pub(crate) fn new(caller: &Caller, part: &Part, args: Args<'_>) -> (Arc<Self>, oneshot::Receiver<Served>) {
        let (sender, receiver) = oneshot::channel();
        let mut keys: Vec<Box<[u8]>> = Vec::new();
        for (at, flags) in part.spec.keys(args) {
            // What it would add to is not waited on.
            let key = args.get(at).unwrap_or_default();
            if !flags.contains(&KeyFlag::Insert) && !keys.iter().any(|known| **known == *key) {
                keys.push(key.into());
            }
        }
        let kind = match part.spec.group() {
            Group::SortedSet => Kind::SortedSet,
            _ => Kind::List,
        };
        let waiter = Self {
            caller: *caller,
            part: part.clone(),
            kind,
            command: Command::from_words(args.iter()),
            keys,
            sender: Mutex::new(Some(sender)),
        };
        (Arc::new(waiter), receiver)
    }

    /// The command's arguments.
    pub(crate) fn args(&self) -> Args<'_> {
        self.command.args()
    }

    /// What it waits on.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(|key| &**key)
    }
}

impl Waiting {
    /// Whether nobody waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Lets a command wait; the caller holds the lock of its arc, and has seen that its keys hold nothing for it. False if as many
    /// wait as may.
    pub(crate) fn enter(&self, waiter: &Arc<Waiter>) -> bool {
        if self.count.fetch_add(1, Ordering::Relaxed) >= WAITERS_MAX {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        for key in &waiter.keys {
            self.queues
                .entry(key.clone())
                .or_default()
                .push_back(Arc::clone(waiter));
        }
        true
    }

    /// Ends a wait from outside; false if it has ended already: then what ended it has been, or is about to be, sent.
    pub(crate) fn leave(&self, waiter: &Waiter) -> bool {
        let left = waiter.sender.lock().take().is_some();
        if left {
            self.remove(waiter);
        }
        left
    }

    /// The waiter at this place of a key's queue.
    pub(crate) fn at(&self, key: &[u8], place: usize) -> Option<Arc<Waiter>> {
        self.queues.get(key)?.get(place).cloned()
    }

    /// Runs what may serve a waiter, and tells it; false if that gave nothing, or it is leaving. The caller holds the arc's lock.
    pub(crate) fn serve(&self, waiter: &Waiter, run: impl FnOnce() -> Option<Served>) -> bool {
        let mut sender = waiter.sender.lock();
        if sender.is_none() {
            return false;
        }
        let Some(served) = run() else { return false };
        let sender = sender.take();
        self.remove(waiter);
        // Its task may have been dropped with its runtime.
        sender.is_some_and(|sender| sender.send(served).is_ok())
    }

    /// Has the first one who waits on `key` for a value of this type look by itself: something was written not by a command, but by
    /// merging what another owner had.
    #[cold]
    pub(crate) fn nudge(&self, key: &[u8], kind: Kind) {
        let mut place = 0;
        while let Some(waiter) = self.at(key, place) {
            if waiter.kind == kind && self.serve(&waiter, || Some(Served::Again)) {
                return;
            }
            place += 1;
        }
    }

    /// Ends the waits on keys that this node no longer coordinates.
    pub(crate) fn on_routes(&self, routes: &Routes) {
        if self.is_empty() {
            return;
        }
        let is_moved = |waiter: &&Arc<Waiter>| routes.arc(waiter.part.arc).coordinator != Some(routes.me);
        let mut moved = Vec::new();
        for queue in &self.queues {
            moved.extend(queue.iter().filter(is_moved).cloned());
        }
        for waiter in moved {
            self.serve(&waiter, || Some(Served::Moved));
        }
    }

    fn remove(&self, waiter: &Waiter) {
        for key in &waiter.keys {
            self.queues.remove_if_mut(key, |_, queue| {
                let place = queue.iter().position(|known| std::ptr::eq(&raw const **known, waiter));
                place.map(|place| queue.remove(place));
                queue.is_empty()
            });
        }
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
