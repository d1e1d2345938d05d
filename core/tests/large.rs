//! Collections in their large form against the encoded one: whatever is merged into them or asked of them, they are the same.

mod support;

use circlet_core::collection::{HashView, LexBound, ListView, Live, ScoreBound, Scored, SetView, SortedSetView};
use circlet_core::mutate::{Author, Edit, End, ListEdit, found};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Collection, Kind, PartsBuf, PartsIndexBuf, State, Swept, Synced, admit, merge};
use circlet_core::time::WallMs;
use proptest::prelude::*;
use support::part_model::{above, many_part_models};
use support::{Model, encoded, merged, models, view};

const KEY_HASH: u64 = 0x1234_5678_9abc_def0;
/// Before, at and after the moments at which parts expire.
const KINDS: [Kind; 4] = [Kind::List, Kind::Set, Kind::SortedSet, Kind::Hash];
const MOMENTS: [WallMs; 4] = [WallMs::ZERO, WallMs::new(7), WallMs::new(8), WallMs::new(u64::MAX)];

/// One collection in both forms.
struct Twins {
    large: Collection,
    bytes: Vec<u8>,
}

impl Twins {
    fn new(bytes: Vec<u8>) -> Self {
        let twins = Self {
            large: Collection::new(KEY_HASH, view(&bytes)),
            bytes,
        };
        twins.check();
        twins
    }

    fn merge(&mut self, other: &[u8]) {
        let other_state = view(other);
        assert_eq!(
            other_state.superseded_by(self.large.state()),
            other_state.superseded_by(view(&self.bytes))
        );
        for (mine, theirs) in [(1, 1), (2, 0), (4, 3), (3, 4), (9, 0)] {
            let synced = Synced {
                mine: Stamp::from_bits(mine),
                theirs: Stamp::from_bits(theirs),
            };
            let admitted = admit(view(&self.bytes), other_state, synced);
            assert_eq!(admit(self.large.state(), other_state, synced), admitted);
        }
        let is_outlived = self.large.is_outlived_by(&other_state);
        let changed = merge(view(&self.bytes), other_state, &mut Vec::new()).changed();
        self.bytes = merged(&self.bytes, other);
        assert!(!is_outlived || self.bytes == other, "nothing of it is left");
        assert_eq!(
            self.large.apply(other_state),
            changed,
            "it says whether anything changed"
        );
        self.check();
    }

    fn sweep(&mut self, synced: Stamp, flushed: Stamp) {
        let mut left = Vec::new();
        let swept = view(&self.bytes).swept(synced, flushed, &mut left);
        assert_eq!(self.large.state().swept(synced, flushed, &mut Vec::new()), swept);
        assert_eq!(self.large.sweep(synced, flushed), swept);
        match swept {
            Swept::Kept => {}
            Swept::Shrunk => self.bytes = left,
            Swept::Dropped => *self = Self::new(encoded(State::tombstone(Stamp::ZERO))),
        }
        self.check();
    }

    /// Both say the same of everything.
    fn check(&self) {
        self.large.check_invariants();
        let (large, small) = (self.large.state(), view(&self.bytes));
        self.check_against(large, small);
        if small.parts.is_uniform() {
            assert!(
                small
                    .parts
                    .iter()
                    .all(|part| !part.has_grave() && part.is_live(WallMs::new(u64::MAX)))
            );
            let index = PartsIndexBuf::of(&small);
            self.check_against(small.with_uniform_parts(None), small);
            self.check_against(small.with_uniform_parts(index.index()), small);
        }
    }

