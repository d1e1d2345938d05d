//! Who owns what: one small document, the same on every node.
//!
//! ```text
//! "CgTP" | version u8 | epoch u64 | cluster u64 | settings | members: count u16, entries | voters: count u8, u16 each | an ArcOwners for each arc
//! ```
//!
//! SWIM says who is alive and steers routing; it never decides ownership. Three systems found out that gossip must not (Cassandra, ScyllaDB,
//! Valkey): two nodes that learn the same facts in another order would own other arcs. So ownership is written down, under an
//! epoch, and the plan that made it is only its author: a better planner of a later version never moves data by surprise.
//!
//! The first document is formed from the list of nodes that every node is started with; [`Topology::form`] is a function of that list alone, so
//! all nodes form the same. Each later one is made from the one before ([`crate::moves`]) and agreed on by the voters.
//!
//! Members are listed in the order in which they joined, and stay in the list when they have left: so a [`MemberIndex`] means the same member in
//! every later epoch. Links, lanes and hints are lists that only grow.

mod arc_owners;
mod document;
mod draft;
mod member_entry;
mod reader;
mod settings;
mod told;
mod voters;

use circlet_ring::{ArcId, Member, NodeId, Placement, PlanError};
use xxhash_rust::xxh3::xxh3_64;

pub use self::arc_owners::{ArcOwners, MoveStage, Moving, OwnerList};
pub use self::draft::Draft;
pub use self::member_entry::{Addresses, MemberEntry, MemberStage};
pub use self::reader::Malformed;
use self::reader::Reader;
pub use self::settings::ClusterSettings;
pub use self::voters::{VOTERS_MAX, VOTERS_WANTED, one_step as one_voter_nearer};

const MAGIC: &[u8; 4] = b"CgTP";
const VERSION: u8 = 2;
/// What a member and an arc take at most, mostly: room made at once for all of them need not be made anew while they are written.
const MEMBER_BYTES_MOSTLY: usize = 128;
const ARC_BYTES_MOSTLY: usize = 24;

/// Most members of a document, those that have left included: a cluster in which more have come and gone takes no further ones. Of them, as many as a
/// [placement](circlet_ring::MEMBERS_MAX) has may own arcs at a time. One that has left costs a hundred bytes in the document, and some on each node.
pub const MEMBERS_MAX: usize = 4 * circlet_ring::MEMBERS_MAX;

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

/// The index of a member in a topology's members, which are in the order in which they joined. It means the same in every later epoch.
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
    // Invariant: ids and short ids distinct, 1 to MEMBERS_MAX.
    members: Box<[MemberEntry]>,
    // Invariant: ascending, 1 to VOTERS_MAX members.
    voters: Box<[MemberIndex]>,
    // Invariant: each names members that have not left.
    arcs: Box<[ArcOwners]>,
    /// All members, in the order of their ids.
    by_id: Box<[MemberIndex]>,
}

impl Topology {
    /// The first document of a cluster: places its arcs on `members`. The order of the list does not matter.
    ///
    /// # Errors
    ///
    /// The list or the settings cannot make a cluster; see [`FormError`].
    pub fn form(settings: ClusterSettings, mut members: Vec<MemberEntry>) -> Result<Self, FormError> {
        members.sort_by_key(|member| member.id);
        let planned: Vec<Member> = members.iter().map(MemberEntry::as_planned).collect();
        let placement = Placement::plan(settings.arcs, settings.replicas, &planned)?;
        let owners = |arc| {
            // The placement's members are sorted by id too, and each has its own place.
            let indexes = placement.owners(arc).iter().map(|node| MemberIndex::new(node.get()));
            OwnerList::new(indexes).ok_or(Malformed("too many owners, or one of them twice"))
        };
        let arcs = settings.arcs.arcs().map(|arc| Ok(ArcOwners::at_rest(owners(arc)?)));
        let draft = Draft {
            epoch: Epoch::FIRST,
            cluster: fingerprint_of_ids(&members),
            settings,
            voters: voters::wanted(&members, &[]),
            arcs: arcs.collect::<Result<_, Malformed>>()?,
            members,
        };
        Ok(draft.finish()?)
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

    /// The members, in the order in which they joined, to be indexed with a [`MemberIndex`]: those that have left too.
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

    /// The indexes of the members that take part: not of those that have left or were removed, which only keep their places.
    pub fn present(&self) -> impl Iterator<Item = MemberIndex> + '_ {
        self.indexes().filter(|&index| self.member(index).stage.is_there())
    }

