//! Which node a slot's keys are asked of, as a Redis Cluster client knows it; shared by all threads, and corrected by `MOVED`.

use crate::bench::load::routes::redirect;
use circlet_ring::{SLOT_COUNT, Slot};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};

/// A lane for each slot.
#[derive(Debug)]
pub(crate) struct Slots {
    nodes: Vec<SocketAddr>,
    /// Relaxed: a request to a former owner is answered with MOVED, and that is counted.
    lanes: Vec<AtomicU16>,
}

impl Slots {
    /// The slots of these nodes, each of which is a lane; a slot that nobody owns goes to the first.
    pub(crate) fn new(nodes: &[SocketAddr], owner: impl Fn(u16) -> Option<SocketAddr>) -> Self {
        let lane = |slot| {
            let owner = owner(slot).and_then(|owner| nodes.iter().position(|node| *node == owner));
            AtomicU16::new(owner.unwrap_or_default() as u16)
        };
        Slots {
            nodes: nodes.to_vec(),
            lanes: (0..SLOT_COUNT).map(lane).collect(),
        }
    }

    pub(crate) fn nodes(&self) -> &[SocketAddr] {
        &self.nodes
    }

    pub(crate) fn lane(&self, key: &[u8]) -> usize {
        usize::from(self.lanes[usize::from(Slot::of_key(key).get())].load(Ordering::Relaxed))
    }

    /// Takes over `MOVED 3999 127.0.0.1:6381`, if it names a node that there is a lane to.
    pub(crate) fn on_moved(&self, text: &str) {
        // An address without a host is that of the node that answered, which is not known here: none is learnt.
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let Some((slot, to)) = redirect(text, nowhere) else {
            return;
        };
        let lane = self.nodes.iter().position(|node| *node == to);
        if let (Some(place), Some(lane)) = (self.lanes.get(usize::from(slot)), lane) {
            place.store(lane as u16, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_slot_goes_to_its_new_node_from_then_on() {
        let nodes = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let slots = Slots::new(&nodes, |_| Some(nodes[0]));
        let slot = Slot::of_key(b"a").get();
        assert_eq!(slots.lane(b"a"), 0);
        slots.on_moved(&format!("MOVED {slot} 127.0.0.1:9"));
        assert_eq!(slots.lane(b"a"), 0, "there is no lane to that node");
        slots.on_moved(&format!("MOVED {slot} 127.0.0.1:2"));
        assert_eq!(slots.lane(b"a"), 1);
    }
}
