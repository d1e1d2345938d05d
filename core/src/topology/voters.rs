//! Who votes on the topology.

use std::collections::BTreeMap;

use super::{MemberEntry, MemberIndex, MemberStage};

/// How many voters a cluster has, if it has so many members: the next document is chosen while three of them are away.
pub const VOTERS_WANTED: usize = 7;

/// Most voters of a document: while one is swapped for another there may be one more. More voters answer no sooner.
pub const VOTERS_MAX: usize = VOTERS_WANTED + 1;

/// How many voters there are to be at least, if it can be had: two cannot lose one.
const VOTERS_LEAST: usize = 3;

/// The voters that `members` are to have: all active ones up to [`VOTERS_WANTED`], else so many of them spread over the zones. Within a zone
/// those that vote already stay, then come the oldest members. In the order of their indexes.
///
/// A leaving or joining member does not vote: its word may be gone soon, or is not known yet. Where no member is active, all that are there do.
/// And where fewer than three are active and somebody joins, whoever leaves goes on voting until then: else a cluster of many nodes could be left
/// with two voters, of whom none may be lost.
pub(crate) fn wanted(members: &[MemberEntry], voters: &[MemberIndex]) -> Vec<MemberIndex> {
    let of_stages = |stages: &[MemberStage]| -> Vec<MemberIndex> {
        (0..members.len())
            .filter(|&index| stages.contains(&members[index].stage))
            .map(MemberIndex::new)
            .collect()
    };
    let mut able = of_stages(&[MemberStage::Active]);
    if able.is_empty() {
        able = of_stages(&[MemberStage::Joining, MemberStage::Leaving]);
    } else if able.len() < VOTERS_LEAST && !of_stages(&[MemberStage::Joining]).is_empty() {
        let leaving = of_stages(&[MemberStage::Leaving]).into_iter();
        able.extend(leaving.filter(|index| voters.contains(index)));
        able.sort_unstable();
    }
    if able.len() <= VOTERS_WANTED {
        return able;
    }
    let mut zones: BTreeMap<&str, Vec<MemberIndex>> = BTreeMap::new();
    able.sort_by_key(|index| (!voters.contains(index), *index));
    for index in able {
        zones.entry(members[index.get()].zone.as_str()).or_default().push(index);
    }
    // In turn, one of each zone. Zones whose first members vote already come first, so that the rest of the division changes no voter.
    let mut turns: Vec<(usize, bool, MemberIndex)> = zones
        .values()
        .flat_map(|zone| zone.iter().enumerate())
        .map(|(turn, &index)| (turn, !voters.contains(&index), index))
        .collect();
    turns.sort_unstable();
    let mut chosen: Vec<MemberIndex> = turns.iter().take(VOTERS_WANTED).map(|&(_, _, index)| index).collect();
    chosen.sort_unstable();
    chosen
}

/// The voters one step nearer to those wanted: the removed go first, then others come, then those go who are not to vote any more. None if they are
/// as wanted, or while no step can be taken.
///
/// A step is taken only if a majority of the voters that it leads to `is_up`, and nobody comes who is not: the document that contains it would wait
/// for them, and with it every move. A removed voter that is down goes in any case.
///
/// One at a time: two majorities of lists that differ by one voter have a voter in common, so that two documents of one epoch cannot both
/// be chosen. `docs/design/topology.md` has the argument.
#[must_use]
pub fn one_step(
    members: &[MemberEntry],
    voters: &[MemberIndex],
    is_up: impl Fn(MemberIndex) -> bool,
) -> Option<Vec<MemberIndex>> {
    let wanted = wanted(members, voters);
    let without = |gone: &MemberIndex| -> Vec<MemberIndex> {
        let left = voters.iter().copied();
        left.filter(|voter| voter != gone).collect()
    };
    let with = |coming: &MemberIndex| -> Vec<MemberIndex> {
        let mut next = [voters, &[*coming]].concat();
        next.sort_unstable();
        next
    };
    let is_removed = |index: &&MemberIndex| members[index.get()].stage == MemberStage::Removed;
    let has_room = voters.len() < VOTERS_MAX;
    // One that is down as well takes nothing from those who can answer.
    let silent = voters.iter().filter(|voter| is_removed(voter) && !is_up(**voter));
    let silent = silent.map(without).find(|next| !next.is_empty());
    let removed = voters.iter().filter(is_removed).map(without);
    let coming = wanted.iter().filter(|index| !voters.contains(index));
    let coming = coming.filter(|&&index| has_room && is_up(index)).map(with);
    let superfluous = voters.iter().filter(|index| !wanted.contains(index)).map(without);
    // The last voter cannot go before another has come.
    let can_be_chosen = |next: &Vec<MemberIndex>| {
        let up = next.iter().filter(|&&voter| is_up(voter)).count();
        !next.is_empty() && up > next.len() / 2
    };
    silent.or_else(|| removed.chain(coming).chain(superfluous).find(can_be_chosen))
}
