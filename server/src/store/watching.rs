//! What the shard has to do with clients that keep copies: it notes who has read what, and each change.

use super::key::HashedKey;
use super::shard::Shard;
use crate::tracking::Tracking;

impl Shard {
    /// A client keeps a copy of what is under `key`, and is to hear when that changes.
    pub(crate) fn track(&mut self, key: &[u8], client: u64) {
        self.watched.get_or_insert_default().on_read(key, client);
    }

    /// Somebody wants to hear of every change.
    pub(crate) fn broadcast_changes(&mut self) {
        self.watched.get_or_insert_default().broadcasts = true;
    }

    /// This client's command runs: changes until the lock is given back are its.
    #[inline]
    pub(crate) fn note_origin(&mut self, client: u64) {
        if let Some(watched) = &mut self.watched {
            watched.origin = Some(client);
        }
    }

    /// Copies of what is in the arc are no longer vouched for.
    pub(crate) fn note_change_of_all(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.on_change_of_all();
        }
    }

    /// Every change of an entry comes by here.
    #[inline]
    pub(super) fn note_change(&mut self, key: &HashedKey<'_>) {
        if let Some(watched) = &mut self.watched {
            watched.on_change(key.key);
        }
    }

    /// Tells of what has changed, before the lock is given back.
    #[inline]
    pub(super) fn tell_changes(&mut self, tracking: &Tracking) {
        if self.watched.is_some() {
            self.tell_watchers(tracking);
        }
    }

    // Out of line: most arcs are watched by nobody.
    #[inline(never)]
    fn tell_watchers(&mut self, tracking: &Tracking) {
        let Some(watched) = &mut self.watched else { return };
        if watched.is_dirty() {
            tracking.deliver(self.arc, watched);
        }
        watched.origin = None;
        if watched.is_idle() {
            self.watched = None;
        }
    }
}
