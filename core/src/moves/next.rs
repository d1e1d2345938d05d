//! The next document of a cluster that is on its way.

use circlet_ring::ArcId;

use super::{Facts, Target};
use crate::topology::{
    ArcOwners, Draft, Epoch, MemberEntry, MemberIndex, MemberStage, MoveStage, Moving, OWNERS_MAX, OwnerList, Topology,
    one_voter_nearer,
};

/// A document that may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// It.
    pub topology: Topology,
    /// How many arcs are on their way, or are to be, and have to stay where they are for now: there will be another document for them.
    pub waiting: usize,
}

/// Everything that may be done now, as one document: none if that is nothing. At most `moving_max` arcs move at a time.
///
/// Each step says what must be true before. The facts are about `topology`'s epoch: what members said in an older one does not count.
#[must_use]
pub fn next(topology: &Topology, target: &Target, facts: &Facts<'_>, moving_max: usize) -> Option<Next> {
    let mut draft = topology.draft();
    let scene = Scene {
        topology,
        target,
        facts,
        epoch: topology.epoch(),
    };
    let arcs = topology.settings().arcs;
    let mut may_begin =
        moving_max.saturating_sub(arcs.arcs().filter(|&arc| topology.arc(arc).moving.is_some()).count());
    let (mut has_changed, mut waiting) = (false, 0);
    for arc in arcs.arcs() {
        let Some(after) = scene.step(arc, may_begin > 0) else {
            waiting += usize::from(scene.is_on_its_way(arc, may_begin > 0));
            continue;
        };
        if after.moving.is_some() && topology.arc(arc).moving.is_none() {
            may_begin -= 1;
        }
        draft.arcs[arc.index()] = after;
        has_changed = true;
    }
    for index in topology.indexes() {
        if let Some(stage) = scene.member_step(index, &draft) {
            draft.members[index.get()].stage = stage;
            has_changed = true;
        }
    }
    if let Some(voters) = one_voter_nearer(&draft.members, &draft.voters, |voter| facts.is_alive(voter)) {
        draft.voters = voters;
        has_changed = true;
    }
    // A document that describes what cannot be is a defect of ours; nothing is proposed then.
    let topology = has_changed.then(|| draft.finish().ok()).flatten()?;
    Some(Next { topology, waiting })
}

struct Scene<'a> {
    topology: &'a Topology,
    target: &'a Target,
    facts: &'a Facts<'a>,
    epoch: Epoch,
}

