//! Who takes which arc: deferred acceptance, then chains of exchanges for what it leaves short.
//!
//! Arcs want near nodes, nodes want near arcs, an arc takes `replicas` nodes within the [`ZoneRule`], a node takes as many arcs as its
//! capacity. *Deferred acceptance* (Gale and Shapley): an arc proposes to the nearest node that it may add; a node over its
//! capacity turns away its farthest arc, which goes on to its next. Nothing is final until nobody is turned away.
//!
//! ```text
//! arc 7  --proposes-->  node b (full: 3, 9, 4)  --turns away its farthest-->  arc 4  --proposes-->  node c ...
//! ```
//!
//! The outcome does not depend on the order in which arcs propose, since it is the only stable one: both sides rank a pair
//! by the same number, the distance, so that the nearest pair of all must be together, then the nearest that is left, and so on.
//! (That is the naive twin in the tests.) It also changes little when a node comes or goes, since only who is nearer
//! or who was turned away has a reason to change. The sequential fill (arcs in order take the nearest node with room) has
//! neither property.
//!
//! It can leave an arc short: turned away by some, it already holds all others. Such arcs are completed, in order,
//! by a short chain: it takes a node, which gives up another arc, which takes another node, until one has room. This is the
//! augmenting path of matroid intersection; it finds a complete outcome whenever there is one.

mod arc_side;
mod chain;
mod node_side;

use self::arc_side::ArcSide;
use self::chain::Chain;
use self::node_side::NodeSide;
use super::NodeIndex;
use super::token_ring::Candidate;
use super::zone_rule::ZoneRule;
use crate::ArcId;

/// Arcs and nodes, and who has taken whom so far.
pub(crate) struct Market<'a, C> {
    rule: &'a ZoneRule,
    arcs: Vec<ArcSide<C>>,
    nodes: Vec<NodeSide>,
}

/// Who took whom.
pub(crate) struct Outcome {
    /// The nodes of each arc, nearest first: as many as the rule wants.
    pub(crate) taken: Vec<Vec<Candidate>>,
    /// By how many arcs capacities had to grow, since within them not all arcs could be completed.
    pub(crate) room_made: usize,
}

impl<'a, C: Iterator<Item = Candidate>> Market<'a, C> {
    /// A market of the arcs numbered from 0 with these `candidates`, nearest first, and the nodes with these `capacities`.
    ///
    /// Each arc has candidates enough for the rule, if no capacity stood in the way.
    pub(crate) fn new(rule: &'a ZoneRule, candidates: impl Iterator<Item = (ArcId, C)>, capacities: &[u32]) -> Self {
        let arcs = candidates
            .map(|(arc, candidates)| ArcSide::new(arc, candidates))
            .collect();
        let nodes = capacities.iter().map(|&capacity| NodeSide::new(capacity)).collect();
        Self { rule, arcs, nodes }
    }

    /// Lets them settle who takes whom, for good.
    pub(crate) fn into_outcome(mut self) -> Outcome {
        let arcs: Vec<ArcId> = self.arcs.iter().map(|side| side.arc).collect();
        self.settle(arcs.clone());
        let mut room_made = 0;
        for arc in arcs {
            // Completing one arc leaves no other shorter than it was.
            while self.arcs[arc.index()].held.len() < self.rule.replicas() {
                room_made += self.complete_or_make_room(arc);
            }
        }
        self.check_invariants();
        let sorted = |mut held: Vec<Candidate>| {
            held.sort_unstable();
            held
        };
        let taken = self.arcs.into_iter().map(|side| sorted(side.held)).collect();
        Outcome { taken, room_made }
    }

    /// Deferred acceptance. Whichever order the arcs propose in, the outcome is the same.
    fn settle(&mut self, mut proposing: Vec<ArcId>) {
        while let Some(arc) = proposing.pop() {
            while let Some(candidate) = self.arcs[arc.index()].next_wanted(self.rule) {
                self.join(arc, candidate);
                if let Some(turned_away) = self.nodes[candidate.node.get()].turn_away() {
                    self.arcs[turned_away.index()].be_turned_away(candidate.node);
                    if turned_away != arc {
                        proposing.push(turned_away);
                    }
                }
            }
        }
    }

    /// Gives `arc`, which is short, one more node; or, if all that could help are full, room on each of them: how many.
    fn complete_or_make_room(&mut self, arc: ArcId) -> usize {
        match Chain::find(self, arc) {
            Ok(chain) => {
                self.exchange_along(&chain);
                0
            }
            Err(full) => {
                assert!(!full.is_empty(), "{arc:?} has candidates enough");
                full.iter().for_each(|node| self.nodes[node.get()].make_room());
                full.len()
            }
        }
    }

