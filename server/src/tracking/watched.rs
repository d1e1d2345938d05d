//! The tracked keys of one arc. Lives in the arc's shard, under its lock, while anybody tracks.

use smallvec::SmallVec;
use std::collections::HashMap;

/// Tracked keys of one arc. One more, and another is told as changed: its readers keep one copy less.
pub(super) const KEYS_PER_ARC_MAX: usize = 4096;

type Clients = SmallVec<[u64; 2]>;

/// See the module's header.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// Who has read a key since it changed last.
    readers: HashMap<Box<[u8]>, Clients>,
    /// Whether somebody wants to hear of keys that nobody has read.
    pub(crate) broadcasts: bool,
    /// The client whose command runs, as far as it is this node's.
    pub(crate) origin: Option<u64>,
    /// Changed since the last delivery.
    changed: Vec<Box<[u8]>>,
    all_changed: bool,
}

impl Watched {
    /// A client has read `key`, and is to be told when it changes.
    pub(crate) fn on_read(&mut self, key: &[u8], client: u64) {
        if let Some(clients) = self.readers.get_mut(key) {
            if !clients.contains(&client) {
                clients.push(client);
            }
            return;
        }
        if self.readers.len() >= KEYS_PER_ARC_MAX
            && let Some(other) = self.readers.keys().next().cloned()
        {
            self.changed.push(other);
        }
        self.readers.insert(key.into(), SmallVec::from_slice(&[client]));
    }

    /// An entry changes, comes or goes.
    #[cold]
    pub(crate) fn on_change(&mut self, key: &[u8]) {
        if self.broadcasts || self.readers.contains_key(key) {
            self.changed.push(key.into());
        }
    }

    /// Everything changes.
    pub(crate) fn on_change_of_all(&mut self) {
        self.all_changed = true;
    }

    /// Whether there is something to deliver.
    pub(crate) fn is_dirty(&self) -> bool {
        self.all_changed || !self.changed.is_empty()
    }

    /// Whether nobody is interested any more.
    pub(crate) fn is_idle(&self) -> bool {
        self.readers.is_empty() && !self.broadcasts
    }

    pub(super) fn take_all_changed(&mut self) -> bool {
        std::mem::take(&mut self.all_changed)
    }

    pub(super) fn take_changed(&mut self) -> Vec<Box<[u8]>> {
        std::mem::take(&mut self.changed)
    }

    /// Who had read the key; they must read it again to hear of it again.
    pub(super) fn forget(&mut self, key: &[u8]) -> Clients {
        self.readers.remove(key).unwrap_or_default()
    }

    /// Who had read anything.
    pub(super) fn forget_all(&mut self) -> Vec<u64> {
        let readers = std::mem::take(&mut self.readers);
        let mut clients: Vec<u64> = readers.into_values().flatten().collect();
        clients.sort_unstable();
        clients.dedup();
        clients
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_hears_once_and_others_not_at_all() {
        let mut watched = Watched::default();
        watched.on_read(b"a", 1);
        watched.on_read(b"a", 2);
        watched.on_read(b"a", 1);
        watched.on_change(b"b");
        assert!(!watched.is_dirty(), "nobody has read it");
        watched.on_change(b"a");
        assert_eq!(watched.take_changed(), [b"a"[..].into()]);
        assert_eq!(watched.forget(b"a")[..], [1, 2]);
        watched.on_change(b"a");
        assert!(!watched.is_dirty(), "they were told, and have not read it since");
    }

    #[test]
    fn no_more_keys_are_kept_than_the_bound() {
        let mut watched = Watched::default();
        for number in 0..KEYS_PER_ARC_MAX + 10 {
            watched.on_read(number.to_string().as_bytes(), 1);
            for key in watched.take_changed() {
                watched.forget(&key);
            }
        }
        assert_eq!(watched.readers.len(), KEYS_PER_ARC_MAX);
    }
}
