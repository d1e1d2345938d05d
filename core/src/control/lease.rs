//! Until when this node may coordinate without asking anyone.
//!
//! A node that stood still (stopped, swapped out, its machine asleep) wakes with requests in its sockets and a view that was right when it fell
//! asleep; meanwhile others may have found it gone and coordinated its arcs. So a view is good for a short lease only, which the
//! control plane renews while it runs. A node that wakes later than its lease takes over each arc anew before it writes.

use std::time::Duration;

use crate::time::Instant;

/// The lease of the present view.
#[derive(Debug)]
pub(super) struct Lease {
    length: Duration,
    until: Instant,
    renewed: Instant,
}

impl Lease {
    pub(super) fn new(length: Duration, now: Instant) -> Self {
        let mut lease = Self {
            length,
            until: now,
            renewed: now,
        };
        lease.renew(now);
        lease
    }

    /// Whether it ran out before it was renewed.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        now > self.until
    }

    /// Whether whatever woke the control plane may renew it on the way: then it seldom has to wake for that alone.
    pub(super) fn is_to_renew(&self, now: Instant) -> bool {
        now >= self.renewed + self.length / 4
    }

    /// Renews it; its new end.
    pub(super) fn renew(&mut self, now: Instant) -> Instant {
        self.until = now + self.length;
        self.renewed = now;
        self.until
    }

    pub(super) fn next_deadline(&self) -> Instant {
        self.renewed + self.length / 2
    }
}
