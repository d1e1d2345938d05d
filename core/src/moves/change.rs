//! What an operator asks for.

use circlet_ring::{NodeId, PlanError, REPLICAS_MAX, Weight, Zone};

use super::Target;
use crate::quorum::Level;
use crate::topology::{
    Addresses, ArcOwners, Draft, Epoch, MEMBERS_MAX, Malformed, MemberEntry, MemberIndex, MemberStage, OwnerList,
    Topology,
};

/// A change of members or settings. What it means for the arcs follows step by step ([`next`](super::next())).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A node joins, and gets its share of the arcs.
    Join(MemberEntry),
    /// A member gives its arcs away and leaves; one that is joining turns round.
    Leave(NodeId),
    /// A member that is leaving stays after all.
    Stay(NodeId),
    /// A member is gone for good, and others take its arcs. What it alone had is lost.
    Remove {
        /// Which.
        id: NodeId,
        /// Also if the arcs of so many are left to too few: what [`losses`] counts may be lost.
        force: bool,
    },
    /// A member is gone for good, and a node that joins takes its place, arc by arc.
    Replace {
        /// The one that is gone.
        old: NodeId,
        /// The one that joins.
        new: MemberEntry,
    },
    /// A member takes more, or less.
    Weight(NodeId, Weight),
    /// A member fails with others than before.
    Zone(NodeId, Zone),
    /// A member listens elsewhere than before, as it says itself.
    Addresses(NodeId, Addresses),
    /// Other numbers of owners; those that are not named stay.
    Settings {
        /// Owners of each arc.
        replicas: Option<u8>,
        /// How many of them reads wait for.
        read: Option<Level>,
        /// How many of them writes wait for.
        write: Option<Level>,
    },
}

/// Why a change is refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// No member has this id.
    #[error("{0} is no member")]
    Stranger(NodeId),
    /// A node with this id is, or was, a member.
    #[error("{id} is {stage} already: the id of a member is never used again")]
    KnownId {
        /// The id.
        id: NodeId,
        /// What the member with it is.
        stage: MemberStage,
    },
    /// The member is not in a state that this can be done in.
    #[error("{id} {} {stage}", if *stage == MemberStage::Left { "has" } else { "is" })]
    Stage {
        /// The member.
        id: NodeId,
        /// What it is.
        stage: MemberStage,
    },
    /// Somebody else has taken its place.
    #[error("{0} has been replaced")]
    Replaced(NodeId),
    /// Too many members have come and gone.
    #[error("the cluster has had {MEMBERS_MAX} members, which is the most there can be")]
    TooManyMembers,
    /// Nobody would be left to own anything.
    #[error("it is the last member")]
    LastMember,
    /// The majority of the owners of some arcs would be gone.
    #[error(
        "{} arcs would be left to too few owners, {} of them to none: remove it by force to go on without what they had",
        .0.weak, .0.lost
    )]
    WouldLose(Losses),
    /// Nothing needs to be forced.
    #[error("{there} of {voters} voters are there: a majority, which can agree to remove the others")]
    Majority {
        /// How many are not gone.
        there: usize,
        /// Of how many.
        voters: usize,
    },
    /// It is as asked for already.
    #[error("nothing changes by that")]
    Nothing,
    /// The number of owners is not to be had.
    #[error("{0} replicas are not 1 to {REPLICAS_MAX}")]
    Replicas(u8),
    /// What would come of it cannot be.
    #[error("{0}")]
    Document(#[from] Malformed),
    /// What would come of it cannot be planned.
    #[error("{0}")]
    Plan(#[from] PlanError),
}

/// What a removal by force may lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// Arcs of whose owners the majority is gone: acknowledged writes may have been with these alone.
    pub weak: usize,
    /// Of these, arcs that nobody holds any more.
    pub lost: usize,
}

/// The next document: `topology` with the change.
///
/// # Errors
///
/// See [`ChangeError`].
pub fn apply(topology: &Topology, change: &Change) -> Result<Topology, ChangeError> {
    let mut draft = topology.draft();
    match change {
        Change::Join(entry) => {
            join(topology, &mut draft, entry, entry.id)?;
            all_can_be_placed(&draft)?;
        }
        Change::Leave(id) => leave(topology, &mut draft, id)?,
        Change::Stay(id) => {
            stay(topology, &mut draft, id)?;
            all_can_be_placed(&draft)?;
        }
        Change::Remove { id, force } => remove(topology, &mut draft, id, *force)?,
        Change::Replace { old, new } => {
            let place = topology.member(there(topology, old)?).place;
            join(topology, &mut draft, new, place)?;
            remove(topology, &mut draft, old, false)?;
        }
        Change::Weight(id, weight) => {
            let member = &mut draft.members[there(topology, id)?.get()];
            changes(std::mem::replace(&mut member.weight, *weight) != *weight)?;
        }
        Change::Zone(id, zone) => {
            let member = &mut draft.members[there(topology, id)?.get()];
            changes(std::mem::replace(&mut member.zone, zone.clone()) != *zone)?;
        }
        Change::Addresses(id, addresses) => {
            let member = &mut draft.members[there(topology, id)?.get()];
            changes(std::mem::replace(&mut member.addresses, *addresses) != *addresses)?;
        }
        Change::Settings { replicas, read, write } => {
            let before = draft.settings;
            let replicas = replicas.unwrap_or(before.replicas);
            if !(1..=REPLICAS_MAX).contains(&replicas) {
                return Err(ChangeError::Replicas(replicas));
            }
            draft.settings.replicas = replicas;
            draft.settings.read = read.unwrap_or(before.read);
            draft.settings.write = write.unwrap_or(before.write);
            changes(draft.settings != before)?;
        }
    }
    Ok(draft.finish()?)
}

