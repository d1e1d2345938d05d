//! Who owns what: one small document, the same on every node.
//!
//! ```text
//! "CgTP" | version u8 | epoch u64 | cluster u64 | settings | member count u16 | members | owner count u8 | arcs x owners (u16 each)
//! ```
//!
//! SWIM says who is alive and steers routing; it never decides ownership. Three systems found out that gossip must not (Cassandra, ScyllaDB,
//! Valkey): two nodes that learn the same facts in another order would own other arcs. So ownership is written down, under an
//! epoch, and the plan that made it is only its author: a better planner of a later version never moves data by surprise.
//!
//! Today the document is formed once, from the list of nodes that every node is started with; [`Topology::form`] is a function of that list alone, so
//! all nodes form the same. `docs/design/topology.md` says what comes when it changes while running.

mod member_entry;
mod reader;
mod settings;

use circlet_ring::{ArcId, Member, NodeId, Placement, PlanError};
use xxhash_rust::xxh3::xxh3_64;

pub use self::member_entry::{Addresses, MemberEntry, MemberStage};
pub use self::reader::Malformed;
use self::reader::Reader;
pub use self::settings::ClusterSettings;

const MAGIC: &[u8; 4] = b"CgTP";
const VERSION: u8 = 1;

/// Most members of a document.
pub const MEMBERS_MAX: usize = circlet_ring::MEMBERS_MAX;

/// Most owners of an arc.
pub const OWNERS_MAX: usize = circlet_ring::REPLICAS_MAX as usize;

/// The version of a topology; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch of a cluster that was just formed.
    pub const FIRST: Self = Self(1);

    /// The epoch numbered `number`.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Epoch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The index of a member in a topology's members, which are in the order of their ids. It means nothing in another epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberIndex(u16);

impl MemberIndex {
    pub(crate) const fn new(index: usize) -> Self {
        debug_assert!(index < MEMBERS_MAX);
        Self(index as u16)
    }

    /// To index the members with.
    #[must_use]
    #[inline]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Debug for MemberIndex {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "member {}", self.0)
    }
}

/// The document. See the module's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    epoch: Epoch,
    cluster: u64,
    settings: ClusterSettings,
    // Invariant: sorted by id, ids and short ids distinct, 1 to MEMBERS_MAX.
    members: Box<[MemberEntry]>,
    // Invariant: 1 to OWNERS_MAX.
    owner_count: usize,
    // Invariant: `owner_count` distinct members for each arc.
    owners: Box<[MemberIndex]>,
}

impl Topology {
    /// The first document of a cluster: places its arcs on `members`. The order of the list does not matter.
    ///
    /// # Errors
    ///
    /// The list or the settings cannot make a cluster; see [`FormError`].
    pub fn form(settings: ClusterSettings, members: Vec<MemberEntry>) -> Result<Self, FormError> {
        let planned: Vec<Member> = members
            .iter()
            .map(|member| Member {
                id: member.id,
                zone: member.zone.clone(),
                weight: member.weight,
            })
            .collect();
        let placement = Placement::plan(settings.arcs, settings.replicas, &planned)?;
        let mut members = members;
        members.sort_by_key(|member| member.id);
        let owners = settings
            .arcs
            .arcs()
            .flat_map(|arc| placement.owners(arc))
            .map(|node| MemberIndex::new(node.get()));
        let topology = Self {
            epoch: Epoch::FIRST,
            cluster: fingerprint_of_ids(&members),
            settings,
            owner_count: placement.replicas(),
            owners: owners.collect(),
            members: members.into(),
        };
        topology.check()?;
        Ok(topology)
    }

    /// Its version.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Names the cluster, for ever: the fingerprint of the ids of its first members. Nodes of another cluster are not talked to.
    #[must_use]
    pub fn cluster(&self) -> u64 {
        self.cluster
    }

    /// What all nodes agree on.
    #[must_use]
    pub fn settings(&self) -> &ClusterSettings {
        &self.settings
    }

    /// The members, in the order of their ids, to be indexed with a [`MemberIndex`].
    #[must_use]
    pub fn members(&self) -> &[MemberEntry] {
        &self.members
    }

    /// The member at `index`.
    #[must_use]
    pub fn member(&self, index: MemberIndex) -> &MemberEntry {
        &self.members[index.get()]
    }

