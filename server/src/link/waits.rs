//! Waits of clients of this node at the peer that a link leads to.
//!
//! They live as long as the link: when it breaks they are dropped here, and the peer forgets its side.

use crate::routes::{NodeIndex, Routes};
use circlet_core::message::wait::WaitOutcome;
use circlet_ring::ArcId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use tokio::sync::oneshot;

/// How a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The command was run: its reply.
    Reply(Vec<u8>),
    /// Whoever waited ended it.
    Left,
    /// The command has to begin anew.
    Again,
    /// Its coordinator is lost, or coordinates the key no longer.
    Moved,
    /// As many wait there as may.
    Busy,
}

/// See the module's header. There are at most as many as clients.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u32,
    waits: HashMap<u32, (ArcId, oneshot::Sender<Ended>)>,
}

impl Waits {
    /// Begins one and gives its number, and where its end is told. If that is closed without a word, the coordinator is lost.
    pub(crate) fn begin(&self, arc: ArcId) -> (u32, oneshot::Receiver<Ended>) {
        let (sender, receiver) = oneshot::channel();
        let mut open = self.0.lock();
        // A number that came around is not given to two.
        loop {
            open.last = open.last.wrapping_add(1);
            let number = open.last;
            if let Entry::Vacant(free) = open.waits.entry(number) {
                free.insert((arc, sender));
                return (number, receiver);
            }
        }
    }

    /// The peer said what became of it; nothing happens if nobody waits any more.
    pub(crate) fn on_reply(&self, number: u32, outcome: WaitOutcome<'_>) {
        let Some((_, sender)) = self.0.lock().waits.remove(&number) else {
            return;
        };
        let ended = match outcome {
            WaitOutcome::Reply(reply) => Ended::Reply(reply.to_vec()),
            WaitOutcome::Ended => Ended::Left,
            WaitOutcome::Again => Ended::Again,
            WaitOutcome::Moved => Ended::Moved,
            WaitOutcome::Busy => Ended::Busy,
        };
        // Whoever waited may be gone.
        let _ = sender.send(ended);
    }

    /// Nobody waits for it any more.
    pub(crate) fn forget(&self, number: u32) {
        self.0.lock().waits.remove(&number);
    }

    /// The link is lost: all have ended.
    pub(crate) fn on_loss(&self) {
        let lost = std::mem::take(&mut self.0.lock().waits);
        drop(lost);
    }

    /// Ends those on keys that `peer` no longer coordinates, as far as this node knows.
    pub(crate) fn on_routes(&self, routes: &Routes, peer: NodeIndex) {
        let mut open = self.0.lock();
        open.waits
            .retain(|_, (arc, _)| routes.arc(*arc).coordinator == Some(peer));
    }
}