impl Scene<'_> {
    fn step(&self, arc: ArcId, may_begin: bool) -> Option<ArcOwners> {
        let now = self.topology.arc(arc);
        match &now.moving {
            Some(moving) => match moving.stage {
                MoveStage::WriteBothReadOld if self.is_to_go_back(arc, now, moving) => Some(self.back(now, moving)),
                MoveStage::WriteBothReadOld => self.read_new(arc, now, moving),
                MoveStage::WriteBothReadNew => self.new_only(arc, now, moving),
            },
            None => self.begin(arc, now, may_begin).or_else(|| self.drained(arc, now)),
        }
    }

    /// Whether there is more to come for an arc.
    fn is_on_its_way(&self, arc: ArcId, may_begin: bool) -> bool {
        let now = self.topology.arc(arc);
        now.moving.is_some() || !now.draining.is_empty() || (may_begin && *self.target.owners(arc) != now.owners)
    }

    /// An arc is sent on its way once a quorum of its owners has installed what is in force.
    fn begin(&self, arc: ArcId, now: &ArcOwners, may_begin: bool) -> Option<ArcOwners> {
        let to = *self.target.owners(arc);
        if to == now.owners || to.is_empty() || !self.facts.quorum_installed(&now.owners, self.epoch) {
            return None;
        }
        let draining = now.draining.retained(|member| !to.contains(&member));
        if to.len() == now.owners.len() && to.iter().all(|member| now.owners.contains(member)) {
            // The same owners in another order hold the same data.
            return Some(ArcOwners {
                owners: to,
                draining,
                ..*now
            });
        }
        // All who have to drain in the end must find a place in the list.
        let leaving = now.owners.iter().filter(|owner| !to.contains(owner)).count();
        if !may_begin || draining.len() + leaving > OWNERS_MAX || draining.len() + to.len() > OWNERS_MAX {
            return None;
        }
        let stage = MoveStage::WriteBothReadOld;
        Some(ArcOwners {
            owners: now.owners,
            moving: Some(Moving { to, stage }),
            draining,
        })
    }

    /// A move whose goal is nobody's any more goes back, as long as reads still ask the old owners.
    fn is_to_go_back(&self, arc: ArcId, now: &ArcOwners, moving: &Moving) -> bool {
        let is_out = |member: &MemberIndex| !self.member(*member).stage.is_to_own();
        *self.target.owners(arc) == now.owners || moving.to.iter().any(is_out)
    }

    /// The owners stay. Those who were to come may have acknowledged what needed one owner only: they drain.
    fn back(&self, now: &ArcOwners, moving: &Moving) -> ArcOwners {
        ArcOwners {
            owners: now.owners,
            moving: None,
            draining: self.with_former(now.draining, &moving.to, &now.owners),
        }
    }

    /// Reads may ask the new owners once quorums of both sides write to both, and a quorum of the new owners, and each of them that is up, has
    /// caught up.
    fn read_new(&self, arc: ArcId, now: &ArcOwners, moving: &Moving) -> Option<ArcOwners> {
        let has_caught_up = |member: &MemberIndex| self.facts.has_caught_up(*member, arc, self.epoch);
        let is_ready = self.both_installed(now, moving) && self.all_up_and_a_quorum(&moving.to, has_caught_up);
        let stage = MoveStage::WriteBothReadNew;
        is_ready.then_some(ArcOwners {
            moving: Some(Moving { stage, ..*moving }),
            ..*now
        })
    }

    /// The old owners may be left out once quorums of both sides no longer read there, and a quorum of the new owners, and each of them that is up,
    /// knows all that was read there.
    fn new_only(&self, arc: ArcId, now: &ArcOwners, moving: &Moving) -> Option<ArcOwners> {
        let has_drained = |member: &MemberIndex| self.facts.has_drained(*member, arc, self.epoch);
        let is_ready = self.both_installed(now, moving) && self.all_up_and_a_quorum(&moving.to, has_drained);
        is_ready.then(|| ArcOwners {
            owners: moving.to,
            moving: None,
            draining: self.with_former(now.draining, &now.owners, &moving.to),
        })
    }

    /// Former owners are let go once every owner has compared the arc with each of them.
    fn drained(&self, arc: ArcId, now: &ArcOwners) -> Option<ArcOwners> {
        let is_done = |owner: &MemberIndex| {
            self.member(*owner).stage == MemberStage::Removed || self.facts.has_drained(*owner, arc, self.epoch)
        };
        let is_over = !now.draining.is_empty() && now.owners.iter().all(is_done);
        is_over.then_some(ArcOwners::at_rest(now.owners))
    }

    fn both_installed(&self, now: &ArcOwners, moving: &Moving) -> bool {
        self.facts.quorum_installed(&now.owners, self.epoch) && self.facts.quorum_installed(&moving.to, self.epoch)
    }

    fn all_up_and_a_quorum(&self, owners: &OwnerList, is_ready: impl Fn(&MemberIndex) -> bool) -> bool {
        let is_excused = |owner: &MemberIndex| !self.facts.is_alive(*owner) || !self.member(*owner).stage.is_there();
        owners.iter().filter(|owner| is_ready(owner)).count() >= owners.quorum()
            && owners.iter().all(|owner| is_ready(owner) || is_excused(owner))
    }

    /// Those who drained and the former owners that are none any more, without those gone for good.
    fn with_former(&self, draining: OwnerList, former: &OwnerList, owners: &OwnerList) -> OwnerList {
        let is_former = |member: &MemberIndex| !owners.contains(member) && !draining.contains(member);
        let all = draining.iter().chain(former.iter().filter(|member| is_former(member)));
        let there = all.copied().filter(|&member| self.member(member).stage.is_there());
        // There was place for all of them when the move began.
        OwnerList::new(there).unwrap_or(draining)
    }

    /// Joining members become active once they have their arcs, and those on their way out have left once no arc names them, nor do they vote. Of one that leaves
    /// by the draft: an arc lets it go when nobody needs it any more, and one document says both.
    fn member_step(&self, index: MemberIndex, draft: &Draft) -> Option<MemberStage> {
        let arcs = self.topology.settings().arcs;
        let mut all = arcs.arcs().map(|arc| (arc, self.topology.arc(arc)));
        match self.member(index).stage {
            MemberStage::Joining => {
                let has_arrived = |(arc, now): (ArcId, &ArcOwners)| {
                    let is_moving_to_it = now.moving.is_some_and(|moving| moving.to.contains(&index));
                    let is_owed = self.target.owners(arc).contains(&index) && !now.owners.contains(&index);
                    !is_moving_to_it && !is_owed
                };
                let is_there = self.facts.has_installed(index, self.epoch);
                (is_there && all.all(has_arrived)).then_some(MemberStage::Active)
            }
            MemberStage::Leaving => {
                let is_free = !draft.voters.contains(&index) && draft.arcs.iter().all(|held| !held.names(index));
                is_free.then_some(MemberStage::Left)
            }
            MemberStage::Removed => {
                let is_free = !self.topology.voters().contains(&index) && all.all(|(_, now)| !now.names(index));
                is_free.then_some(MemberStage::Left)
            }
            MemberStage::Active | MemberStage::Left => None,
        }
    }

    fn member(&self, index: MemberIndex) -> &MemberEntry {
        self.topology.member(index)
    }
}
