//! Whom to call, and when, while members are missing.
//!
//! SWIM forgets how to reach a node that everybody declared down, and a node without any member does nothing at all. So a cluster cut in two
//! stays cut, for ever, unless someone keeps calling the addresses that it knows. This is that someone: a list of
//! addresses, called with growing pauses, for ever. A call is one small datagram.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

/// Most addresses that are kept: a cluster has fewer members. Further ones are not remembered.
const ADDRESSES_MAX: usize = 4096;

/// The addresses to call, and the pause until the next round.
#[derive(Debug)]
pub(crate) struct Announcer {
    addresses: BTreeSet<SocketAddr>,
    pause_min: Duration,
    pause_max: Duration,
    pause: Duration,
    missing_before: Vec<SocketAddr>,
}

impl Announcer {
    pub(crate) fn new(pause_min: Duration, pause_max: Duration) -> Self {
        Self {
            addresses: BTreeSet::new(),
            pause_min,
            pause_max,
            pause: pause_min,
            missing_before: Vec::new(),
        }
    }

    /// Remembers `address` for ever.
    pub(crate) fn learn(&mut self, address: SocketAddr) {
        if self.addresses.len() < ADDRESSES_MAX {
            self.addresses.insert(address);
        }
    }

    /// Forgets `address`.
    pub(crate) fn forget(&mut self, address: SocketAddr) {
        self.addresses.remove(&address);
    }

    /// How many addresses are known.
    pub(crate) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// A round: the addresses to call, which are those that are not `reached`, and the pause until the next round.
    ///
    /// The pause doubles while the same addresses are missing, and begins anew when others are.
    pub(crate) fn round(&mut self, reached: impl Fn(SocketAddr) -> bool) -> (Vec<SocketAddr>, Duration) {
        let missing: Vec<SocketAddr> = self
            .addresses
            .iter()
            .copied()
            .filter(|&address| !reached(address))
            .collect();
        if missing == self.missing_before {
            self.pause = (self.pause * 2).min(self.pause_max);
        } else {
            self.pause = self.pause_min;
            self.missing_before.clone_from(&missing);
        }
        (missing, self.pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn missing_members_are_called_for_ever_with_growing_pauses() {
        let mut announcer = Announcer::new(Duration::from_millis(100), Duration::from_millis(700));
        announcer.learn(addr(1));
        announcer.learn(addr(2));
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let (called, pause) = announcer.round(|address| address == addr(1));
            assert_eq!(called, [addr(2)]);
            pauses.push(pause.as_millis());
        }
        assert_eq!(pauses, [100, 200, 400, 700, 700, 700]);
        let (called, pause) = announcer.round(|_| false);
        assert_eq!(
            (called, pause.as_millis()),
            (vec![addr(1), addr(2)], 100),
            "another member is missing: begin anew"
        );
    }
}
