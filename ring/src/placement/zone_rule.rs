//! Which nodes may own an arc together: distinct zones first.
//!
//! Copies are dealt to the zones as evenly as their sizes allow. In terms of one number, the *fullest* share of a zone:
//! no zone has more than `copies_max` copies of an arc, and no more than `zones_at_max` zones have that many. Three copies in three
//! zones are 1 + 1 + 1; in two zones 2 + 1, either way around; in zones of 1, 1 and 5 nodes five copies are 1 + 1 + 3.
//!
//! Sets of nodes that keep the rule form a *matroid* (the union of a partition matroid and a truncated one), whose bases all
//! have `replicas` nodes. That is what `market` stands on: the best set is found greedily, and a node lost is replaced by
//! one other, the rest staying.

use std::collections::BTreeMap;

use super::NodeIndex;
use super::token_ring::Candidate;
use crate::{Member, Zone};

/// The rule for one set of members and a number of replicas.
#[derive(Clone)]
pub(crate) struct ZoneRule {
    /// The zone of each node, numbered from 0.
    zone_of: Box<[u16]>,
    /// The number of nodes of each zone.
    zone_sizes: Box<[usize]>,
    replicas: usize,
    copies_max: usize,
    zones_at_max: usize,
}

impl ZoneRule {
    /// The rule for `replicas` copies on `members`, of which there are at least as many.
    pub(crate) fn new(members: &[Member], replicas: usize) -> Self {
        let mut zones: BTreeMap<&Zone, u16> = members.iter().map(|member| (&member.zone, 0)).collect();
        for (number, zone) in zones.values_mut().enumerate() {
            *zone = number as u16;
        }
        Self::of_zones(
            members.iter().map(|member| zones[&member.zone]).collect(),
            zones.len(),
            replicas,
        )
    }

    /// The rule that any `replicas` of `node_count` nodes will do.
    pub(crate) fn any_of(node_count: usize, replicas: usize) -> Self {
        Self::of_zones(vec![0; node_count].into_boxed_slice(), 1, replicas)
    }

    fn of_zones(zone_of: Box<[u16]>, zone_count: usize, replicas: usize) -> Self {
        debug_assert!(replicas <= zone_of.len());
        let mut zone_sizes = vec![0; zone_count].into_boxed_slice();
        for &zone in &zone_of {
            zone_sizes[usize::from(zone)] += 1;
        }
        let room = |copies: usize| zone_sizes.iter().map(|&size| copies.min(size)).sum::<usize>();
        let copies_max = (1..=replicas)
            .find(|&copies| room(copies) >= replicas)
            .unwrap_or(replicas);
        let zones_at_max = replicas - room(copies_max - 1);
        Self {
            zone_of,
            zone_sizes,
            replicas,
            copies_max,
            zones_at_max,
        }
    }

    pub(crate) fn replicas(&self) -> usize {
        self.replicas
    }

    pub(crate) fn zone_count(&self) -> usize {
        self.zone_sizes.len()
    }

    pub(crate) fn zone_of(&self, node: NodeIndex) -> usize {
        usize::from(self.zone_of[node.get()])
    }

    /// The fewest copies of any arc in zone `zone`.
    pub(crate) fn copies_least(&self, zone: usize) -> usize {
        if self.zones_at_max == self.zones_that_can_be_at_max() {
            return self.copies_most(zone);
        }
        self.zone_sizes[zone].min(self.copies_max - 1)
    }

    /// The most copies of any arc in zone `zone`.
    pub(crate) fn copies_most(&self, zone: usize) -> usize {
        self.zone_sizes[zone].min(self.copies_max)
    }

    fn zones_that_can_be_at_max(&self) -> usize {
        self.zone_sizes.iter().filter(|&&size| size >= self.copies_max).count()
    }