    fn check_against(&self, large: State<'_>, small: State<'_>) {
        assert_eq!(encoded(large), self.bytes);
        assert_eq!(large.encoded_len(), self.bytes.len());
        assert_eq!(large, small);
        assert_eq!(large.max_stamp(), small.max_stamp());
        assert_eq!(large.parts.first_expiry(), small.parts.first_expiry());
        for hash in [KEY_HASH, 1] {
            assert_eq!(large.digest(hash), small.digest(hash));
        }
        for kind in KINDS {
            assert_eq!(large.parts.first_name(kind), small.parts.first_name(kind));
            assert_eq!(large.parts.last_name(kind), small.parts.last_name(kind));
            let names: Vec<&[u8]> = small
                .parts
                .iter()
                .filter(|part| part.kind == kind)
                .map(|part| part.name)
                .collect();
            let first_and_last = (small.parts.first_name(kind), small.parts.last_name(kind));
            assert_eq!(first_and_last, (names.first().copied(), names.last().copied()));
        }
        for part in small.parts.iter() {
            assert_eq!(large.parts.find(part.kind, part.name), Some(part));
            if part.kind == Kind::List {
                assert_eq!(large.parts.neighbours(part.name), small.parts.neighbours(part.name));
            }
        }
        for now in MOMENTS {
            assert_eq!(large.value(now), small.value(now));
            for kind in KINDS {
                check_live(&Live::new(large, kind, now), &Live::new(small, kind, now), kind);
            }
            check_ranks(&SortedSetView::new(large, now), &SortedSetView::new(small, now));
            let (lists, indices) = ([large, small].map(|state| ListView::new(state, now)), 1..7);
            assert!(lists[0].range(indices.clone()).eq(lists[1].range(indices)));
            assert!(lists[0].iter().rev().eq(lists[1].iter().rev()));
            let (mut from_both_ends, mut ascending) = (lists[0].iter(), Vec::new());
            let mut descending = Vec::new();
            while let Some(element) = from_both_ends.next() {
                ascending.push(element);
                descending.extend(from_both_ends.next_back());
                assert_eq!(
                    from_both_ends.len() + ascending.len() + descending.len(),
                    lists[1].len()
                );
            }
            assert!(
                ascending
                    .into_iter()
                    .chain(descending.into_iter().rev())
                    .eq(lists[1].iter())
            );
            assert_eq!(lists[0].get(2), lists[1].get(2));
            let fields = [large, small].map(|state| HashView::new(state, now).iter().collect::<Vec<_>>());
            assert_eq!(fields[0], fields[1]);
        }
    }
}

fn check_live(large: &Live<'_>, small: &Live<'_>, kind: Kind) {
    assert_eq!(large.len(), small.len(), "{kind:?}");
    assert_eq!(large.is_empty(), small.is_empty());
    assert!(large.iter().eq(small.iter()));
    assert_eq!(large.shape(), small.shape());
    for index in [0, 1, small.len() / 2, small.len()] {
        assert_eq!(large.nth(index), small.nth(index));
        assert!(large.iter_from(index).eq(small.iter_from(index)));
    }
    let numbers = || (0_u64..).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7);
    for count in [1, small.len() / 20, small.len() / 2, small.len() + 1] {
        let [mut left, mut right] = [numbers(), numbers()];
        let chosen = large.random_distinct(count, || left.next().unwrap());
        assert_eq!(chosen, small.random_distinct(count, || right.next().unwrap()));
        assert_eq!(chosen.len(), count.min(small.len()));
    }
    if kind != Kind::List {
        let mut cursor = 0;
        loop {
            let step = large.scan(cursor, 10);
            assert_eq!(step, small.scan(cursor, 10));
            cursor = step.0;
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(large.scan(u64::MAX, 10), small.scan(u64::MAX, 10));
    }
}

fn check_ranks<'a>(large: &SortedSetView<'a>, small: &SortedSetView<'a>) {
    let all: Vec<Scored<'a>> = small.by_rank(0..usize::MAX).collect();
    assert!(large.by_rank(0..usize::MAX).eq(all.iter().copied()));
    let middle = all.len() / 2;
    assert!(
        large
            .by_rank(middle..middle + 3)
            .rev()
            .eq(small.by_rank(middle..middle + 3).rev())
    );
    for scored in [all.first(), all.get(middle), all.last()].into_iter().flatten() {
        assert_eq!(large.rank(scored.member), small.rank(scored.member));
        assert_eq!(large.rank(scored.member).map(|(_, score)| score), Some(scored.score));
        let (included, excluded) = (ScoreBound::Included(scored.score), ScoreBound::Excluded(scored.score));
        for (min, max) in [(included, included), (excluded, included), (included, excluded)] {
            assert_eq!(large.ranks_by_score(min, max), small.ranks_by_score(min, max));
        }
        let least = ScoreBound::Included(f64::NEG_INFINITY);
        assert_eq!(
            large.ranks_by_score(least, excluded),
            small.ranks_by_score(least, excluded)
        );
    }
    assert_eq!(large.rank(b"nosuch"), None);
    assert_eq!(large.ranks_by_lex(LexBound::Least, LexBound::Greatest), 0..all.len());
}

