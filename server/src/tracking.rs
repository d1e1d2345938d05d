//! Which clients keep copies of what, and telling them when it changes: CLIENT TRACKING.
//!
//! ```text
//!   a tracked client's read   --under the arc's lock-->  Watched (one an arc): key -> clients
//!   any change of an entry    --under the arc's lock-->  Watched.changed
//!   the lock is given back    -->  Tracking::deliver  -->  Pushes (one a client)  -->  its connection, after the replies of its batch
//! ```
//!
//! Every change of an entry goes through the shard (commands here, deltas, repairs, exchanges, sweeps, flushes, an arc that moves away), which notes it
//! while the arc is watched; an arc that nobody tracks costs one comparison a change. What is read and what is noted is under one lock, so no
//! change falls between the two.
//!
//! This node can vouch for a key only while it hears of all its writes. So a read that another node ran is told as changed at once, behind its reply;
//! and when the owners of an arc, or who can be reached of them, change in this node's view, all tracked keys of the arc are.
//!
//! Bounds: [`KEYS_PER_ARC_MAX`] keys of an arc are tracked; beyond that one is told as changed for each that comes. A client that does not take its pushes is
//! told that whole arcs have changed ([`KEYS_WAITING_MAX`]).
//!
//! [`KEYS_PER_ARC_MAX`]: watched::KEYS_PER_ARC_MAX
//! [`KEYS_WAITING_MAX`]: pushes::KEYS_WAITING_MAX

mod pushes;
mod watched;

pub(crate) use pushes::Pushes;
pub(crate) use watched::Watched;

use crate::session::ClientHandle;
use circlet_ring::ArcId;
use dashmap::DashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

/// Where a client of RESP2 hears of what others redirect to it.
pub(crate) const CHANNEL: &[u8] = b"__redis__:invalidate";

/// What one client has asked for.
#[derive(Debug)]
pub(crate) struct Tracker {
    /// Who is told: the client itself, or the one that it named.
    pub(crate) target: Weak<ClientHandle>,
    /// The one that it named.
    pub(crate) redirect: Option<u64>,
    /// The client itself, to be told when the target is gone.
    pub(crate) own: Weak<ClientHandle>,
    /// Prefixes of keys that are told whether they were read or not; none: what was read.
    pub(crate) prefixes: Option<Vec<Vec<u8>>>,
    /// Not what it changes itself.
    pub(crate) noloop: bool,
    /// Each push is for one arc, with its number.
    pub(crate) numbered: bool,
}

/// The clients that track. See the module's header.
#[derive(Debug, Default)]
pub(crate) struct Tracking {
    trackers: DashMap<u64, Arc<Tracker>>,
    broadcasting: AtomicUsize,
}

impl Tracking {
    /// A client begins, or begins anew.
    pub(crate) fn begin(&self, client: u64, tracker: Tracker) {
        let broadcasts = tracker.prefixes.is_some();
        self.end(client);
        self.broadcasting.fetch_add(usize::from(broadcasts), Ordering::AcqRel);
        self.trackers.insert(client, Arc::new(tracker));
    }

    /// A client ends. What is left of it in the arcs is found to be nobody's when it changes.
    pub(crate) fn end(&self, client: u64) {
        if let Some((_, tracker)) = self.trackers.remove(&client) {
            let broadcasts = usize::from(tracker.prefixes.is_some());
            self.broadcasting.fetch_sub(broadcasts, Ordering::AcqRel);
        }
    }

    /// What a client has asked for.
    pub(crate) fn get(&self, client: u64) -> Option<Arc<Tracker>> {
        self.trackers.get(&client).map(|tracker| Arc::clone(&tracker))
    }

    /// Whether anybody tracks anything.
    pub(crate) fn is_idle(&self) -> bool {
        self.trackers.is_empty()
    }

    /// Whether anybody wants to hear of keys that were not read.
    pub(crate) fn broadcasts(&self) -> bool {
        self.broadcasting.load(Ordering::Acquire) > 0
    }

    /// Tells of what has changed in an arc. Called under the arc's lock, so that pushes are in the order of changes.
    #[cold]
    pub(crate) fn deliver(&self, arc: ArcId, watched: &mut Watched) {
        if watched.take_all_changed() {
            for client in watched.forget_all() {
                self.tell(client, |pushes| pushes.arc_changed(arc));
            }
            self.tell_broadcasting(|_| true, None, |pushes| pushes.arc_changed(arc));
        }
        watched.broadcasts &= self.broadcasts();
        let origin = watched.origin;
        for key in watched.take_changed() {
            for client in watched.forget(&key) {
                self.tell_of_key(client, arc, &key, origin);
            }
            if watched.broadcasts {
                let matches = |prefixes: &[Vec<u8>]| prefixes.iter().any(|prefix| key.starts_with(prefix));
                self.tell_broadcasting(matches, origin, |pushes| pushes.key_changed(arc, &key));
            }
        }
    }

    /// Tells one client at once of a key that it read elsewhere.
    pub(crate) fn disown(&self, client: u64, arc: ArcId, key: &[u8]) {
        self.tell_of_key(client, arc, key, None);
    }

    fn tell_of_key(&self, client: u64, arc: ArcId, key: &[u8], origin: Option<u64>) {
        let own = origin == Some(client);
        if own && self.get(client).is_some_and(|tracker| tracker.noloop) {
            return;
        }
        self.tell(client, |pushes| pushes.key_changed(arc, key));
    }

    fn tell_broadcasting(&self, wants: impl Fn(&[Vec<u8>]) -> bool, origin: Option<u64>, what: impl Fn(&mut Pushes)) {
        for entry in &self.trackers {
            let tracker = entry.value();
            let own = tracker.noloop && origin == Some(*entry.key());
            if !own && tracker.prefixes.as_deref().is_some_and(&wants) {
                push(tracker, &what);
            }
        }
    }

    fn tell(&self, client: u64, what: impl Fn(&mut Pushes)) {
        if let Some(tracker) = self.get(client) {
            push(&tracker, &what);
        }
    }
}

fn push(tracker: &Tracker, what: impl Fn(&mut Pushes)) {
    match tracker.target.upgrade() {
        Some(target) => target.push(|pushes| {
            pushes.numbered = tracker.numbered;
            pushes.are_redirected |= tracker.redirect.is_some();
            what(pushes);
        }),
        None => {
            if let Some(own) = tracker.own.upgrade() {
                own.push(|pushes| pushes.target_gone(tracker.redirect.unwrap_or_default()));
            }
        }
    }
}
