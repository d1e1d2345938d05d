//! What all nodes of a cluster must agree on.

use circlet_ring::ArcCount;
use xxhash_rust::xxh3::xxh3_64;

use super::reader::{Malformed, Reader};
use crate::quorum::Level;

/// The settings that are part of the topology: a node with others does not belong to the cluster.
///
/// Chosen when the cluster is created. Nodes compare [`fingerprint`](Self::fingerprint)s when they meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterSettings {
    /// How many owners each arc is to have, 1 to 8; each costs the memory of one copy. Default 3.
    pub replicas: u8,
    /// How many owners a read waits for, unless its connection or its key's prefix chooses otherwise.
    pub read: Level,
    /// The same for a write.
    pub write: Level,
    /// How many arcs.
    pub arcs: ArcCount,
    /// A stamp further ahead of a node's clock than this is refused, and a node whose clock is further off from the others' steps down as
    /// coordinator; milliseconds, default 5000. Raising it lets a wrong clock do more harm before it is noticed.
    pub clock_off_ms_max: u32,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            replicas: 3,
            read: Level::Quorum,
            write: Level::Quorum,
            arcs: ArcCount::DEFAULT,
            clock_off_ms_max: 5000,
        }
    }
}

impl ClusterSettings {
    /// What nodes compare to see that they have the same settings.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut bytes = Vec::new();
        self.put(&mut bytes);
        xxh3_64(&bytes)
    }

    /// `replicas u8 | read u8 | write u8 | arcs u16 | clock off ms u32`.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.replicas, self.read.byte(), self.write.byte()]);
        out.extend_from_slice(&self.arcs.get().to_le_bytes());
        out.extend_from_slice(&self.clock_off_ms_max.to_le_bytes());
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            replicas: reader.u8()?,
            read: level(reader.u8()?)?,
            write: level(reader.u8()?)?,
            arcs: ArcCount::new(reader.u16()?).ok_or(Malformed("impossible number of arcs"))?,
            clock_off_ms_max: reader.u32()?,
        })
    }
}

fn level(byte: u8) -> Result<Level, Malformed> {
    Level::from_byte(byte).ok_or(Malformed("unknown level"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_of_the_defaults_is_pinned_and_every_setting_changes_it() {
        let settings = ClusterSettings::default();
        let others = [
            ClusterSettings {
                replicas: 2,
                ..settings
            },
            ClusterSettings {
                read: Level::One,
                ..settings
            },
            ClusterSettings {
                write: Level::All,
                ..settings
            },
            ClusterSettings {
                arcs: ArcCount::MAX,
                ..settings
            },
            ClusterSettings {
                clock_off_ms_max: 4999,
                ..settings
            },
        ];
        for other in others {
            assert_ne!(other.fingerprint(), settings.fingerprint(), "{other:?}");
        }
        assert_eq!(settings.fingerprint(), 8_878_333_263_091_521_394, "golden");
    }
}
