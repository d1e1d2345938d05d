//! What several tests of values share: states that own their bytes, and a dumb merge to check the real one against.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

pub(crate) mod part_model;
pub(crate) mod replica;

use std::collections::BTreeMap;

use circlet_core::stamp::Stamp;
use circlet_core::state::{Base, Expiry, Merged, Run, Runs, State, merge};
use circlet_core::time::WallMs;
use part_model::{PartModel, part_models};
use proptest::prelude::*;

/// A state with maps and vectors instead of borrowed bytes. Derived equality, no cleverness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) generation: u64,
    pub(crate) base: ModelBase,
    pub(crate) expires_at: Option<u64>,
    pub(crate) expiry_stamp: u64,
    /// By (node, birth): (stamp, total).
    pub(crate) runs: BTreeMap<(u64, u64), (u64, i64)>,
    pub(crate) parts: BTreeMap<part_model::Id, PartModel>,
}

/// Ordered as the rules say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ModelBase {
    Unknown,
    Bytes(Vec<u8>),
    None,
}

impl Model {
    /// The encoded state.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut runs = Vec::new();
        for (&(node, birth), &(stamp, total)) in &self.runs {
            Run {
                node,
                birth: Stamp::from_bits(birth),
                stamp: Stamp::from_bits(stamp),
                total,
            }
            .encode(&mut runs);
        }
        let parts = part_model::encoded(&self.parts);
        let state = State {
            generation: Stamp::from_bits(self.generation),
            base: match &self.base {
                ModelBase::Unknown => Base::Unknown,
                ModelBase::Bytes(bytes) => Base::Bytes(bytes),
                ModelBase::None => Base::None,
            },
            expiry: Expiry {
                at: self.expires_at.map(WallMs::new),
                stamp: Stamp::from_bits(self.expiry_stamp),
            },
            runs: Runs::new(&runs).expect("the map is sorted"),
            parts: parts.as_parts(),
        };
        let mut out = Vec::new();
        state.encode(&mut out);
        assert_eq!(out.len(), state.encoded_len(), "encoded_len tells the truth");
        out
    }

    /// The merge, word by word as the design has it.
    pub(crate) fn merge(&self, other: &Self) -> Self {
        let generation = self.generation.max(other.generation);
        let mut sides: Vec<&Self> = [self, other]
            .into_iter()
            .filter(|side| side.generation == generation)
            .collect();
        sides.sort_by_key(|side| side.base.clone());
        let base = sides.last().unwrap().base.clone();
        sides.sort_by_key(|side| (side.expiry_stamp, side.expires_at.is_none(), side.expires_at));
        let expiry = sides.last().unwrap();

        let mut runs = BTreeMap::new();
        for (&id, &copy) in self.runs.iter().chain(&other.runs) {
            if id.1 > generation {
                let newest = runs.entry(id).or_insert(copy);
                *newest = copy.max(*newest);
            }
        }
        Self {
            generation,
            base,
            expires_at: expiry.expires_at,
            expiry_stamp: expiry.expiry_stamp,
            runs,
            parts: part_model::merged(&self.parts, &other.parts, generation),
        }
    }
}

/// States from a domain so small that equal stamps, equal contents and equal runs all happen.
pub(crate) fn models() -> impl Strategy<Value = Model> {
    let base = prop_oneof![
        Just(ModelBase::Unknown),
        Just(ModelBase::None),
        prop::sample::select(vec!["", "a", "b", "10", "-3"]).prop_map(|text| ModelBase::Bytes(text.into())),
    ];
    let runs = prop::collection::btree_map((0..3_u64, 1..3_u64), (0..3_u64, -2..3_i64), 0..4);
    let expires_at = prop_oneof![Just(None), Just(Some(0)), Just(Some(7)), Just(Some(u64::MAX))];
    let parts = prop_oneof![Just(Vec::new()), part_models()];
    let fields = (0..4_u64, base, expires_at, 0..3_u64, runs, parts);
    fields.prop_map(|(generation, base, expires_at, expiry_later, runs, parts)| {
        // Generation zero is that of an entry without a whole value: nothing was written with it.
        let written = generation > 0;
        Model {
            generation,
            base: if !written && matches!(base, ModelBase::Bytes(_)) {
                ModelBase::None
            } else {
                base
            },
            expires_at: if written || expiry_later > 0 { expires_at } else { None },
            expiry_stamp: generation + expiry_later,
            runs: runs
                .into_iter()
                .map(|((node, birth), (later, total))| {
                    ((node, generation + birth), (generation + birth + later, total))
                })
                .collect(),
            parts: parts
                .into_iter()
                .map(|(id, part)| (id, part_model::above(part, generation)))
                .collect(),
        }
    })
}

/// The view of an encoded state that a test wrote itself.
pub(crate) fn view(bytes: &[u8]) -> State<'_> {
    State::decode(bytes).expect("an encoded state")
}

/// The encoded state.
pub(crate) fn encoded(state: State<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    state.encode(&mut out);
    out
}

/// The merge of two encoded states, encoded.
pub(crate) fn merged(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match merge(view(left), view(right), &mut out) {
        Merged::Same | Merged::Left => left.to_vec(),
        Merged::Right => right.to_vec(),
        Merged::Both => out,
    }
}
