//! A document in the making.

use circlet_ring::NodeId;

use super::voters::VOTERS_MAX;
use super::{
    ArcOwners, ClusterSettings, Epoch, MEMBERS_MAX, Malformed, MemberEntry, MemberIndex, MemberStage, Topology,
};

/// What a document consists of. [`finish`](Self::finish) checks it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its version.
    pub epoch: Epoch,
    /// Which cluster, for ever.
    pub cluster: u64,
    /// What all nodes agree on.
    pub settings: ClusterSettings,
    /// The members, in the order of joining; only ever longer than in the document before.
    pub members: Vec<MemberEntry>,
    /// Who votes, ascending.
    pub voters: Vec<MemberIndex>,
    /// Who holds each arc.
    pub arcs: Vec<ArcOwners>,
}

impl Draft {
    /// The document, if it describes what can be.
    ///
    /// # Errors
    ///
    /// What cannot be.
    pub fn finish(self) -> Result<Topology, Malformed> {
        let by_id = self.sorted_by_id()?;
        self.check_voters()?;
        if self.arcs.len() != usize::from(self.settings.arcs.get()) {
            return Err(Malformed("arcs too few, or too many"));
        }
        let holds = |index: MemberIndex| {
            self.members
                .get(index.get())
                .is_some_and(|member| member.stage != MemberStage::Left)
        };
        for arc in &self.arcs {
            arc.check(holds)?;
        }
        Ok(Topology {
            epoch: self.epoch,
            cluster: self.cluster,
            settings: self.settings,
            members: self.members.into(),
            voters: self.voters.into(),
            arcs: self.arcs.into(),
            by_id,
        })
    }

    fn sorted_by_id(&self) -> Result<Box<[MemberIndex]>, Malformed> {
        if self.members.is_empty() || self.members.len() > MEMBERS_MAX {
            return Err(Malformed("no members, or too many"));
        }
        let id = |index: &MemberIndex| -> NodeId { self.members[index.get()].id };
        let mut by_id: Box<[MemberIndex]> = (0..self.members.len()).map(MemberIndex::new).collect();
        by_id.sort_unstable_by_key(id);
        // Short ids are in the order of the ids.
        if by_id.is_sorted_by(|a, b| id(a).short() < id(b).short()) {
            Ok(by_id)
        } else {
            Err(Malformed("a member twice, or two whose ids begin alike"))
        }
    }

    fn check_voters(&self) -> Result<(), Malformed> {
        if self.voters.is_empty() || self.voters.len() > VOTERS_MAX {
            return Err(Malformed("no voters, or too many"));
        }
        if !self.voters.is_sorted_by(|a, b| a < b) {
            return Err(Malformed("voters out of order, or one of them twice"));
        }
        if self.voters.iter().any(|voter| voter.get() >= self.members.len()) {
            return Err(Malformed("a voter that is no member"));
        }
        Ok(())
    }
}
