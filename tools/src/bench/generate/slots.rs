//! Which node a slot's keys are asked of, as a Redis Cluster client knows it; shared by all threads of a run, corrected by `MOVED`, and learnt anew from
//! `CLUSTER SLOTS` from time to time.
//!
//! ```text
//!   clients --MOVED, LOST--> Slots: is_stale --> one thread: CLUSTER SLOTS of a node, at most ten times a second --> Slots
//!                                  once a second ----^
//! ```
//!
//! A node's lane stays its lane: one that has left has a number still, and no slots.

use super::greeting::Greeting;
use crate::bench::load::routes::Routes;
use crate::redirection::Redirection;
use circlet_measure::load::{Endpoint, Redirect};
use circlet_ring::{SLOT_COUNT, Slot};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The least time between two looks at the topology. Raising it spares the nodes, and leaves more redirections to be followed.
const REFRESH_PAUSE: Duration = Duration::from_millis(100);

/// It is looked at so often though nothing points to a change: any owner serves a key, so that a former primary that is an owner still says nothing.
const REFRESH_EVERY: Duration = Duration::from_secs(1);

/// How long a node may take to answer one: another is asked then.
const PATIENCE: Duration = Duration::from_secs(1);

/// Nodes that a run may come to know; what belongs to further ones is asked of others, and redirected each time.
const NODES_MAX: usize = 1_024;

/// What stands before a request that `ASK` sent elsewhere.
const ASKING: &[u8] = b"*1\r\n$6\r\nASKING\r\n";

/// A lane for each slot.
#[derive(Debug)]
pub(crate) struct Slots {
    /// Each at the place of its lane; only ever longer.
    nodes: RwLock<Vec<SocketAddr>>,
    /// How many those are: looked at before each batch.
    node_count: AtomicUsize,
    /// Relaxed: a request to a former owner is answered with MOVED, and that is followed.
    lanes: Vec<AtomicU16>,
    /// By lane: whether its node has slots.
    wanted: Vec<AtomicBool>,
    is_stale: AtomicBool,
    refreshes: AtomicU64,
    greeting: Greeting,
}

impl Slots {
    /// The slots of these nodes, each of which is a lane; a slot that nobody owns goes to the first.
    pub(crate) fn new(nodes: &[SocketAddr], greeting: Greeting, owner: impl Fn(u16) -> Option<SocketAddr>) -> Self {
        let slots = Slots {
            nodes: RwLock::new(nodes.to_vec()),
            node_count: AtomicUsize::new(nodes.len()),
            lanes: (0..SLOT_COUNT).map(|_| AtomicU16::new(0)).collect(),
            wanted: (0..NODES_MAX).map(|lane| AtomicBool::new(lane == 0)).collect(),
            is_stale: AtomicBool::new(false),
            refreshes: AtomicU64::new(0),
            greeting,
        };
        slots.take(owner);
        slots
    }

    pub(crate) fn nodes(&self) -> Vec<SocketAddr> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where a lane leads, if there is such a lane.
    #[inline]
    pub(crate) fn endpoint(&self, lane: usize) -> Option<Endpoint> {
        if lane >= self.node_count.load(Ordering::Acquire) {
            return None;
        }
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        Some(self.greeting.endpoint(*nodes.get(lane)?))
    }

    pub(crate) fn lane(&self, key: &[u8]) -> usize {
        usize::from(self.lanes[usize::from(Slot::of_key(key).get())].load(Ordering::Relaxed))
    }

    /// Whether a lane's node has slots.
    pub(crate) fn is_wanted(&self, lane: usize) -> bool {
        self.wanted
            .get(lane)
            .is_none_or(|wanted| wanted.load(Ordering::Relaxed))
    }

    /// How often the topology was looked at.
    pub(crate) fn refreshes(&self) -> u64 {
        self.refreshes.load(Ordering::Relaxed)
    }

    /// Something has changed.
    pub(crate) fn on_lost(&self) {
        self.is_stale.store(true, Ordering::Relaxed);
    }

    /// Takes over `MOVED 3999 127.0.0.1:6381`, and answers where it or `ASK` points to; nothing for other errors.
    pub(crate) fn on_redirect(&self, text: &str) -> Option<Redirect> {
        let redirection = Redirection::read(text)?;
        // An address without a host is that of the node that answered, which is not known here: none is learnt.
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let to = redirection.to(nowhere)?;
        let lane = (!to.ip().is_unspecified()).then(|| self.lane_of(to))??;
        if !redirection.is_ask {
            self.is_stale.store(true, Ordering::Relaxed);
            self.wanted[lane].store(true, Ordering::Relaxed);
            self.lanes
                .get(usize::from(redirection.slot))?
                .store(lane as u16, Ordering::Relaxed);
        }
        Some(Redirect {
            lane,
            before: redirection.is_ask.then_some(ASKING),
        })
    }

