//! Parts of collections as maps, merged word by word as the design has it.

use std::collections::BTreeMap;
use std::ops::Range;

use circlet_core::stamp::Stamp;
use circlet_core::state::{Base, Expiry, Kind, Part, PartId, PartsBuf, Run, Runs, State, score_bytes};
use circlet_core::time::WallMs;
use proptest::prelude::*;

/// Type, hash and name: their order is that of the parts.
pub(crate) type Id = (Kind, u64, Vec<u8>);

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartModel {
    /// When it was written or deleted; zero if it was only added to.
    pub(crate) written: u64,
    /// `None` if it was deleted.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) expires_at: Option<u64>,
    pub(crate) expiry_stamp: u64,
    /// By (node, birth): (stamp, total).
    pub(crate) runs: BTreeMap<(u64, u64), (u64, i64)>,
}

pub(crate) fn id(kind: Kind, name: &str) -> Id {
    (kind, PartId::new(kind, name.as_bytes()).hash, name.into())
}

/// The encoded parts.
pub(crate) fn encoded(parts: &BTreeMap<Id, PartModel>) -> PartsBuf {
    let mut out = PartsBuf::new();
    for ((kind, _, name), part) in parts {
        let mut runs = Vec::new();
        for (&(node, birth), &(stamp, total)) in &part.runs {
            Run {
                node,
                birth: Stamp::from_bits(birth),
                stamp: Stamp::from_bits(stamp),
                total,
            }
            .encode(&mut runs);
        }
        let part = Part {
            kind: *kind,
            name,
            state: State {
                generation: Stamp::from_bits(part.written),
                base: part.bytes.as_deref().map_or(Base::None, Base::Bytes),
                expiry: Expiry {
                    at: part.expires_at.map(WallMs::new),
                    stamp: Stamp::from_bits(part.expiry_stamp),
                },
                runs: Runs::new(&runs).expect("the map is sorted"),
                ..State::ABSENT
            },
        };
        let mut bytes = Vec::new();
        part.encode(&mut bytes);
        assert_eq!(bytes.len(), part.encoded_len(), "encoded_len tells the truth");
        out.push(part);
    }
    out
}

/// What is left of both in a collection of `generation`.
pub(crate) fn merged(
    left: &BTreeMap<Id, PartModel>,
    right: &BTreeMap<Id, PartModel>,
    generation: u64,
) -> BTreeMap<Id, PartModel> {
    let mut names: Vec<&Id> = left.keys().chain(right.keys()).collect();
    names.sort();
    names.dedup();
    let of_name = |name: &&Id| {
        let copies: Vec<&PartModel> = [left.get(*name), right.get(*name)].into_iter().flatten().collect();
        Some(((*name).clone(), one_of(&copies, generation)?))
    };
    names.iter().filter_map(of_name).collect()
}

fn one_of(copies: &[&PartModel], generation: u64) -> Option<PartModel> {
    let mut written: Vec<&PartModel> = copies
        .iter()
        .copied()
        .filter(|copy| copy.written > generation)
        .collect();
    // Of the last write: a deletion before bytes, then the greater bytes; and the expiry that was said last.
    let last = written.iter().map(|copy| copy.written).max().unwrap_or(0);
    written.retain(|copy| copy.written == last);
    let base = written
        .iter()
        .map(|copy| (copy.bytes.is_none(), copy.bytes.clone()))
        .max();
    let expiry = |copy: &&PartModel| (copy.expiry_stamp, copy.expires_at.is_none(), copy.expires_at);
    let (expiry_stamp, _, expires_at) = written.iter().map(expiry).max().unwrap_or((0, true, None));

    let mut runs = BTreeMap::new();
    for (&id, &copy) in copies.iter().flat_map(|copy| &copy.runs) {
        if id.1 > generation.max(last) {
            let newest = runs.entry(id).or_insert(copy);
            *newest = copy.max(*newest);
        }
    }
    (last > 0 || !runs.is_empty()).then(|| PartModel {
        written: last,
        bytes: base.and_then(|(_, bytes)| bytes),
        expires_at,
        expiry_stamp,
        runs,
    })
}

/// Parts of a collection, of all types, few names and few stamps.
pub(crate) fn part_models() -> impl Strategy<Value = Vec<(Id, PartModel)>> {
    fitted_parts(ids(), 0..5)
}

/// As [`part_models`], but many of one type more often than of several.
pub(crate) fn many_part_models(count: Range<usize>) -> impl Strategy<Value = Vec<(Id, PartModel)>> {
    let names = |kind| (0..1_500_u16).prop_map(move |number| id(kind, &format!("{number:03}")));
    let ids =
        prop_oneof![1 => names(Kind::List), 1 => names(Kind::Set), 4 => names(Kind::SortedSet), 1 => names(Kind::Hash)];
    fitted_parts(ids, count)
}

fn fitted_parts(ids: impl Strategy<Value = Id>, count: Range<usize>) -> impl Strategy<Value = Vec<(Id, PartModel)>> {
    prop::collection::vec((ids, part_model()), count).prop_map(|parts| {
        let fitted = parts.into_iter().map(|(id, part)| {
            let part = fitted_to(id.0, part);
            (id, part)
        });
        fitted.collect()
    })
}

fn ids() -> impl Strategy<Value = Id> {
    let kind = prop::sample::select(vec![Kind::List, Kind::Set, Kind::SortedSet, Kind::Hash]);
    (kind, prop::sample::select(vec!["a", "b", "bb"])).prop_map(|(kind, name)| id(kind, name))
}

/// Stamps are relative to the generation that the part will be in.
fn part_model() -> impl Strategy<Value = PartModel> {
    let bytes = prop_oneof![
        Just(None),
        prop::sample::select(vec!["", "1", "x"]).prop_map(|text| Some(text.into()))
    ];
    let runs = prop::collection::btree_map((0..2_u64, 1..3_u64), (0..3_u64, -2..3_i64), 0..3);
    let expires_at = prop_oneof![Just(None), Just(Some(7)), Just(Some(u64::MAX))];
    (0..4_u64, bytes, expires_at, 0..3_u64, runs).prop_map(|(written, bytes, expires_at, expiry_later, runs)| {
        PartModel {
            written,
            bytes,
            expires_at,
            expiry_stamp: written + expiry_later,
            runs,
        }
    })
}

fn fitted_to(kind: Kind, mut part: PartModel) -> PartModel {
    if matches!(kind, Kind::List | Kind::Set) {
        part.runs.clear();
    }
    if part.written == 0 && part.runs.is_empty() {
        part.written = 1;
        part.expiry_stamp += 1;
    }
    if part.written == 0 {
        (part.bytes, part.expires_at, part.expiry_stamp) = (None, None, 0);
    }
    part.bytes = part.bytes.map(|bytes| match kind {
        Kind::Set => Vec::new(),
        Kind::SortedSet => score_bytes(bytes.len() as f64 - 0.5).to_vec(),
        _ => bytes,
    });
    part
}

/// The part with stamps that are possible in `generation`.
pub(crate) fn above(part: PartModel, generation: u64) -> PartModel {
    let PartModel {
        written,
        expiry_stamp,
        runs,
        ..
    } = part;
    let raised = |stamp: u64| if written > 0 { stamp + generation } else { 0 };
    let floor = raised(written).max(generation);
    PartModel {
        written: raised(written),
        expiry_stamp: raised(expiry_stamp),
        runs: runs
            .into_iter()
            .map(|((node, birth), (later, total))| ((node, floor + birth), (floor + birth + later, total)))
            .collect(),
        ..part
    }
}
