//! Who is told of a document at once.

use super::{MemberIndex, MemberStage, Topology};

/// Up to so many members are all told by whoever had a document chosen.
const ALL_TOLD_MAX: usize = 100;

impl Topology {
    /// Whom the node that had this document chosen sends it to: in a cluster of up to a hundred members everybody. Among more, those whom the next document
    /// waits for: voters, holders of arcs that are on their way, and members that come or go. The others hear of it by gossip, and each asks another one of
    /// those that have it.
    ///
    /// A document of a thousand members has 145 kB. One node that sent it to all of them would need more than a second of its link for it, and the documents of
    /// a move follow each other faster than that.
    #[must_use]
    pub fn told_at_once(&self) -> Vec<MemberIndex> {
        if self.present().count() <= ALL_TOLD_MAX {
            return self.indexes().collect();
        }
        let mut is_told: Vec<bool> = self
            .members()
            .iter()
            .map(|member| member.stage != MemberStage::Active)
            .collect();
        for voter in self.voters() {
            is_told[voter.get()] = true;
        }
        for arc in self.settings().arcs.arcs() {
            let arc = self.arc(arc);
            if arc.moving.is_some() || !arc.draining.is_empty() {
                arc.holders().for_each(|holder| is_told[holder.get()] = true);
            }
        }
        self.indexes().filter(|index| is_told[index.get()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{id, topology};
    use super::*;
    use crate::moves::{Change, apply};
    use crate::topology::{MoveStage, Moving, OwnerList};

    /// Of a hundred and twenty nodes, of which number 50 leaves; one arc is on its way.
    fn on_its_way(count: u8) -> Topology {
        let before = topology(count, 3);
        let mut draft = before.draft();
        draft.members[49].stage = MemberStage::Leaving;
        let to = OwnerList::new([60, 61, 62].map(MemberIndex::new)).unwrap();
        draft.arcs[7].moving = Some(Moving {
            to,
            stage: MoveStage::WriteBothReadOld,
        });
        draft.finish().unwrap()
    }

    #[test]
    fn among_many_those_are_told_at_once_whom_the_next_document_waits_for() {
        let topology = on_its_way(120);
        let told = topology.told_at_once();
        let is_told = |index: usize| told.contains(&MemberIndex::new(index));
        assert!(is_told(49), "who leaves");
        assert!([60, 61, 62].into_iter().all(is_told), "who is to own the arc");
        let arc = topology.settings().arcs.arcs().nth(7).unwrap();
        assert!(
            topology.owners(arc).iter().all(|owner| told.contains(owner)),
            "who owns it"
        );
        assert!(topology.voters().iter().all(|voter| told.contains(voter)), "who votes");
        assert!(told.len() <= 1 + 6 + topology.voters().len(), "and nobody else");
    }

    #[test]
    fn among_a_hundred_everybody_is_told_at_once() {
        let told = topology(100, 3).told_at_once();
        assert_eq!(told.len(), 100);
        let one_more = apply(&topology(101, 3), &Change::Leave(id(1))).unwrap();
        assert!(one_more.told_at_once().len() < 20);
    }
}
