//! A node as the topology lists it.

use std::fmt;
use std::net::SocketAddr;

use circlet_ring::{Member, NodeId, Weight, Zone};

use super::reader::{Malformed, Reader};
use crate::life::Life;

/// Where a node listens. The ports of one node share an address in every deployment that `circlet up` makes, but need not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// Clients of the one-big-Redis port.
    pub client: SocketAddr,
    /// Clients of the Redis Cluster port.
    pub cluster: SocketAddr,
    /// Peers, over TCP.
    pub peer: SocketAddr,
    /// Gossip, over UDP.
    pub gossip: SocketAddr,
    /// Metrics and health.
    pub http: SocketAddr,
}

/// What a member is about to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum MemberStage {
    /// It gets its arcs.
    Joining = 1,
    /// It owns arcs.
    Active = 2,
    /// It gives its arcs away.
    Leaving = 3,
    /// It is gone; its id is never used again.
    Left = 4,
    /// An operator declared it gone for good: nobody talks to it any more, its arcs get other owners, and then it has left.
    Removed = 5,
}

impl MemberStage {
    fn from_byte(byte: u8) -> Result<Self, Malformed> {
        match byte {
            1 => Ok(Self::Joining),
            2 => Ok(Self::Active),
            3 => Ok(Self::Leaving),
            4 => Ok(Self::Left),
            5 => Ok(Self::Removed),
            _ => Err(Malformed("unknown state of a member")),
        }
    }
}

impl MemberStage {
    /// Whether a member in this state is talked to: it takes part in the cluster, or is on its way in or out.
    #[must_use]
    pub fn is_there(self) -> bool {
        matches!(self, Self::Joining | Self::Active | Self::Leaving)
    }

    /// Whether a member in this state is to own arcs.
    #[must_use]
    pub fn is_to_own(self) -> bool {
        matches!(self, Self::Joining | Self::Active)
    }
}

impl fmt::Display for MemberStage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Joining => "joining",
            Self::Active => "active",
            Self::Leaving => "leaving",
            Self::Left => "left",
            Self::Removed => "removed",
        })
    }
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberEntry {
    /// Who it is, for ever.
    pub id: NodeId,
    /// Its life when this epoch was made; lives change without the topology, so links and gossip know better.
    pub life: Life,
    /// Its state.
    pub stage: MemberStage,
    /// Whose place it has on the ring: its own, or that of the member that it replaced, so that it gets just the arcs of that one.
    pub place: NodeId,
    /// What it fails with.
    pub zone: Zone,
    /// How much it takes.
    pub weight: Weight,
    /// Where it listens.
    pub addresses: Addresses,
}

impl MemberEntry {
    /// An active member of a cluster that is just formed.
    #[must_use]
    pub fn founding(id: NodeId, zone: Zone, weight: Weight, addresses: Addresses) -> Self {
        Self {
            id,
            life: Life::ZERO,
            stage: MemberStage::Active,
            place: id,
            zone,
            weight,
            addresses,
        }
    }

    /// A member that is to get its first arcs.
    #[must_use]
    pub fn joining(id: NodeId, zone: Zone, weight: Weight, addresses: Addresses) -> Self {
        Self {
            stage: MemberStage::Joining,
            ..Self::founding(id, zone, weight, addresses)
        }
    }

    /// As the planner needs it.
    #[must_use]
    pub fn as_planned(&self) -> Member {
        Member {
            id: self.place,
            zone: self.zone.clone(),
            weight: self.weight,
        }
    }

    /// Its bytes: what a node that joins says of itself.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out);
        out
    }

    /// The entry of these bytes.
    ///
    /// # Errors
    ///
    /// They are cut short or too long, or describe what cannot be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let entry = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(entry)
    }

    /// `id 20 bytes | life u64 | stage u8 | place 20 bytes | weight u16 | zone text | 5 x address text`, a text being `length u8, bytes`.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(&self.life.get().to_le_bytes());
        out.push(self.stage as u8);
        out.extend_from_slice(self.place.as_bytes());
        out.extend_from_slice(&self.weight.hundredths().to_le_bytes());
        put_text(out, self.zone.as_str());
        let Addresses {
            client,
            cluster,
            peer,
            gossip,
            http,
        } = self.addresses;
        for address in [client, cluster, peer, gossip, http] {
            put_text(out, &address.to_string());
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: reader.node_id()?,
            life: Life::new(reader.u64()?),
            stage: MemberStage::from_byte(reader.u8()?)?,
            place: reader.node_id()?,
            weight: Weight::from_hundredths(reader.u16()?).ok_or(Malformed("impossible weight"))?,
            zone: reader.text()?.parse().map_err(|_| Malformed("impossible zone"))?,
            addresses: Addresses {
                client: read_address(reader)?,
                cluster: read_address(reader)?,
                peer: read_address(reader)?,
                gossip: read_address(reader)?,
                http: read_address(reader)?,
            },
        })
    }
}

fn read_address(reader: &mut Reader<'_>) -> Result<SocketAddr, Malformed> {
    reader.text()?.parse().map_err(|_| Malformed("impossible address"))
}

/// Zones have at most 64 bytes, addresses fewer.
fn put_text(out: &mut Vec<u8>, text: &str) {
    debug_assert!(text.len() <= usize::from(u8::MAX));
    out.push(text.len() as u8);
    out.extend_from_slice(text.as_bytes());
}