    /// The indexes of all members.
    pub fn indexes(&self) -> impl Iterator<Item = MemberIndex> + use<> {
        (0..self.members.len()).map(MemberIndex::new)
    }

    /// Where the member with this id stands.
    #[must_use]
    pub fn index_of(&self, id: &NodeId) -> Option<MemberIndex> {
        self.members
            .binary_search_by_key(id, |member| member.id)
            .ok()
            .map(MemberIndex::new)
    }

    /// Where the member with this [short id](NodeId::short) stands.
    #[must_use]
    pub fn index_of_short(&self, short: u64) -> Option<MemberIndex> {
        // Short ids are in the order of the ids.
        self.members
            .binary_search_by_key(&short, |member| member.id.short())
            .ok()
            .map(MemberIndex::new)
    }

    /// The owners of `arc`, the primary first. `arc` must be of this cluster.
    #[must_use]
    pub fn owners(&self, arc: ArcId) -> &[MemberIndex] {
        let first = arc.index() * self.owner_count;
        &self.owners[first..first + self.owner_count]
    }

    /// How many owners each arc has: the replicas wanted, or all members if they are fewer.
    #[must_use]
    pub fn owner_count(&self) -> usize {
        self.owner_count
    }

    /// What nodes compare to see that they hold the same document.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        xxh3_64(&self.to_bytes())
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.extend_from_slice(&self.epoch.0.to_le_bytes());
        out.extend_from_slice(&self.cluster.to_le_bytes());
        self.settings.put(&mut out);
        // At most MEMBERS_MAX.
        out.extend_from_slice(&(self.members.len() as u16).to_le_bytes());
        for member in &self.members {
            member.put(&mut out);
        }
        out.push(self.owner_count as u8);
        for owner in &self.owners {
            out.extend_from_slice(&owner.0.to_le_bytes());
        }
        out
    }

    /// The document with these bytes.
    ///
    /// # Errors
    ///
    /// They are cut short, of another version, or describe what cannot be: an owner that is no member, a member listed twice.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.bytes(MAGIC.len())? != MAGIC {
            return Err(Malformed("not a topology"));
        }
        if reader.u8()? != VERSION {
            return Err(Malformed("of another version"));
        }
        let (epoch, cluster) = (Epoch(reader.u64()?), reader.u64()?);
        let settings = ClusterSettings::read(&mut reader)?;
        let member_count = usize::from(reader.u16()?);
        let mut members = Vec::new();
        for _ in 0..member_count {
            members.push(MemberEntry::read(&mut reader)?);
        }
        let owner_count = usize::from(reader.u8()?);
        let owner_bytes = reader.bytes(usize::from(settings.arcs.get()) * owner_count * 2)?;
        reader.finish()?;
        let (owners, _) = owner_bytes.as_chunks::<2>();
        let owners = owners
            .iter()
            .map(|&bytes| MemberIndex(u16::from_le_bytes(bytes)))
            .collect();
        let topology = Self {
            epoch,
            cluster,
            settings,
            members: members.into(),
            owner_count,
            owners,
        };
        topology.check()?;
        Ok(topology)
    }

    fn check(&self) -> Result<(), Malformed> {
        if self.members.is_empty() || self.members.len() > MEMBERS_MAX {
            return Err(Malformed("no members, or too many"));
        }
        if !self.members.is_sorted_by(|a, b| a.id.short() < b.id.short()) {
            return Err(Malformed("members out of order, or one of them twice"));
        }
        if self.owner_count == 0 || self.owner_count > OWNERS_MAX {
            return Err(Malformed("no owners, or too many"));
        }
        for owners in self.owners.chunks(self.owner_count) {
            let is_wrong =
                |(at, owner): (usize, &MemberIndex)| owner.get() >= self.members.len() || owners[..at].contains(owner);
            if owners.iter().enumerate().any(is_wrong) {
                return Err(Malformed("an owner that is no member, or one of them twice"));
            }
        }
        Ok(())
    }
}

/// Why a list of nodes makes no cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The arcs cannot be placed.
    #[error("{0}")]
    Plan(#[from] PlanError),
    /// Two ids begin alike, which random ids do not.
    #[error("{0}")]
    Document(#[from] Malformed),
}

fn fingerprint_of_ids(members: &[MemberEntry]) -> u64 {
    let bytes: Vec<u8> = members.iter().flat_map(|member| *member.id.as_bytes()).collect();
    xxh3_64(&bytes)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
