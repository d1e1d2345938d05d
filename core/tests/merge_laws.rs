//! The laws that replication, repair, hints and catch-up rest on, over random states.

mod support;

use circlet_core::stamp::Stamp;
use circlet_core::state::{
    Base, Collection, Kind, Merged, Part, PartId, Parts, PartsBuf, PartsIndexBuf, Patch, Run, Runs, State, merge,
    plain_digest,
};
use circlet_core::time::WallMs;
use proptest::prelude::*;
use support::{Model, encoded, merged, models, view};

fn small_value() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 2..4)
}

fn field<'a>(name: &'a u8, stamp: u64, value: &'a [u8], expires_at: Option<u64>) -> Part<'a> {
    let generation = Stamp::from_bits(stamp);
    Part {
        kind: Kind::Hash,
        name: std::slice::from_ref(name),
        state: State::plain(generation, expires_at.map(WallMs::new), value),
    }
}

fn patched(state: &[u8], patch: &Patch<'_, '_>) -> Vec<u8> {
    let (mut patched, splice) = (state.to_vec(), patch.splice);
    let at = patched.len() - splice.from_end;
    patched.splice(at..at + splice.gone, patch.bytes.iter().copied());
    if let Some((from_end, head)) = splice.section_head {
        let at = patched.len() - from_end;
        patched[at..at + head.len()].copy_from_slice(&head);
    }
    patched
}

/// The index as the patch changes it; none if it changes it into none.
fn changed(index: &PartsIndexBuf, patch: &Patch<'_, '_>) -> Option<Vec<u8>> {
    let (index, change) = (index.index()?, patch.splice.index?);
    let mut bytes = index.as_bytes().to_vec();
    bytes.resize(bytes.len() + change.growth(index), 0);
    change.apply(&mut bytes);
    Some(bytes)
}

