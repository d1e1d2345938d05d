//! The limits of a run, drawn from its seed: tiny ones are hit.

use std::time::Duration;

use circlet_core::hint::HintCaps;

use crate::random::Random;

/// What all nodes of a run have in common besides the topology.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) hints: HintCaps,
    /// How often a node compares its arcs with the other owners.
    pub(crate) round_period: Duration,
}

impl Limits {
    /// Of fixed schedules: few hints, and rounds that are often enough to be waited for.
    pub(crate) const FIXED: Self = Self {
        hints: HintCaps {
            keys_max: 4,
            bytes_max: 16 << 20,
        },
        round_period: Duration::from_secs(1),
    };

    pub(crate) fn draw(random: &mut Random) -> Self {
        let keys_max = if random.chance(250) {
            HintCaps::default().keys_max
        } else {
            random.between(1, 6) as usize
        };
        let bytes_max = if random.chance(750) {
            HintCaps::default().bytes_max
        } else {
            random.between(50, 150) as usize
        };
        Self {
            hints: HintCaps { keys_max, bytes_max },
            round_period: Duration::from_millis(random.between(250, 2_000)),
        }
    }
}
