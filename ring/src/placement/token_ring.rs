//! The ring: virtual nodes as tokens on a circle of 2^64 positions, and the walk that meets nodes clockwise from an arc.
//!
//! ```text
//!        point of the arc
//!              v
//!   ... b1 ----+---- c7 -- a4 -- c2 ------ b9 ...      the walk meets c, a, b
//!              |--->|                                   c's distance
//! ```
//!
//! A node has 256 tokens for each 1 of weight, so it is near to many arcs, and the arcs near to it are near to everyone else in
//! random order: what it leaves behind spreads over all. A node's tokens depend on nothing but its id and weight, so
//! its coming, going and growing changes no other node's distances: the root of small movement.

use xxhash_rust::xxh3::xxh3_64;

use super::NodeIndex;
use crate::{ArcId, Member, NodeId};

/// Tokens of a node of weight 1. More would place more smoothly before the bound of load corrects it, and cost planning time.
const TOKENS_PER_WEIGHT: u32 = 256;

/// All tokens, in the order of their positions.
#[derive(Clone)]
pub(crate) struct TokenRing {
    // Invariant: sorted, by position and then node; every node has a token.
    tokens: Box<[Token]>,
    node_count: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Token {
    position: u64,
    node: NodeIndex,
}

/// A node as an arc sees it. Nearer is better, for both of them; ties go to the lower index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// Clockwise, from the arc's point to the nearest token of the node.
    pub(crate) distance: u64,
    pub(crate) node: NodeIndex,
}

impl TokenRing {
    /// The ring of `members`, whose indices are their positions in the slice.
    pub(crate) fn new(members: &[Member]) -> Self {
        let mut tokens: Vec<Token> = members
            .iter()
            .enumerate()
            .flat_map(|(index, member)| {
                (0..token_count(member)).map(move |token| Token {
                    position: position(&member.id, token),
                    node: NodeIndex::new(index),
                })
            })
            .collect();
        tokens.sort_unstable();
        Self {
            tokens: tokens.into_boxed_slice(),
            node_count: members.len(),
        }
    }

    /// The nodes met clockwise from the point of `arc`, each once.
    pub(crate) fn walk(&self, arc: ArcId) -> Walk<'_> {
        let point = point(arc);
        let start = self.tokens.partition_point(|token| token.position < point);
        let (before, from_point) = self.tokens.split_at(start);
        Walk {
            tokens: from_point.iter().chain(before),
            point,
            met: vec![0; self.node_count.div_ceil(64)].into_boxed_slice(),
            left: self.node_count,
        }
    }
}

fn token_count(member: &Member) -> u32 {
    (TOKENS_PER_WEIGHT * u32::from(member.weight.hundredths()) + 50) / 100
}

fn position(node: &NodeId, token: u32) -> u64 {
    let mut bytes = [0; NodeId::BYTES + 4];
    bytes[..NodeId::BYTES].copy_from_slice(node.as_bytes());
    bytes[NodeId::BYTES..].copy_from_slice(&token.to_le_bytes());
    xxh3_64(&bytes)
}

fn point(arc: ArcId) -> u64 {
    xxh3_64(&arc.get().to_le_bytes())
}

/// The way around the ring from an arc, as the iterator over the nodes met.
pub(crate) struct Walk<'a> {
    tokens: std::iter::Chain<std::slice::Iter<'a, Token>, std::slice::Iter<'a, Token>>,
    point: u64,
    /// A bit for each node.
    met: Box<[u64]>,
    left: usize,
}

impl Iterator for Walk<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        // The last nodes are the longest sought: do not go on around once all are met.
        if self.left == 0 {
            return None;
        }
        let met = &mut self.met;
        let token = self.tokens.find(|token| {
            let (word, bit) = (token.node.get() / 64, 1 << (token.node.get() % 64));
            let is_new = met[word] & bit == 0;
            met[word] |= bit;
            is_new
        })?;
        self.left -= 1;
        Some(Candidate {
            distance: token.position.wrapping_sub(self.point),
            node: token.node,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ArcCount;
    use crate::testing::members;

    /// The definition: each node's least distance over its tokens, sorted.
    fn walk_by_definition(members: &[Member], arc: ArcId) -> Vec<Candidate> {
        let nearest = |member: &Member| {
            (0..token_count(member))
                .map(|token| position(&member.id, token).wrapping_sub(point(arc)))
                .min()
                .unwrap()
        };
        let mut nodes: Vec<Candidate> = members
            .iter()
            .enumerate()
            .map(|(index, member)| Candidate {
                distance: nearest(member),
                node: NodeIndex::new(index),
            })
            .collect();
        nodes.sort();
        nodes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_walk_meets_each_node_once_nearest_first(members in members(1..=20, 1), arc in 0..1024u16) {
            let arc = ArcCount::DEFAULT.arc(arc).unwrap();
            let ring = TokenRing::new(&members);
            prop_assert_eq!(ring.walk(arc).collect::<Vec<_>>(), walk_by_definition(&members, arc));
        }
    }

    #[test]
    fn a_node_has_256_tokens_for_each_1_of_weight() {
        for (weight, tokens) in [("0.05", 13), ("0.5", 128), ("1", 256), ("2.25", 576), ("20", 5120)] {
            let member = Member {
                weight: weight.parse().unwrap(),
                ..Member::new(NodeId::from_bytes([7; 20]))
            };
            assert_eq!(token_count(&member), tokens, "weight {weight}");
        }
    }
}