    /// The lane of a node, a new one if it was not known; `None` when there are too many.
    fn lane_of(&self, node: SocketAddr) -> Option<usize> {
        let place = |nodes: &[SocketAddr]| nodes.iter().position(|known| *known == node);
        let found = place(&self.nodes.read().unwrap_or_else(PoisonError::into_inner));
        if found.is_some() {
            return found;
        }
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(place) = place(&nodes) {
            return Some(place);
        }
        (nodes.len() < NODES_MAX).then(|| {
            nodes.push(node);
            self.node_count.store(nodes.len(), Ordering::Release);
            nodes.len() - 1
        })
    }

    /// Takes over who owns what. A slot that nobody owns stays where it is.
    fn take(&self, owner: impl Fn(u16) -> Option<SocketAddr>) {
        let mut has_slots = vec![false; NODES_MAX];
        for slot in 0..SLOT_COUNT {
            let place = &self.lanes[usize::from(slot)];
            if let Some(lane) = owner(slot).and_then(|owner| self.lane_of(owner)) {
                place.store(lane as u16, Ordering::Relaxed);
            }
            has_slots[usize::from(place.load(Ordering::Relaxed))] = true;
        }
        for (wanted, has_slots) in self.wanted.iter().zip(has_slots) {
            wanted.store(has_slots, Ordering::Relaxed);
        }
    }

    /// Looks at the topology every [`REFRESH_EVERY`], and when something points to a change, but never twice within [`REFRESH_PAUSE`]; until `ends` has
    /// no sender any more.
    pub(crate) fn keep_fresh(&self, ends: &Receiver<()>) {
        let (mut next, mut last) = (0, Instant::now());
        while ends.recv_timeout(REFRESH_PAUSE) == Err(RecvTimeoutError::Timeout) {
            if !self.is_stale.swap(false, Ordering::Relaxed) && last.elapsed() < REFRESH_EVERY {
                continue;
            }
            last = Instant::now();
            self.refreshes.fetch_add(1, Ordering::Relaxed);
            let nodes = self.nodes();
            let known: Vec<SocketAddr> = (0..nodes.len())
                .map(|step| (next + step) % nodes.len())
                .filter(|lane| self.is_wanted(*lane))
                .map(|lane| nodes[lane])
                .collect();
            next += 1;
            if !known.iter().any(|node| self.refresh(*node)) {
                self.is_stale.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Asks one node; false if it has no answer.
    fn refresh(&self, node: SocketAddr) -> bool {
        let Ok(reply) = self.greeting.ask(node, &["CLUSTER", "SLOTS"], PATIENCE) else {
            return false;
        };
        let mut routes = Routes::new();
        let has_learnt = routes.learn(&reply, node);
        if has_learnt {
            self.take(|slot| routes.of_slot(slot));
        }
        has_learnt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots() -> (Slots, [SocketAddr; 2]) {
        let nodes = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        (Slots::new(&nodes, Greeting::default(), |_| Some(nodes[0])), nodes)
    }

    #[test]
    fn a_moved_slot_goes_to_its_new_node_from_then_on_and_that_is_looked_into() {
        let (slots, _) = slots();
        let slot = Slot::of_key(b"a").get();
        assert_eq!((slots.lane(b"a"), slots.is_wanted(1)), (0, false));
        let to = |lane, before| Some(Redirect { lane, before });
        assert_eq!(slots.on_redirect(&format!("MOVED {slot} 127.0.0.1:2")), to(1, None));
        assert_eq!((slots.lane(b"a"), slots.is_wanted(1)), (1, true));
        assert_eq!(
            slots.on_redirect(&format!("ASK {slot} 127.0.0.1:1")),
            to(0, Some(ASKING))
        );
        assert_eq!(slots.lane(b"a"), 1, "for this request only");
        assert_eq!(slots.on_redirect(&format!("MOVED {slot} 127.0.0.1:9")), to(2, None));
        assert_eq!(
            slots.endpoint(2).map(|new| new.at.port()),
            Some(9),
            "a node that has joined"
        );
        assert!(slots.endpoint(3).is_none() && slots.is_stale.load(Ordering::Relaxed));
        for other in ["ERR no", "MOVED 1 :7", "MOVED", ""] {
            assert_eq!(slots.on_redirect(other), None, "{other}");
        }
    }

    #[test]
    fn a_node_without_slots_keeps_its_lane_and_is_not_wanted() {
        let (slots, nodes) = slots();
        slots.take(|slot| Some(nodes[usize::from(slot % 2)]));
        assert!(slots.is_wanted(0) && slots.is_wanted(1));
        slots.take(|slot| (slot != 5).then_some(nodes[0]));
        assert!(
            slots.is_wanted(0) && slots.is_wanted(1),
            "slot 5 has no other owner yet"
        );
        slots.take(|_| Some(nodes[0]));
        assert!(slots.is_wanted(0) && !slots.is_wanted(1));
        assert_eq!(slots.nodes(), nodes);
    }
}
