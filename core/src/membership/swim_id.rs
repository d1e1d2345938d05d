//! Who a node is to SWIM.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::life::Life;

/// A node as SWIM names it: twice in the header of every datagram, so only what tells one memory of one node apart.
///
/// Weight, zone and the like are refused here: to SWIM another identity is another member, so changing one would be a death and a birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwimId {
    /// [`NodeId::short`](circlet_ring::NodeId::short) of the node.
    pub node: u64,
    /// Where it receives gossip.
    pub addr: SocketAddr,
    /// Its memory.
    pub life: Life,
    /// How often it was declared down in this life while it lived, and took a new identity. The memory stays the same.
    pub renewal: u32,
}

impl SwimId {
    /// An identity in the first renewal of `life`.
    #[must_use]
    pub const fn new(node: u64, addr: SocketAddr, life: Life) -> Self {
        Self {
            node,
            addr,
            life,
            renewal: 0,
        }
    }

    /// Whoever answers at `addr`: good enough to announce ourselves to, which is how two nodes meet.
    #[must_use]
    pub const fn anyone_at(addr: SocketAddr) -> Self {
        Self::new(0, addr, Life::ZERO)
    }

    /// Which of two identities is the later one. Total, so two nodes never each believe to have won.
    pub(crate) fn rank(&self) -> (Life, u32, u64) {
        (self.life, self.renewal, self.node)
    }
}

impl foca::Identity for SwimId {
    type Addr = SocketAddr;

    fn renew(&self) -> Option<Self> {
        Some(Self {
            renewal: self.renewal.checked_add(1)?,
            ..*self
        })
    }

    fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn win_addr_conflict(&self, adversary: &Self) -> bool {
        self.rank() > adversary.rank()
    }
}

#[cfg(test)]
mod tests {
    use foca::Identity;

    use super::*;

    #[test]
    fn a_later_life_wins_over_any_renewal_of_an_earlier_one() {
        let addr = SocketAddr::from(([127, 0, 0, 1], 7201));
        let first = SwimId::new(1, addr, Life::new(10));
        let renewed = SwimId {
            renewal: u32::MAX,
            ..first
        };
        let restarted = SwimId::new(1, addr, Life::new(11));
        assert!(renewed.win_addr_conflict(&first) && !first.win_addr_conflict(&renewed));
        assert!(restarted.win_addr_conflict(&renewed) && !renewed.win_addr_conflict(&restarted));
        assert_eq!(renewed.renew(), None, "renewals never wrap");
        assert_eq!(first.renew().map(|id| (id.life, id.renewal)), Some((Life::new(10), 1)));
    }
}
