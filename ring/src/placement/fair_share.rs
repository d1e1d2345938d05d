//! How many arcs each node would own if arcs could be divided: by weight, within what the zones allow.
//!
//! No node can own an arc twice, so its share is at most all arcs; and a zone has at least and at most so many copies of each arc
//! ([`ZoneRule`]). Within these bounds shares are proportional to weights: water is poured until the sum is right
//! ("water-filling"), first over the zones, then over the nodes of each.
//!
//! Shares are fixed-point integers, rounded up, so that they never fall short of the true ones. That makes capacities of
//! at least the share, rounded up to whole arcs, sufficient: giving every arc the same fractional owners is a fractional solution,
//! and the constraints (a matroid for each arc, a number for each node) have an integral solution where they have a
//! fractional one.

use super::zone_rule::ZoneRule;
use super::{NodeIndex, Share};
use crate::Member;

/// The fair number of arcs to own, for each member.
pub(crate) fn owner_shares(members: &[Member], rule: &ZoneRule, arc_count: u16) -> Vec<Share> {
    let all_arcs = Share::of_arcs(u64::from(arc_count)).units();
    let zone_of = |index: usize| rule.zone_of(NodeIndex::new(index));
    let mut zones: Vec<Vec<u64>> = vec![Vec::new(); rule.zone_count()];
    for (index, member) in members.iter().enumerate() {
        zones[zone_of(index)].push(weight(member));
    }
    let zone_units_at = |level: u64| {
        zones.iter().enumerate().map(move |(zone, weights)| {
            let (least, most) = (rule.copies_least(zone) as u64, rule.copies_most(zone) as u64);
            filled(weights, level, all_arcs).clamp(least * all_arcs, most * all_arcs)
        })
    };
    let needed = rule.replicas() as u64 * all_arcs;
    let level = least_level(all_arcs, |level| zone_units_at(level).sum::<u64>() >= needed);
    let level_of_zone: Vec<u64> = zone_units_at(level)
        .zip(&zones)
        .map(|(units, weights)| least_level(all_arcs, |level| filled(weights, level, all_arcs) >= units))
        .collect();
    let units = |(index, member)| units_at(level_of_zone[zone_of(index)], weight(member)).min(all_arcs);
    members.iter().enumerate().map(units).map(Share::of_units).collect()
}

/// The fair number of arcs to be primary of, for each member: by weight alone.
///
/// Zones do not matter here: a node's share as primary is never more than its share as owner, because bounds only take from the
/// heavy, and primaries are a part of the owners.
pub(crate) fn primary_shares(members: &[Member], arc_count: u16) -> Vec<Share> {
    let all_arcs = Share::of_arcs(u64::from(arc_count)).units();
    let total: u64 = members.iter().map(weight).sum();
    members
        .iter()
        .map(|member| Share::of_units((all_arcs * weight(member)).div_ceil(total)))
        .collect()
}

fn weight(member: &Member) -> u64 {
    u64::from(member.weight.hundredths())
}

/// A level is what a weight of 1/100 gets, in units of 2^-32 of a unit of [`Share`].
const LEVEL_BITS: u32 = 32;

/// What `weights` get at `level` in sum: each rounded down, and `ceiling` at most.
fn filled(weights: &[u64], level: u64, ceiling: u64) -> u64 {
    let units = |weight: u64| (u128::from(weight) * u128::from(level)) >> LEVEL_BITS;
    weights
        .iter()
        .map(|&weight| units(weight).min(u128::from(ceiling)) as u64)
        .sum()
}

/// What `weight` gets at `level`, rounded up.
fn units_at(level: u64, weight: u64) -> u64 {
    (u128::from(weight) * u128::from(level)).div_ceil(1 << LEVEL_BITS) as u64
}