/// States of many parts, with heads of all kinds.
fn many() -> impl Strategy<Value = Model> {
    (models(), many_part_models(0..400)).prop_map(|(model, parts)| {
        let generation = model.generation;
        let parts = parts.into_iter().map(|(id, part)| (id, above(part, generation)));
        Model {
            parts: parts.collect(),
            ..model
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn merging_into_the_large_form_is_merging(
        a in models(),
        others in prop::collection::vec(models(), 1..4),
        up_to in 0..9_u64,
    ) {
        let mut twins = Twins::new(a.bytes());
        for other in &others {
            twins.merge(&other.bytes());
            twins.sweep(Stamp::from_bits(up_to), Stamp::from_bits(up_to / 2));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn merging_many_parts_is_merging(
        a in many(),
        others in prop::collection::vec(many(), 1..4),
        up_tos in prop::collection::vec(0..40_u64, 0..3),
    ) {
        let mut twins = Twins::new(a.bytes());
        for other in &others {
            twins.merge(&other.bytes());
        }
        for up_to in up_tos {
            twins.sweep(Stamp::new(WallMs::new(up_to / 4), (up_to % 4) as u16), Stamp::ZERO);
        }
        let grave = State::tombstone(twins.large.state().max_stamp().next());
        prop_assert!(twins.large.is_outlived_by(&grave));
        twins.merge(&encoded(grave));
        prop_assert!(twins.large.state().parts.is_empty());
    }
}

const NOW: WallMs = WallMs::new(1_763_719_355_123);
const AUTHOR: Author = Author {
    node: 7,
    run_epoch: Stamp::ZERO,
};

/// What commands do to a list.
#[derive(Clone, Debug)]
enum Op {
    Push(End, usize),
    Pop(End, usize),
    Insert(prop::sample::Index, End),
    Delete(prop::sample::Index),
}

fn op() -> impl Strategy<Value = Op> {
    let end = || prop_oneof![Just(End::Front), Just(End::Back)];
    prop_oneof![
        4 => (end(), 1..60_usize).prop_map(|(end, count)| Op::Push(end, count)),
        3 => (end(), 1..50_usize).prop_map(|(end, count)| Op::Pop(end, count)),
        1 => (any::<prop::sample::Index>(), end()).prop_map(|(at, side)| Op::Insert(at, side)),
        1 => any::<prop::sample::Index>().prop_map(Op::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn a_large_list_is_a_list(ops in prop::collection::vec(op(), 1..40)) {
        let mut twins = Twins::new(encoded(State::tombstone(Stamp::ZERO)));
        let mut expected: Vec<u8> = Vec::new();
        for (at, op) in ops.iter().enumerate() {
            let stamp = Stamp::new(WallMs::new(NOW.get() + at as u64), 0);
            let state = found(twins.large.state(), NOW);
            let mut list = ListEdit::new(Edit::new(Kind::List, NOW, stamp, AUTHOR), NOW);
            let view = ListView::new(state, NOW);
            let name_at = |index: usize| view.get(index).map(|element| element.name).unwrap_or_default();
            match *op {
                Op::Push(end, count) => for number in 0..count {
                    let value = number as u8;
                    list.push(state, end, &[value]);
                    expected.insert(if end == End::Front { 0 } else { expected.len() }, value);
                },
                Op::Pop(end, count) => for _ in 0..count {
                    let popped = match end {
                        End::Front => (!expected.is_empty()).then(|| expected.remove(0)),
                        End::Back => expected.pop(),
                    };
                    prop_assert_eq!(list.pop(state, end), popped.map(|value| vec![value]));
                },
                Op::Insert(..) | Op::Delete(_) if expected.is_empty() => {}
                Op::Insert(index, side) => {
                    let index = index.index(expected.len());
                    list.insert(state, name_at(index), side, b"i");
                    expected.insert(index + usize::from(side == End::Back), b'i');
                }
                Op::Delete(index) => {
                    let index = index.index(expected.len());
                    prop_assert!(list.delete(state, name_at(index)));
                    expected.remove(index);
                }
            }
            let mut delta = Vec::new();
            if list.edit().finish(state, &mut delta) {
                twins.merge(&delta);
            }
            let values: Vec<u8> = ListView::new(twins.large.state(), NOW).iter().map(|element| element.value[0]).collect();
            prop_assert_eq!(&values, &expected);
        }
    }
}

#[test]
fn what_is_looked_for_is_found_without_scanning() {
    // A scan of 20,000 for each of 20,000 would take minutes.
    let mut edit = Edit::new(Kind::Set, NOW, Stamp::new(NOW, 0), AUTHOR);
    for number in 0..20_000 {
        edit.set(State::ABSENT, format!("member:{number}").as_bytes(), b"", None);
    }
    let mut delta = Vec::new();
    edit.finish(State::ABSENT, &mut delta);
    let mut large = Collection::new(KEY_HASH, view(&delta));
    for number in 0..20_000 {
        let member = format!("member:{}", number * 2);
        let state = large.state();
        let set = SetView::new(state, NOW);
        assert_eq!(set.contains(member.as_bytes()), number < 10_000);
        let mut edit = Edit::new(Kind::Set, NOW, Stamp::new(NOW, 1), AUTHOR);
        edit.delete(state, member.as_bytes());
        assert_eq!(edit.len_after(set.len()), 20_000 - (number + 1).min(10_000));
        let mut delta = Vec::new();
        if edit.finish(state, &mut delta) {
            large.apply(view(&delta));
        }
    }
    assert_eq!(SetView::new(large.state(), NOW).len(), 10_000);
    assert_eq!(large.state().parts.len(), 20_000, "the deleted ones are remembered");
    large.check_invariants();
}

/// Memory a part, beyond its name and value, of so many parts of a type.
fn bytes_beyond(kind: Kind, count: usize, value: &[u8]) -> usize {
    let stamp = Stamp::new(NOW, 0);
    let mut edit = Edit::new(kind, NOW, stamp, AUTHOR);
    let mut named = 0;
    for number in 0..count {
        let name = format!("part:{number:011}");
        named += name.len() + value.len();
        edit.set(State::ABSENT, name.as_bytes(), value, None);
    }
    let mut delta = Vec::new();
    edit.finish(State::ABSENT, &mut delta);
    // One after the other, as commands add them.
    let mut large = Collection::new(KEY_HASH, State::tombstone(Stamp::ZERO));
    let all = view(&delta);
    let mut parts: Vec<_> = all.parts.iter().collect();
    parts.sort_unstable_by_key(|part| part.name);
    for part in parts {
        let mut one = PartsBuf::new();
        one.push(part);
        let parts = one.as_parts();
        large.apply(State { parts, ..all });
    }
    large.check_invariants();
    (large.memory_bytes() - named) / count
}

#[test]
fn a_part_of_a_large_collection_costs_some_sixty_bytes() {
    let costs = [
        bytes_beyond(Kind::Hash, 20_000, &[b'x'; 32]),
        bytes_beyond(Kind::Set, 20_000, b""),
        bytes_beyond(Kind::SortedSet, 20_000, &[0; 8]),
        bytes_beyond(Kind::Hash, 33, &[b'x'; 32]),
    ];
    assert!(
        costs[0] <= 60 && costs[1] <= 60 && costs[2] <= 90 && costs[3] <= 105,
        "{costs:?}"
    );
}