    /// Where the member with this id stands.
    #[must_use]
    pub fn index_of(&self, id: &NodeId) -> Option<MemberIndex> {
        let at = self.by_id.binary_search_by_key(id, |&index| self.member(index).id);
        at.ok().map(|at| self.by_id[at])
    }

    /// Where the member with this [short id](NodeId::short) stands.
    #[must_use]
    pub fn index_of_short(&self, short: u64) -> Option<MemberIndex> {
        // Short ids are in the order of the ids.
        let at = self
            .by_id
            .binary_search_by_key(&short, |&index| self.member(index).id.short());
        at.ok().map(|at| self.by_id[at])
    }

    /// The members whose majority chooses the next document, in the order of their indexes.
    #[must_use]
    pub fn voters(&self) -> &[MemberIndex] {
        &self.voters
    }

    /// Who holds `arc`, which must be of this cluster.
    #[must_use]
    pub fn arc(&self, arc: ArcId) -> &ArcOwners {
        &self.arcs[arc.index()]
    }

    /// The owners of `arc` in force, the primary first: 1 to [`OWNERS_MAX`]. `arc` must be of this cluster.
    #[must_use]
    pub fn owners(&self, arc: ArcId) -> &[MemberIndex] {
        &self.arc(arc).owners
    }

    /// Whether no arc moves and none has draining owners.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.arcs
            .iter()
            .all(|arc| arc.moving.is_none() && arc.draining.is_empty())
    }

    /// Whether `arc` is held otherwise than in `before`: by others, in another stage, or one of its holders was removed since and will never answer.
    pub(crate) fn is_held_otherwise(&self, before: &Self, arc: ArcId) -> bool {
        let is_removed = |of: &Self, member: MemberIndex| {
            let entry = of.members.get(member.get());
            entry.is_some_and(|entry| entry.stage == MemberStage::Removed)
        };
        let holders = || self.arc(arc).holders();
        before.arc(arc) != self.arc(arc)
            || holders().any(|holder| is_removed(self, holder) && !is_removed(before, holder))
    }

    /// What the next document is made of, before anything in it is changed.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            epoch: Epoch(self.epoch.0 + 1),
            cluster: self.cluster,
            settings: self.settings,
            members: self.members.to_vec(),
            voters: self.voters.to_vec(),
            arcs: self.arcs.to_vec(),
        }
    }

    /// What nodes compare to see that they hold the same document.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        xxh3_64(&self.to_bytes())
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.members.len() * MEMBER_BYTES_MOSTLY + self.arcs.len() * ARC_BYTES_MOSTLY);
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
        // At most VOTERS_MAX.
        out.push(self.voters.len() as u8);
        for voter in &self.voters {
            out.extend_from_slice(&voter.0.to_le_bytes());
        }
        for arc in &self.arcs {
            arc.put(&mut out);
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
        let voter_count = usize::from(reader.u8()?);
        let mut voters = Vec::new();
        for _ in 0..voter_count {
            // One that is no member is found below.
            voters.push(MemberIndex(reader.u16()?));
        }
        // Each takes a byte at least.
        let mut arcs = Vec::with_capacity(usize::from(settings.arcs.get()).min(bytes.len()));
        for _ in settings.arcs.arcs() {
            arcs.push(ArcOwners::read(&mut reader)?);
        }
        reader.finish()?;
        let draft = Draft {
            epoch,
            cluster,
            settings,
            members,
            voters,
            arcs,
        };
        draft.finish()
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