    /// Whether `node` may be added to `held`, a set that keeps the rule and that it is not in.
    pub(crate) fn admits(&self, held: &[Candidate], node: NodeIndex) -> bool {
        if held.len() >= self.replicas {
            return false;
        }
        let copies = |zone: usize| held.iter().filter(|other| self.zone_of(other.node) == zone).count();
        let with_it = copies(self.zone_of(node)) + 1;
        if with_it < self.copies_max {
            return true;
        }
        // Each full zone has copies_max nodes in `held`, so counting the nodes of full zones counts the zones.
        let in_full_zones = held
            .iter()
            .filter(|other| copies(self.zone_of(other.node)) == self.copies_max)
            .count();
        with_it == self.copies_max && in_full_zones / self.copies_max < self.zones_at_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(zone_sizes: &[usize], replicas: usize) -> ZoneRule {
        let zone_of = zone_sizes
            .iter()
            .enumerate()
            .flat_map(|(zone, &size)| vec![zone as u16; size])
            .collect();
        ZoneRule::of_zones(zone_of, zone_sizes.len(), replicas)
    }

    fn candidate(node: usize) -> Candidate {
        Candidate {
            distance: 0,
            node: NodeIndex::new(node),
        }
    }

    /// Every set that can be built node by node, as the sorted copies per zone.
    fn full_sets(rule: &ZoneRule) -> Vec<Vec<usize>> {
        let nodes = rule.zone_of.len();
        let mut sets: Vec<Vec<usize>> = (0..1u32 << nodes)
            .map(|set| {
                (0..nodes)
                    .filter(|node| set >> node & 1 == 1)
                    .map(candidate)
                    .collect::<Vec<_>>()
            })
            .filter(|set| set.len() == rule.replicas)
            .filter(|set| (0..set.len()).all(|len| rule.admits(&set[..len], set[len].node)))
            .map(|set| {
                let copies = |zone| set.iter().filter(|one| rule.zone_of(one.node) == zone).count();
                (0..rule.zone_count()).map(copies).collect()
            })
            .collect();
        sets.sort();
        sets.dedup();
        sets
    }

    #[test]
    fn copies_are_dealt_to_zones_as_evenly_as_their_sizes_allow() {
        type Case = (&'static [usize], usize, &'static [&'static [usize]]);
        let cases: [Case; 9] = [
            (&[5], 3, &[&[3]]),
            (&[2, 2], 1, &[&[0, 1], &[1, 0]]),
            (&[3, 3], 3, &[&[1, 2], &[2, 1]]),
            (&[1, 5], 3, &[&[1, 2]]),
            (&[2, 2, 2], 3, &[&[1, 1, 1]]),
            (&[1, 1, 5], 5, &[&[1, 1, 3]]),
            (&[2, 2, 2], 4, &[&[1, 1, 2], &[1, 2, 1], &[2, 1, 1]]),
            (&[1, 2, 2], 4, &[&[1, 1, 2], &[1, 2, 1]]),
            (
                &[1, 1, 1, 1],
                3,
                &[&[0, 1, 1, 1], &[1, 0, 1, 1], &[1, 1, 0, 1], &[1, 1, 1, 0]],
            ),
        ];
        for (sizes, replicas, sets) in cases {
            assert_eq!(
                full_sets(&rule(sizes, replicas)),
                sets,
                "{replicas} copies in zones of {sizes:?} nodes"
            );
        }
    }

    #[test]
    fn the_least_and_most_of_a_zone_are_those_of_the_sets() {
        for sizes in [
            &[5][..],
            &[3, 3],
            &[1, 5],
            &[1, 1, 5],
            &[2, 2, 2],
            &[1, 2, 2],
            &[1, 1, 1, 1],
        ] {
            for replicas in 1..=sizes.iter().sum() {
                let rule = rule(sizes, replicas);
                let sets = full_sets(&rule);
                for zone in 0..sizes.len() {
                    let copies = || sets.iter().map(|set| set[zone]);
                    let bounds = (Some(rule.copies_least(zone)), Some(rule.copies_most(zone)));
                    assert_eq!(
                        bounds,
                        (copies().min(), copies().max()),
                        "zone {zone} of {sizes:?}, {replicas} copies"
                    );
                }
            }
        }
    }

    #[test]
    fn a_set_that_keeps_the_rule_can_always_be_completed() {
        for sizes in [&[3, 3][..], &[1, 5], &[1, 1, 3], &[1, 2, 2], &[2, 2, 2], &[1, 1, 1, 1]] {
            for replicas in 1..=sizes.iter().sum() {
                let rule = rule(sizes, replicas);
                let nodes = rule.zone_of.len();
                // Greedily from every rotation: the bases of a matroid all have the same size.
                for start in 0..nodes {
                    let mut held = Vec::new();
                    for node in (0..nodes).cycle().skip(start).take(nodes).map(candidate) {
                        if rule.admits(&held, node.node) {
                            held.push(node);
                        }
                    }
                    assert_eq!(held.len(), replicas, "from node {start} of {sizes:?}");
                }
            }
        }
    }
}
