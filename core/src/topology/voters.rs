//! Who votes on the topology.

use std::collections::BTreeMap;

use super::{MemberEntry, MemberIndex, MemberStage};

/// How many voters a cluster has, if it has so many members: the next document is chosen while three of them are away.
pub const VOTERS_WANTED: usize = 7;

/// Most voters of a document: while one is swapped for another there may be one more. More voters answer no sooner.
pub const VOTERS_MAX: usize = VOTERS_WANTED + 1;

/// The voters that `members` are to have: all active ones up to [`VOTERS_WANTED`], else so many of them spread over the zones. Within a zone
/// those that vote already stay, then come the oldest members. In the order of their indexes.
///
/// A leaving or joining member does not vote: its word may be gone soon, or is not known yet. Where no member is active, all that are there do.
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

/// The voters one step nearer to those wanted: those that are not go first, then others come. None if they are as wanted.
///
/// One at a time: two majorities of lists that differ by one voter have a voter in common, so that two documents of one epoch cannot both
/// be chosen. `docs/design/topology.md` has the argument.
#[must_use]
pub fn one_step(members: &[MemberEntry], voters: &[MemberIndex]) -> Option<Vec<MemberIndex>> {
    let wanted = wanted(members, voters);
    let mut next = voters.to_vec();
    // A removed one first: it is known to be silent.
    let superfluous = (0..next.len()).filter(|&at| !wanted.contains(&next[at]));
    if let Some(at) = superfluous.min_by_key(|&at| members[next[at].get()].stage != MemberStage::Removed) {
        // The last voter cannot go before another has come.
        if next.len() > 1 {
            next.remove(at);
            return Some(next);
        }
    }
    let missing = wanted.into_iter().find(|index| !voters.contains(index))?;
    next.push(missing);
    next.sort_unstable();
    Some(next)
}
