//! Who is connected.

use super::client::ClientHandle;
use dashmap::DashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// The connected clients, by id.
#[derive(Default)]
pub(crate) struct Clients {
    by_id: DashMap<u64, Arc<ClientHandle>>,
    last_id: AtomicU64,
    /// How many have a command that waits.
    blocked: AtomicUsize,
    gone: Notify,
}

impl Clients {
    /// An id that no client of this node had before.
    pub(crate) fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds a client.
    pub(crate) fn insert(&self, handle: Arc<ClientHandle>) {
        self.by_id.insert(handle.id, handle);
    }

    /// Takes a client out.
    pub(crate) fn remove(&self, id: u64) {
        self.by_id.remove(&id);
        self.gone.notify_waiters();
    }

    /// A command of one waits.
    pub(crate) fn on_blocked(&self) {
        self.blocked.fetch_add(1, Ordering::Relaxed);
    }

    /// It waits no more.
    pub(crate) fn on_unblocked(&self) {
        self.blocked.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many have a command that waits.
    pub(crate) fn blocked(&self) -> usize {
        self.blocked.load(Ordering::Relaxed)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// One client.
    pub(crate) fn get(&self, id: u64) -> Option<Arc<ClientHandle>> {
        self.by_id.get(&id).map(|entry| Arc::clone(&entry))
    }

    /// All clients, by id.
    pub(crate) fn all(&self) -> Vec<Arc<ClientHandle>> {
        let mut all: Vec<_> = self.by_id.iter().map(|entry| Arc::clone(&entry)).collect();
        all.sort_unstable_by_key(|client| client.id);
        all
    }

    /// Has every client leave after what it is doing; waits until they have, at most for so long.
    pub(crate) async fn finish(&self, at_most: Duration) {
        for client in self.all() {
            client.kill();
        }
        let all_gone = async {
            loop {
                let gone = self.gone.notified();
                if self.by_id.is_empty() {
                    return;
                }
                gone.await;
            }
        };
        let _ = tokio::time::timeout(at_most, all_gone).await;
    }
}
