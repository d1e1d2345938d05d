//! Who has which slots in a Redis Cluster, and which of them go where when a node comes or goes.

use std::ops::RangeInclusive;

/// A line of `CLUSTER NODES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotOwner {
    pub(crate) id: String,
    pub(crate) slots: Vec<RangeInclusive<u16>>,
    /// Its handshake is over, and it is not held to have failed.
    pub(crate) is_sound: bool,
}

impl SlotOwner {
    pub(crate) fn count(&self) -> usize {
        self.slots.iter().map(ExactSizeIterator::len).sum()
    }
}

/// Some slots from one node to another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) slots: Vec<RangeInclusive<u16>>,
}

/// Reads `CLUSTER NODES`.
pub(crate) fn owners(text: &str) -> Vec<SlotOwner> {
    let owner = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let flags = words.get(2)?;
        // What is in brackets is on its way.
        let slots = words.iter().skip(8).filter(|word| !word.starts_with('['));
        let range = |word: &&str| {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            Some(first.parse().ok()?..=last.parse().ok()?)
        };
        Some(SlotOwner {
            id: (*words.first()?).to_owned(),
            slots: slots.filter_map(range).collect(),
            is_sound: !["handshake", "fail", "noaddr"].iter().any(|flag| flags.contains(flag)),
        })
    };
    text.lines().filter_map(owner).collect()
}

/// Equal shares for nodes in the order of `owners`: what the members without `leaver` have too much goes to those that have too little.
pub(crate) fn plan(owners: &[SlotOwner], leaver: Option<&str>) -> Vec<Transfer> {
    let all: usize = owners.iter().map(SlotOwner::count).sum();
    let staying: Vec<&SlotOwner> = owners
        .iter()
        .filter(|owner| Some(owner.id.as_str()) != leaver)
        .collect();
    let (share, rest) = (all / staying.len().max(1), all % staying.len().max(1));
    // The first ones of those who stay take one more each.
    let fair = |id: &str| match staying.iter().position(|owner| owner.id == id) {
        Some(at) => share + usize::from(at < rest),
        None => 0,
    };
    let mut needed: Vec<(&str, usize)> = owners
        .iter()
        .map(|owner| (owner.id.as_str(), fair(&owner.id).saturating_sub(owner.count())))
        .collect();
    let mut transfers = Vec::new();
    for owner in owners {
        let mut surplus = owner.slots.iter().cloned().flatten().skip(fair(&owner.id)).peekable();
        for (to, wanted) in needed.iter_mut().filter(|(_, wanted)| *wanted > 0) {
            let taken: Vec<u16> = surplus.by_ref().take(*wanted).collect();
            if !taken.is_empty() {
                *wanted -= taken.len();
                transfers.push(Transfer {
                    from: owner.id.clone(),
                    to: (*to).to_owned(),
                    slots: ranges(&taken),
                });
            }
            if surplus.peek().is_none() {
                break;
            }
        }
    }
    transfers
}

fn ranges(slots: &[u16]) -> Vec<RangeInclusive<u16>> {
    let run = |run: &[u16]| run[0]..=run[run.len() - 1];
    slots.chunk_by(|left, right| left + 1 == *right).map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(id: &str, slots: Vec<RangeInclusive<u16>>) -> SlotOwner {
        SlotOwner {
            id: id.to_owned(),
            slots,
            is_sound: true,
        }
    }

    #[test]
    fn lines_are_read() {
        let text = "aa 127.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5 7 [9->-bb]\n\
                    bb 127.0.0.1:7001@17001 handshake - 0 0 0 connected\n";
        let found = owners(text);
        assert_eq!(found[0], owner("aa", vec![0..=5, 7..=7]));
        assert!(!found[1].is_sound && found[1].slots.is_empty());
    }

    #[test]
    fn a_new_node_gets_its_share_from_all() {
        let owners = [owner("a", vec![0..=5]), owner("b", vec![6..=11]), owner("c", vec![])];
        let moved = plan(&owners, None);
        assert_eq!(moved.len(), 2);
        assert_eq!(
            (moved[0].from.as_str(), moved[0].to.as_str(), &moved[0].slots),
            ("a", "c", &vec![4..=5])
        );
        assert_eq!(
            (moved[1].from.as_str(), moved[1].to.as_str(), &moved[1].slots),
            ("b", "c", &vec![10..=11])
        );
    }

    #[test]
    fn a_leaving_node_gives_everything_to_all_others() {
        let owners = [
            owner("a", vec![0..=3]),
            owner("b", vec![4..=7]),
            owner("c", vec![8..=10]),
        ];
        let moved = plan(&owners, Some("c"));
        let counts: Vec<usize> = moved
            .iter()
            .map(|one| one.slots.iter().map(ExactSizeIterator::len).sum())
            .collect();
        assert!(moved.iter().all(|one| one.from == "c"));
        assert_eq!(counts, [2, 1]);
    }
}
