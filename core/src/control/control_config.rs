//! What a control plane is started with.

use std::net::SocketAddr;
use std::time::Duration;

use circlet_ring::NodeId;

use crate::life::Life;
use crate::membership::Profile;

/// What one node's control plane is started with.
#[derive(Debug, Clone)]
pub struct ControlConfig {
    /// Which member of the topology it is.
    pub me: NodeId,
    /// The life that begins; see [`Life::next`].
    pub life: Life,
    /// Where it takes gossip, if that is not where the topology says. Default none.
    pub gossip_at: Option<SocketAddr>,
    /// The pace of failure detection.
    pub profile: Profile,
    /// How long the data plane may go on with a view while the control plane does not run. Default 300 ms. Must be less than the time
    /// after which a peer gives up a link that does not answer: until then nobody acts in this node's place. Shorter ones are lost more often on
    /// busy machines, which costs a comparison of every arc.
    pub lease: Duration,
    /// Open an arc though owners that may know more have been away for so long. Default none: wait for ever. It may forget
    /// acknowledged writes.
    pub open_alone_after: Option<Duration>,
    /// How long a pass of [rounds](crate::antientropy) over all arcs takes. Default 5 s. Tombstones and expired entries stay for about as long
    /// and three seconds more. Shorter ones cost every node 20 bytes and a few hundred nanoseconds an arc and pass.
    pub round_period: Duration,
    /// How many arcs move at a time at most, while this node drives. Default: all. Fewer make a change take longer, one epoch each few hundred
    /// milliseconds, and leave fewer arcs without sweeps meanwhile.
    pub moving_arcs_max: usize,
    /// Seed of all randomness.
    pub random_seed: u64,
}

impl ControlConfig {
    /// The defaults for this node in this life.
    #[must_use]
    pub fn new(me: NodeId, life: Life, random_seed: u64) -> Self {
        let lease = Duration::from_millis(300);
        Self {
            me,
            life,
            gossip_at: None,
            profile: Profile::default(),
            lease,
            open_alone_after: None,
            round_period: Duration::from_secs(5),
            moving_arcs_max: usize::MAX,
            random_seed,
        }
    }
}