    fn exchange_along(&mut self, chain: &Chain) {
        for exchange in chain.exchanges() {
            if let Some(given_up) = exchange.instead_of {
                self.part(exchange.arc, given_up);
            }
            self.join(exchange.arc, exchange.candidate);
        }
    }

    fn join(&mut self, arc: ArcId, candidate: Candidate) {
        self.arcs[arc.index()].held.push(candidate);
        self.nodes[candidate.node.get()].keep(candidate.distance, arc);
    }

    fn part(&mut self, arc: ArcId, node: NodeIndex) {
        self.arcs[arc.index()].held.retain(|held| held.node != node);
        self.nodes[node.get()].give_up(arc);
    }

    fn check_invariants(&self) {
        if !cfg!(debug_assertions) {
            return;
        }
        self.nodes.iter().for_each(NodeSide::check_invariants);
        self.arcs.iter().for_each(|side| side.check_invariants(self.rule));
        let held = self.arcs.iter().map(|side| side.held.len()).sum::<usize>();
        let kept = self.nodes.iter().map(NodeSide::kept_count).sum::<usize>();
        assert_eq!(held, kept, "what arcs hold is what nodes keep");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::ArcCount;
    use crate::testing::member;

    /// A market small enough to be settled by dumber means.
    #[derive(Debug, Clone)]
    struct Small {
        zones: Vec<u8>,
        replicas: usize,
        capacities: Vec<u32>,
        /// The candidates of each arc: all nodes, nearest first.
        candidates: Vec<Vec<Candidate>>,
    }

    type SmallMarket<'a> = Market<'a, std::vec::IntoIter<Candidate>>;

    impl Small {
        fn rule(&self) -> ZoneRule {
            let members: Vec<_> = self
                .zones
                .iter()
                .zip(0..)
                .map(|(&zone, seed)| member(seed, zone, 100))
                .collect();
            ZoneRule::new(&members, self.replicas)
        }

        fn arcs(&self) -> Vec<ArcId> {
            ArcCount::MIN.arcs().take(self.candidates.len()).collect()
        }

        fn market<'a>(&self, rule: &'a ZoneRule) -> SmallMarket<'a> {
            let candidates = self.candidates.iter().map(|list| list.clone().into_iter());
            Market::new(rule, self.arcs().into_iter().zip(candidates), &self.capacities)
        }
    }

    fn small(arcs: usize, nodes: usize, slack: u32) -> impl Strategy<Value = Small> {
        (1..=nodes, 1..=4usize).prop_flat_map(move |(nodes, replicas)| {
            let replicas = replicas.min(nodes);
            // Around what is needed, so that nodes fill up and arcs come short.
            let fair = (arcs * replicas / nodes) as u32;
            let zones = proptest::collection::vec(0..3u8, nodes);
            let capacities = proptest::collection::vec(fair.saturating_sub(1)..=fair + slack, nodes);
            let distances = proptest::collection::vec(proptest::collection::vec(0..50u64, nodes), arcs);
            (zones, capacities, distances).prop_map(move |(zones, capacities, distances)| {
                let candidates = distances.into_iter().map(|distances| {
                    let nodes = distances.into_iter().enumerate();
                    let mut list: Vec<Candidate> = nodes
                        .map(|(node, distance)| Candidate {
                            distance,
                            node: NodeIndex::new(node),
                        })
                        .collect();
                    list.sort();
                    list
                });
                Small {
                    zones,
                    replicas,
                    capacities,
                    candidates: candidates.collect(),
                }
            })
        })
    }

    /// As many arcs, with capacities that are just those of one complete outcome, drawn without regard to distances.
    fn tight(arcs: usize, nodes: usize) -> impl Strategy<Value = Small> {
        let orders = proptest::collection::vec(Just((0..nodes).collect::<Vec<_>>()).prop_shuffle(), arcs);
        (small(arcs, nodes, 0), orders).prop_map(|(mut small, orders)| {
            let rule = small.rule();
            small.capacities.fill(0);
            for order in orders {
                let mut taken = Vec::new();
                for node in order.into_iter().filter(|&node| node < small.zones.len()) {
                    let candidate = Candidate {
                        distance: 0,
                        node: NodeIndex::new(node),
                    };
                    if rule.admits(&taken, candidate.node) {
                        small.capacities[node] += 1;
                        taken.push(candidate);
                    }
                }
            }
            small
        })
    }

    fn held(market: &SmallMarket<'_>) -> Vec<Vec<Candidate>> {
        let sorted = |side: &ArcSide<_>| {
            let mut held = side.held.clone();
            held.sort();
            held
        };
        market.arcs.iter().map(sorted).collect()
    }

    /// All pairs of arc and node, the nearest first; each is made if the arc may add the node and the node has room.
    fn settled_by_taking_the_nearest_pair(small: &Small) -> Vec<Vec<Candidate>> {
        let rule = small.rule();
        let mut pairs: Vec<(u64, ArcId, Candidate)> = Vec::new();
        for (arc, list) in small.arcs().into_iter().zip(&small.candidates) {
            pairs.extend(list.iter().map(|&candidate| (candidate.distance, arc, candidate)));
        }
        pairs.sort();
        let mut held = vec![Vec::new(); small.candidates.len()];
        let mut room = small.capacities.clone();
        for (_, arc, candidate) in pairs {
            let room = &mut room[candidate.node.get()];
            if *room > 0 && rule.admits(&held[arc.index()], candidate.node) {
                *room -= 1;
                held[arc.index()].push(candidate);
            }
        }
        held.iter_mut().for_each(|held| held.sort());
        held
    }

    /// The most copies that can be placed, by trying everything: arc after arc, every set of nodes.
    fn most_copies(small: &Small, rule: &ZoneRule, arc: usize, room: &mut [u32]) -> usize {
        if arc == small.candidates.len() {
            return 0;
        }
        let nodes = small.zones.len();
        let mut most = 0;
        for set in 0..1u32 << nodes {
            let picked: Vec<usize> = (0..nodes).filter(|node| set >> node & 1 == 1).collect();
            let taken: Vec<Candidate> = picked
                .iter()
                .map(|&node| Candidate {
                    distance: 0,
                    node: NodeIndex::new(node),
                })
                .collect();
            let keeps_rule = (0..taken.len()).all(|len| rule.admits(&taken[..len], taken[len].node));
            if keeps_rule && picked.iter().all(|&node| room[node] > 0) {
                picked.iter().for_each(|&node| room[node] -= 1);
                most = most.max(picked.len() + most_copies(small, rule, arc + 1, room));
                picked.iter().for_each(|&node| room[node] += 1);
            }
        }
        most
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn whatever_the_order_the_outcome_is_that_of_taking_the_nearest_pair(
            small in small(40, 8, 3),
            order in proptest::collection::vec(any::<Index>(), 40),
        ) {
            let rule = small.rule();
            let mut market = small.market(&rule);
            let mut arcs = small.arcs();
            for (last, index) in order.iter().enumerate().skip(1) {
                arcs.swap(last, index.index(last + 1));
            }
            market.settle(arcs);
            market.check_invariants();
            prop_assert_eq!(held(&market), settled_by_taking_the_nearest_pair(&small));
        }

        #[test]
        fn chains_complete_what_can_only_just_be_completed(small in tight(30, 8)) {
            let outcome = small.market(&small.rule()).into_outcome();
            prop_assert_eq!(outcome.room_made, 0, "the capacities are those of a complete outcome");
            prop_assert!(outcome.taken.iter().all(|taken| taken.len() == small.replicas));
        }

        #[test]
        fn chains_place_as_many_copies_as_can_be_placed(small in small(4, 4, 0)) {
            let rule = small.rule();
            let mut market = small.market(&rule);
            market.settle(small.arcs());
            for arc in small.arcs() {
                while market.arcs[arc.index()].held.len() < small.replicas {
                    let Ok(chain) = Chain::find(&mut market, arc) else { break };
                    market.exchange_along(&chain);
                    market.check_invariants();
                }
            }
            let placed: usize = market.arcs.iter().map(|side| side.held.len()).sum();
            prop_assert_eq!(placed, most_copies(&small, &rule, 0, &mut small.capacities.clone()));
        }
    }

    #[test]
    fn what_does_not_fit_is_placed_beyond_the_capacities_and_counted() {
        let small = Small {
            zones: vec![0, 0],
            replicas: 1,
            capacities: vec![1, 1],
            candidates: vec![
                [0, 1]
                    .map(|node| Candidate {
                        distance: 1,
                        node: NodeIndex::new(node)
                    })
                    .to_vec();
                3
            ],
        };
        let outcome = small.market(&small.rule()).into_outcome();
        assert!(
            outcome.taken.iter().all(|taken| taken.len() == 1),
            "every arc has its node"
        );
        assert_eq!(
            outcome.room_made, 2,
            "both full nodes were in the way, so that both may take one more"
        );
    }
}