/// The least level at which `is_enough`, which stays true above. At a level of `ceiling` even the least weight is full.
fn least_level(ceiling: u64, is_enough: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, ceiling << LEVEL_BITS);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{member, members};

    /// The shares in hundredths of an arc, of 1024 arcs, of members given as (zone, weight).
    fn shares(members: &[(u8, u16)], replicas: usize) -> Vec<u64> {
        let members: Vec<Member> = members
            .iter()
            .enumerate()
            .map(|(index, &(zone, weight))| member(index as u64, zone, weight))
            .collect();
        let shares = owner_shares(&members, &ZoneRule::new(&members, replicas), 1024);
        shares
            .iter()
            .map(|share| share.units() * 100 / Share::of_arcs(1).units())
            .collect()
    }

    #[test]
    fn shares_are_proportional_to_weights_within_the_bounds() {
        type Case = (&'static [(u8, u16)], usize, &'static [u64], &'static str);
        let cases: [Case; 8] = [
            (
                &[(0, 100); 3],
                3,
                &[102_400; 3],
                "as many nodes as copies: each has all",
            ),
            (&[(0, 100); 4], 3, &[76_800; 4], "four share three copies"),
            (
                &[(0, 100), (0, 200), (0, 400)],
                1,
                &[14_628, 29_257, 58_514],
                "one copy: by weight",
            ),
            (
                &[(0, 2000), (0, 100), (0, 100)],
                2,
                &[102_400, 51_200, 51_200],
                "the heavy one has all, no more",
            ),
            (
                &[(0, 100), (1, 100), (2, 100), (2, 100)],
                3,
                &[102_400, 102_400, 51_200, 51_200],
                "a copy in each zone",
            ),
            (
                &[(0, 100), (1, 100), (1, 100), (1, 100)],
                3,
                &[102_400, 68_266, 68_266, 68_266],
                "1 + 2 copies",
            ),
            (
                &[(0, 100), (0, 100), (1, 100), (1, 200)],
                3,
                &[68_266, 68_266, 68_266, 102_400],
                "zones between their bounds",
            ),
            (&[(0, 100); 1], 1, &[102_400], "alone"),
        ];
        for (members, replicas, expected, why) in cases {
            let found = shares(members, replicas);
            let near = found
                .iter()
                .zip(expected)
                .all(|(found, expected)| found.abs_diff(*expected) <= 1);
            assert!(near, "{why}: {found:?}, not {expected:?}");
        }
    }

    proptest! {
        /// What makes shares fair, without saying how they are found: they fill what there is to fill, within the bounds, and nobody
        /// could be given more at the cost of one who has more for its weight.
        #[test]
        fn shares_fill_the_bounds_and_nobody_is_wronged(members in members(1..=40, 4), replicas in 1..=5usize) {
            let replicas = replicas.min(members.len());
            let rule = ZoneRule::new(&members, replicas);
            let shares: Vec<u64> = owner_shares(&members, &rule, 1024).iter().map(|share| share.units()).collect();
            let all_arcs = Share::of_arcs(1024).units();
            let rounding = members.len() as u64 * 2;
            let sum: u64 = shares.iter().sum();
            let needed = replicas as u64 * all_arcs;
            prop_assert!((needed..=needed + rounding).contains(&sum), "{sum} units for {needed}");

            let zone_of: Vec<usize> = (0..members.len()).map(|node| rule.zone_of(NodeIndex::new(node))).collect();
            let zone_sum = |zone| (0..shares.len()).filter(|&n| zone_of[n] == zone).map(|n| shares[n]).sum::<u64>();
            for zone in 0..rule.zone_count() {
                let least = rule.copies_least(zone) as u64 * all_arcs;
                let most = rule.copies_most(zone) as u64 * all_arcs;
                prop_assert!((least..=most + rounding).contains(&zone_sum(zone)), "zone {zone} keeps its bounds");
            }
            for (poor, rich) in (0..shares.len()).flat_map(|poor| (0..shares.len()).map(move |rich| (poor, rich))) {
                let may_move = zone_of[poor] == zone_of[rich] || {
                    zone_sum(zone_of[poor]) + rounding < rule.copies_most(zone_of[poor]) as u64 * all_arcs
                        && zone_sum(zone_of[rich]) > rule.copies_least(zone_of[rich]) as u64 * all_arcs + rounding
                };
                // Rounded on both sides: a unit of one who weighs little is many of one who weighs much.
                let [least, most] = [shares[poor] + rounding, shares[rich].saturating_sub(rounding)];
                let poorer = least * weight(&members[rich]) < most * weight(&members[poor]);
                let is_wronged = may_move && shares[poor] < all_arcs && poorer;
                prop_assert!(!is_wronged, "{poor} has {} and {rich} has {}", shares[poor], shares[rich]);
            }
        }
    }
}
