//! What is to happen, in the order of virtual time.

use std::collections::BTreeMap;

use circlet_core::time::Instant;

/// Things by their moment; those of one moment in the order in which they were put in.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    entries: BTreeMap<(Instant, u64), T>,
    count: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            count: 0,
        }
    }

    pub(crate) fn put(&mut self, at: Instant, what: T) {
        self.count += 1;
        self.entries.insert((at, self.count), what);
    }

    /// The next thing, if it is not later than `until`.
    pub(crate) fn take_until(&mut self, until: Instant) -> Option<(Instant, T)> {
        let entry = self.entries.first_entry()?;
        if entry.key().0 > until {
            return None;
        }
        let ((at, _), what) = entry.remove_entry();
        Some((at, what))
    }
}