/// A hash of this generation, as bytes; the fields in any order.
fn hash(generation: u64, base: Base<'_>, mut fields: Vec<Part<'_>>) -> Vec<u8> {
    fields.retain(|field| field.state.generation > Stamp::from_bits(generation));
    fields.sort_by_key(Part::id);
    let mut parts = PartsBuf::new();
    fields.into_iter().for_each(|field| parts.push(field));
    encoded(State {
        base,
        parts: parts.as_parts(),
        ..State::tombstone(Stamp::from_bits(generation))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn order_of_two_does_not_matter(a in models(), b in models()) {
        let (a, b) = (a.bytes(), b.bytes());
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
    }

    #[test]
    fn grouping_of_three_does_not_matter(a in models(), b in models(), c in models()) {
        let (a, b, c) = (a.bytes(), b.bytes(), c.bytes());
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
    }

    #[test]
    fn repetition_does_not_matter(a in models(), b in models()) {
        let (a, b) = (a.bytes(), b.bytes());
        prop_assert_eq!(merge(view(&a), view(&a), &mut Vec::new()), Merged::Same);
        let ab = merged(&a, &b);
        prop_assert_eq!(&merged(&ab, &a), &ab);
        prop_assert_eq!(&merged(&ab, &b), &ab);
    }

    #[test]
    fn a_state_merged_with_nothing_is_itself(a in models()) {
        let (a, absent) = (a.bytes(), encoded(State::ABSENT));
        prop_assert_eq!(merged(&a, &absent), a.clone());
        prop_assert_eq!(merged(&absent, &a), a);
    }

    #[test]
    fn what_is_patched_is_merged(
        is_list: bool,
        fields in proptest::collection::btree_map(1..9_u8, (2..20_u64, small_value()), 1..8),
        (name, stamp, value) in (1..11_u8, 1..24_u64, small_value()),
        (generation, expires_at) in (0..3_u64, proptest::option::weighted(0.1, 30..40_u64)),
        base in proptest::option::of(small_value()),
    ) {
        // The delta of a set and that of an HSET may meet in one generation: then a string stands beside the fields.
        let base = base.as_ref().map_or(Base::None, |base| Base::Bytes(base));
        let kind = if is_list { Kind::List } else { Kind::Hash };
        let part = |name, stamp, value, expires_at| Part { kind, ..field(name, stamp, value, expires_at) };
        let local = hash(1, base, fields.iter().map(|(name, (stamp, value))| part(name, *stamp, value, None)).collect());
        let delta = hash(generation, Base::Unknown, vec![part(&name, stamp, &value, expires_at)]);
        let (local, delta) = (view(&local).with_uniform_parts(None), view(&delta));
        let patch = local.patched_by(delta);
        // Of two that are written at one stamp the greater one stays.
        let is_news = fields.get(&name).is_none_or(|(old, there)| (stamp, &value) > (*old, there));
        let is_patch = generation == 1 && stamp > generation && expires_at.is_none() && is_news;
        prop_assert_eq!(patch.is_some(), is_patch);
        if let Some(patch) = patch {
            let patched = patched(&encoded(local), &patch);
            prop_assert_eq!(&patched, &merged(&encoded(local), &encoded(delta)));
            let after = view(&patched);
            prop_assert!(after.parts.is_uniform());
            let (old, new) = (local.parts.find(kind, &[name]), after.parts.find(kind, &[name]));
            prop_assert_eq!(patch.part(), new.map(|new| (old, new)));
        }
    }

    #[test]
    fn nothing_is_patched_that_would_not_be_small(count in 28..36_u8, bytes in prop_oneof![Just(3_usize), 100..160_usize], name in 0..40_u8) {
        let value = vec![b'v'; bytes];
        let names: Vec<u8> = (0..count).collect();
        let local = hash(1, Base::None, names.iter().map(|name| field(name, 2, &value, None)).collect());
        let delta = hash(1, Base::Unknown, vec![field(&name, 3, &value, None)]);
        let index = PartsIndexBuf::of(&view(&local));
        let local = view(&local).with_uniform_parts(index.index());
        let merged = merged(&encoded(local), &delta);
        let gets_index = index.index().is_none() && PartsIndexBuf::of(&view(&merged)).index().is_some();
        prop_assert_eq!(local.patched_by(view(&delta)).is_none(), gets_index || Collection::is_for(&view(&merged)));
    }

    #[test]
    fn what_an_index_says_is_what_a_walk_finds(
        // By numbers of which names are made: lengths of values.
        fields in proptest::collection::btree_map(0..60_u8, 50..120_usize, 9..30),
        name in 0..60_u8,
        value_bytes in 50..120_usize,
        kind in proptest::sample::select(vec![Kind::Hash, Kind::Set]),
    ) {
        let named = |name: u8| vec![name; 12 + usize::from(name) + if kind == Kind::Set { 60 } else { 0 }];
        let value = |bytes: usize| if kind == Kind::Set { Vec::new() } else { vec![b'v'; bytes] };
        let mut parts = PartsBuf::new();
        let fields = fields.iter().map(|(name, bytes)| (named(*name), value(*bytes)));
        let mut fields: Vec<_> = fields.collect();
        fields.sort_by(|(a, _), (b, _)| PartId::new(kind, a).cmp(&PartId::new(kind, b)));
        let part = |name, stamp, value| Part::written(kind, name, Stamp::from_bits(stamp), value, None);
        fields.iter().for_each(|(name, value)| parts.push(part(name, 2, value)));
        let local = encoded(State { parts: parts.as_parts(), ..State::tombstone(Stamp::from_bits(1)) });
        let index = PartsIndexBuf::of(&view(&local));
        // Of thirty long fields a few are too many for a small collection.
        prop_assert_eq!(index.index().is_some(), !Collection::is_for(&view(&local)));
        if index.index().is_none() {
            return Ok(());
        }
        let indexed = view(&local).with_uniform_parts(index.index());

        let (name, value) = (named(name), value(value_bytes));
        prop_assert_eq!(indexed.parts.find(kind, &name), view(&local).parts.find(kind, &name));
        prop_assert_eq!(indexed.parts.find(Kind::SortedSet, &name), None);
        let delta = hash(1, Base::Unknown, vec![part(&name, 3, &value)]);
        let merged = merged(&local, &delta);
        let Some(patch) = indexed.patched_by(view(&delta)) else {
            prop_assert!(Collection::is_for(&view(&merged)));
            return Ok(());
        };
        prop_assert_eq!(&patched(&local, &patch), &merged);
        let after = PartsIndexBuf::of(&view(&merged));
        let changed = changed(&index, &patch);
        prop_assert_eq!(changed.as_deref(), after.index().map(|index| index.as_bytes()));
    }

    #[test]
    fn what_is_patched_is_merged_whatever_it_is(a in models(), b in models()) {
        let (a, b) = (a.bytes(), b.bytes());
        // A merge of both is a delta that often raises no more than runs.
        for delta in [&b, &merged(&a, &b)] {
            let local = view(&a);
            let local = if local.parts.is_uniform() { local.with_uniform_parts(None) } else { local };
            if let Some(patch) = local.patched_by(view(delta)) {
                prop_assert_eq!(patched(&a, &patch), merged(&a, delta));
            }
        }
    }

    #[test]
    fn a_counter_that_is_raised_is_patched(
        base in proptest::option::of(small_value()),
        (old, new) in (proptest::collection::vec((1..4_u64, 0..9_u64), 1..4), proptest::collection::vec(0..3_u64, 1..4)),
    ) {
        let counter = |raises: &mut dyn FnMut(usize) -> u64| {
            let run = |(at, (birth, more)): (usize, &(u64, u64))| Run {
                node: at as u64,
                birth: Stamp::from_bits(1 + birth),
                stamp: Stamp::from_bits(1 + birth + more + raises(at)),
                total: 3,
            };
            let mut bytes = Vec::new();
            old.iter().enumerate().map(run).for_each(|run| run.encode(&mut bytes));
            encoded(State {
                base: base.as_ref().map_or(Base::None, |base| Base::Bytes(base)),
                runs: Runs::new(&bytes).expect("in order"),
                ..State::tombstone(Stamp::from_bits(1))
            })
        };
        let raise = |at: usize| new.get(at).copied().unwrap_or(0);
        let (local, delta) = (counter(&mut |_| 0), counter(&mut |at| raise(at)));
        let patch = view(&local).patched_by(view(&delta));
        prop_assert_eq!(patch.is_some(), local != delta);
        if let Some(patch) = patch {
            prop_assert_eq!(&patched(&local, &patch), &delta);
        }
        prop_assert!(view(&delta).patched_by(view(&local)).is_none(), "an older copy changes nothing");
    }

    #[test]
    fn the_merge_is_the_dumb_merge_and_says_which_side_it_is(a in models(), b in models()) {
        let expected = a.merge(&b).bytes();
        let (a, b) = (a.bytes(), b.bytes());
        prop_assert_eq!(&merged(&a, &b), &expected);

        let mut out = b"before".to_vec();
        let relation = merge(view(&a), view(&b), &mut out);
        let truth = match (expected == a, expected == b) {
            (true, true) => Merged::Same,
            (true, false) => Merged::Left,
            (false, true) => Merged::Right,
            (false, false) => Merged::Both,
        };
        prop_assert_eq!(relation, truth);
        let appended = if relation == Merged::Both { &expected[..] } else { b"" };
        prop_assert_eq!(&out[..], &[b"before", appended].concat()[..], "only what is neither side is written");
    }

    #[test]
    fn equal_states_and_no_others_have_equal_digests(a in models(), b in models(), hash: u64) {
        let (a, b) = (a.bytes(), b.bytes());
        prop_assert_eq!(a == b, view(&a).digest(hash) == view(&b).digest(hash));
        prop_assert_ne!(view(&a).digest(hash), view(&a).digest(hash ^ 1), "the key counts");
        prop_assert_eq!(view(&merged(&a, &b)).digest(hash), view(&merged(&b, &a)).digest(hash));
    }

    #[test]
    fn every_field_counts_in_the_digest(a in models(), node in 0..3_u64, birth in 1..3_u64, hash: u64) {
        let mut a = a;
        a.runs.insert((node, a.generation + birth), (a.generation + birth, 5));
        let id = (node, a.generation + birth);
        let changed = |change: &dyn Fn(&mut Model)| {
            let mut other = a.clone();
            change(&mut other);
            other.bytes()
        };
        let others = [
            changed(&|other| other.runs.get_mut(&id).unwrap().0 += 1),
            changed(&|other| other.runs.get_mut(&id).unwrap().1 += 1),
            changed(&|other| other.runs.extend([((node + 1, id.1), (id.1, 5))])),
            changed(&|other| other.expiry_stamp += 1),
            changed(&|other| (other.expiry_stamp, other.expires_at) = (a.generation + 9, Some(8))),
            changed(&|other| (other.expiry_stamp, other.expires_at) = (a.generation + 9, Some(9))),
            changed(&|other| (other.expiry_stamp, other.expires_at) = (a.generation + 9, None)),
        ];
        let bytes = a.bytes();
        let mut digests: Vec<u64> = others.iter().chain([&bytes]).map(|bytes| view(bytes).digest(hash)).collect();
        let mut states: Vec<&Vec<u8>> = others.iter().chain([&bytes]).collect();
        digests.sort_unstable();
        digests.dedup();
        states.sort_unstable();
        states.dedup();
        prop_assert_eq!(digests.len(), states.len());
    }

    #[test]
    fn the_fast_digest_of_a_plain_string_is_the_general_one(a in models(), hash: u64) {
        let bytes = a.bytes();
        let state = view(&bytes);
        if let (true, Base::Bytes(value)) = (state.is_plain(), state.base) {
            prop_assert_eq!(plain_digest(hash, state.generation, state.expiry.at, value), state.digest(hash));
            prop_assert_eq!(State::plain(state.generation, state.expiry.at, value), state);
        }
    }

    #[test]
    fn a_digest_is_the_sum_of_its_parts_digests(a in models(), hash: u64) {
        let bytes = a.bytes();
        let state = view(&bytes);
        let mut sum: u64 = 0;
        state.for_each_digest(hash, |part| {
            assert!(part.stamp <= state.max_stamp());
            sum = sum.wrapping_add(part.digest);
        });
        prop_assert_eq!(sum, state.digest(hash));
        let without_parts = State { parts: Parts::EMPTY, ..state }.digest(hash);
        let parts = state.parts.iter().map(|part| part.digest(hash));
        prop_assert_eq!(parts.fold(without_parts, u64::wrapping_add), sum);
    }

    #[test]
    fn a_part_found_by_name_is_the_part(a in models()) {
        let bytes = a.bytes();
        let parts = view(&bytes).parts;
        prop_assert_eq!(parts.len(), a.parts.len());
        for part in parts.iter() {
            prop_assert_eq!(parts.find(part.kind, part.name), Some(part));
            prop_assert_eq!(parts.iter().filter(|other| *other == part).count(), 1);
        }
        prop_assert_eq!(parts.find(Kind::Hash, b"nosuch"), None);
    }

    #[test]
    fn a_state_survives_its_bytes(a in models()) {
        let bytes = a.bytes();
        prop_assert_eq!(&encoded(view(&bytes)), &bytes);
        let tombstone = State::tombstone(Stamp::from_bits(a.generation));
        prop_assert_eq!(view(&bytes).is_tombstone(), view(&bytes) == tombstone);
    }

    #[test]
    fn random_bytes_are_refused_or_are_a_state_with_exactly_these_bytes(bytes: Vec<u8>) {
        if let Ok(state) = State::decode(&bytes) {
            prop_assert_eq!(encoded(state), bytes);
        }
    }

    #[test]
    fn a_damaged_state_is_refused_or_is_a_state_with_exactly_these_bytes(
        a in models(), at: prop::sample::Index, byte: u8, keep: prop::sample::Index,
    ) {
        let mut bytes = a.bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(keep.index(bytes.len() + 1));
        if let Ok(state) = State::decode(&bytes) {
            prop_assert_eq!(encoded(state), bytes.clone());
            let again = merge(state, view(&a.bytes()), &mut Vec::new());
            prop_assert_eq!(again == Merged::Same, bytes == a.bytes());
        }
    }
}