/// What would be lost if the member were removed by force now.
#[must_use]
pub fn losses(topology: &Topology, id: &NodeId) -> Losses {
    let gone = |member: MemberIndex| {
        let entry = topology.member(member);
        entry.id == *id || entry.stage == MemberStage::Removed
    };
    losses_of(topology, gone)
}

fn losses_of(topology: &Topology, gone: impl Fn(MemberIndex) -> bool) -> Losses {
    let mut losses = Losses::default();
    for arc in topology.settings().arcs.arcs().map(|arc| topology.arc(arc)) {
        if is_weak(arc, &gone) {
            losses.weak += 1;
            losses.lost += usize::from(arc.union().all(&gone));
        }
    }
    losses
}

fn changes(does: bool) -> Result<(), ChangeError> {
    if does { Ok(()) } else { Err(ChangeError::Nothing) }
}

fn index(topology: &Topology, id: &NodeId) -> Result<MemberIndex, ChangeError> {
    topology.index_of(id).ok_or(ChangeError::Stranger(*id))
}

/// The member, if it takes part.
fn there(topology: &Topology, id: &NodeId) -> Result<MemberIndex, ChangeError> {
    let index = index(topology, id)?;
    let stage = topology.member(index).stage;
    if stage.is_there() {
        Ok(index)
    } else {
        Err(ChangeError::Stage { id: *id, stage })
    }
}

fn join(topology: &Topology, draft: &mut Draft, entry: &MemberEntry, place: NodeId) -> Result<(), ChangeError> {
    if let Some(known) = topology.index_of(&entry.id) {
        let stage = topology.member(known).stage;
        return Err(ChangeError::KnownId { id: entry.id, stage });
    }
    if draft.members.len() >= MEMBERS_MAX {
        return Err(ChangeError::TooManyMembers);
    }
    draft.members.push(MemberEntry {
        stage: MemberStage::Joining,
        place,
        ..entry.clone()
    });
    Ok(())
}

fn all_can_be_placed(draft: &Draft) -> Result<(), ChangeError> {
    let to_own = draft.members.iter().filter(|member| member.stage.is_to_own()).count();
    if to_own > circlet_ring::MEMBERS_MAX {
        return Err(PlanError::TooManyMembers(to_own).into());
    }
    Ok(())
}

fn somebody_is_left(draft: &Draft) -> Result<(), ChangeError> {
    if draft.members.iter().any(|member| member.stage.is_to_own()) {
        Ok(())
    } else {
        Err(ChangeError::LastMember)
    }
}

fn leave(topology: &Topology, draft: &mut Draft, id: &NodeId) -> Result<(), ChangeError> {
    let member = &mut draft.members[there(topology, id)?.get()];
    changes(member.stage != MemberStage::Leaving)?;
    member.stage = MemberStage::Leaving;
    somebody_is_left(draft)
}

fn stay(topology: &Topology, draft: &mut Draft, id: &NodeId) -> Result<(), ChangeError> {
    let index = index(topology, id)?;
    let (stage, place) = (topology.member(index).stage, topology.member(index).place);
    if stage != MemberStage::Leaving {
        return Err(ChangeError::Stage { id: *id, stage });
    }
    let has_it = |member: &MemberEntry| member.stage.is_to_own() && member.place == place;
    if draft.members.iter().any(has_it) {
        return Err(ChangeError::Replaced(*id));
    }
    // It gets back what it gave away, and is active then.
    draft.members[index.get()].stage = MemberStage::Joining;
    Ok(())
}

fn remove(topology: &Topology, draft: &mut Draft, id: &NodeId, force: bool) -> Result<(), ChangeError> {
    let removed = index(topology, id)?;
    let stage = topology.member(removed).stage;
    let may_be_forced_again = force && stage == MemberStage::Removed;
    if !stage.is_there() && !may_be_forced_again {
        return Err(ChangeError::Stage { id: *id, stage });
    }
    let losses = losses(topology, id);
    if losses != Losses::default() && !force {
        return Err(ChangeError::WouldLose(losses));
    }
    draft.members[removed.get()].stage = MemberStage::Removed;
    leave_to_the_rest(draft)
}

/// The document that follows from nothing but an operator's word: these members are gone for good, though the majority of the voters is among them. **Unsafe**: see
/// [`Register::force`](crate::register::Register::force), which gives the epoch. And what this leaves to too few owners, or to none.
///
/// # Errors
///
/// The rest is a majority of the voters, and can agree as ever; or one of `gone` is no member, or nobody is left. See [`ChangeError`].
pub fn recover(topology: &Topology, gone: &[NodeId], epoch: Epoch) -> Result<(Topology, Losses), ChangeError> {
    let mut draft = topology.draft();
    draft.epoch = epoch;
    for id in gone {
        draft.members[there(topology, id)?.get()].stage = MemberStage::Removed;
    }
    let voters = topology.voters();
    let is_gone = |member: MemberIndex| draft.members[member.get()].stage == MemberStage::Removed;
    let there = voters.iter().filter(|voter| !is_gone(**voter)).count();
    if there > voters.len() / 2 {
        return Err(ChangeError::Majority {
            there,
            voters: voters.len(),
        });
    }
    let losses = losses_of(topology, is_gone);
    leave_to_the_rest(&mut draft)?;
    let is_left = |member: MemberIndex| draft.members[member.get()].stage != MemberStage::Removed;
    while let Some(voters) = crate::topology::one_voter_nearer(&draft.members, &draft.voters, is_left) {
        draft.voters = voters;
    }
    Ok((draft.finish()?, losses))
}

/// Arcs whose owners are removed for the most part are left to the others.
fn leave_to_the_rest(draft: &mut Draft) -> Result<(), ChangeError> {
    somebody_is_left(draft)?;
    let target = Target::plan(&draft.settings, &draft.members)?;
    let is_gone: Vec<bool> = (draft.members.iter())
        .map(|member| member.stage == MemberStage::Removed)
        .collect();
    let gone = |member: MemberIndex| is_gone[member.get()];
    for arc in draft.settings.arcs.arcs() {
        let now = &mut draft.arcs[arc.index()];
        // What it had not given away is lost with it.
        now.draining = now.draining.retained(|member| !gone(member));
        if is_weak(now, gone) {
            *now = without(now, gone, *target.owners(arc));
        }
    }
    Ok(())
}

/// Whether the majority of one side of the arc is gone: it can be neither read nor written, nor move, as it is.
fn is_weak(arc: &ArcOwners, gone: impl Fn(MemberIndex) -> bool) -> bool {
    let lacks = |side: &OwnerList| side.iter().filter(|&&owner| !gone(owner)).count() < side.quorum();
    // While reads ask the old owners, a move whose goal is gone goes back by itself.
    lacks(&arc.owners) || lacks(arc.readers())
}

/// The arc with those who are left of its owners; if nobody is, with those who were to give it away and have not yet, and else it begins anew with the
/// planned ones.
fn without(arc: &ArcOwners, gone: impl Fn(MemberIndex) -> bool, planned: OwnerList) -> ArcOwners {
    let owners = arc.owners.retained(|owner| !gone(owner));
    let to = arc.goal().retained(|owner| !gone(owner));
    let moving = arc
        .moving
        .map(|moving| crate::topology::Moving { to, ..moving })
        .filter(|_| !to.is_empty() && !owners.is_empty() && to != owners);
    let owners = match (owners.is_empty(), to.is_empty()) {
        (false, _) => owners,
        (true, false) => to,
        (true, true) if !arc.draining.is_empty() => arc.draining,
        (true, true) => planned,
    };
    let named =
        |member: MemberIndex| owners.contains(&member) || moving.is_some_and(|moving| moving.to.contains(&member));
    ArcOwners {
        owners,
        moving,
        draining: arc.draining.retained(|member| !named(member)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::ClusterSettings;
    use crate::topology::testing::member;

    fn one_of_many(number: usize) -> MemberEntry {
        let mut bytes = [7; NodeId::BYTES];
        bytes[..2].copy_from_slice(&(number as u16).to_be_bytes());
        let like = member(1);
        MemberEntry::founding(NodeId::from_bytes(bytes), like.zone, like.weight, like.addresses)
    }

    #[test]
    fn a_thousand_members_come_and_go_for_long_and_no_more_are_there_than_can_be_placed() {
        let most = circlet_ring::MEMBERS_MAX;
        let settings = ClusterSettings {
            arcs: circlet_ring::ArcCount::MIN,
            ..ClusterSettings::default()
        };
        let mut topology = Topology::form(settings, (0..most).map(one_of_many).collect()).unwrap();
        let too_many = apply(&topology, &Change::Join(one_of_many(most)));
        assert_eq!(too_many, Err(ChangeError::Plan(PlanError::TooManyMembers(most + 1))));
        for number in 0..20 {
            topology = apply(&topology, &Change::Leave(one_of_many(number).id)).unwrap();
            topology = apply(&topology, &Change::Join(one_of_many(most + number))).unwrap();
        }
        let back = apply(&topology, &Change::Stay(one_of_many(0).id));
        assert_eq!(
            back,
            Err(ChangeError::Plan(PlanError::TooManyMembers(most + 1))),
            "its place is taken"
        );
        assert_eq!(topology.members().len(), most + 20);
        assert_eq!(Topology::from_bytes(&topology.to_bytes()), Ok(topology));
    }
}
