//! The tree against a sorted vector.

use proptest::prelude::*;

use super::*;

/// An item: its place in the order, and whether it counts.
type Item = (u16, bool);

/// How many count, and the greatest number there is: one that can be taken back, one that cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sum {
    counting: usize,
    greatest: u16,
}

impl Tally for Sum {
    const NONE: Self = Self {
        counting: 0,
        greatest: 0,
    };

    fn plus(self, other: Self) -> Self {
        Self {
            counting: self.counting + other.counting,
            greatest: self.greatest.max(other.greatest),
        }
    }

    fn changed(self, old: Self, new: Self) -> Option<Self> {
        let greatest = if new.greatest >= self.greatest {
            new.greatest
        } else if old.greatest < self.greatest {
            self.greatest
        } else {
            return None;
        };
        Some(Self {
            counting: self.counting - old.counting + new.counting,
            greatest,
        })
    }
}

fn sum_of(item: &Item) -> Sum {
    Sum {
        counting: usize::from(item.1),
        greatest: item.0,
    }
}

fn by_number(number: u16) -> impl Fn(&Item) -> Ordering {
    move |item| item.0.cmp(&number)
}

#[derive(Clone, Copy, Debug)]
struct Counting {
    /// Tallies are not looked at: every item is.
    is_blind: bool,
}

impl Filter<Item, Sum> for Counting {
    fn count(&self, tally: &Sum) -> Option<usize> {
        (!self.is_blind).then_some(tally.counting)
    }

    fn admits(&self, item: &Item) -> bool {
        item.1
    }
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u16, bool),
    /// So many in a row upwards or downwards, as pushes on a list are.
    Push(u16, bool),
    Remove(prop::sample::Index),
    RemoveRun(prop::sample::Index, usize),
    Turn(prop::sample::Index),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        10 => (any::<u16>(), any::<bool>()).prop_map(|(number, counts)| Op::Insert(number, counts)),
        2 => (1..30_u16, any::<bool>()).prop_map(|(count, up)| Op::Push(count, up)),
        6 => any::<prop::sample::Index>().prop_map(Op::Remove),
        1 => (any::<prop::sample::Index>(), 1..60_usize).prop_map(|(at, count)| Op::RemoveRun(at, count)),
        4 => any::<prop::sample::Index>().prop_map(Op::Turn),
    ];
    prop::collection::vec(op, 0..200)
}

/// A tree with nodes of 8, and what it should hold.
struct Twins {
    tree: CountedTree<Item, Sum, 8>,
    items: Vec<Item>,
}

impl Twins {
    fn insert(&mut self, number: u16, counts: bool) {
        if let Err(at) = self.items.binary_search_by(by_number(number)) {
            self.items.insert(at, (number, counts));
            self.tree.insert((number, counts), by_number(number), sum_of);
        }
    }

    fn remove(&mut self, at: usize) {
        let item = self.items.remove(at);
        assert_eq!(self.tree.remove(by_number(item.0), sum_of), Some(item));
        assert_eq!(self.tree.remove(by_number(item.0), sum_of), None, "it is gone");
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Insert(number, counts) => self.insert(number, counts),
            Op::Push(count, true) => (0..count).for_each(|_| {
                let last = self.items.last().map_or(30_000, |item| item.0);
                self.insert(last.saturating_add(1), true);
            }),
            Op::Push(count, false) => (0..count).for_each(|_| {
                let first = self.items.first().map_or(30_000, |item| item.0);
                self.insert(first.saturating_sub(1), false);
            }),
            Op::Remove(_) | Op::RemoveRun(..) | Op::Turn(_) if self.items.is_empty() => {}
            Op::Remove(at) => self.remove(at.index(self.items.len())),
            Op::RemoveRun(at, count) => {
                let at = at.index(self.items.len());
                (0..count.min(self.items.len() - at)).for_each(|_| self.remove(at));
            }
            Op::Turn(at) => {
                let at = at.index(self.items.len());
                let item = &mut self.items[at];
                let old = sum_of(item);
                item.1 = !item.1;
                let new = sum_of(item);
                self.tree
                    .change(by_number(item.0), (old, new), sum_of, |item| item.1 = !item.1);
            }
        }
    }

    fn check(&self, number: u16) {
        self.tree.check_invariants(|a, b| a.0.cmp(&b.0), sum_of);
        let items = &self.items;
        assert!(self.tree.iter(All).eq(items), "the same items");
        assert_eq!(self.tree.len(), items.len());
        let before = items.partition_point(|item| item.0 < number);
        let found = items.get(before).filter(|item| item.0 == number);
        assert_eq!(self.tree.find(by_number(number)), found);
        assert_eq!(self.tree.last_before(by_number(number)), items[..before].last());
        assert!(self.tree.iter_from(by_number(number), All).eq(&items[before..]));
        for filter in [Counting { is_blind: false }, Counting { is_blind: true }] {
            let counting = |items: &[Item]| items.iter().filter(|item| item.1).copied().collect::<Vec<Item>>();
            let all = counting(items);
            assert!(self.tree.iter(filter).eq(&all));
            assert_eq!(self.tree.last(&filter), all.last());
            let counting_before = counting(&items[..before]).len();
            assert_eq!(self.tree.count_before(by_number(number), &filter), counting_before);
            assert!(
                self.tree
                    .iter_from_nth(counting_before, filter)
                    .eq(&all[counting_before..])
            );
            assert_eq!(self.tree.iter_from_nth(all.len(), filter).next(), None);
        }
    }
}

proptest! {
    #[test]
    fn the_tree_is_a_sorted_vector_that_counts(ops in ops(), numbers in prop::collection::vec(any::<u16>(), 1..5)) {
        let mut twins = Twins { tree: CountedTree::new(), items: Vec::new() };
        for (at, op) in ops.iter().enumerate() {
            twins.apply(op);
            if at % 16 == 0 {
                twins.check(numbers[at % numbers.len()]);
            }
        }
        for &number in numbers.iter().chain(twins.items.clone().first().map(|item| &item.0)) {
            twins.check(number);
        }
        while !twins.items.is_empty() {
            twins.remove(numbers[0] as usize % twins.items.len());
        }
        twins.check(7);
        prop_assert_eq!(twins.tree.memory_bytes(), 0);
    }
}

#[test]
fn what_is_only_pushed_fills_its_nodes() {
    for is_back in [true, false] {
        let mut tree: CountedTree<Item, Sum, 64> = CountedTree::new();
        for pushed in 0..20_000_u16 {
            let number = if is_back { pushed } else { 20_000 - pushed };
            tree.insert((number, true), by_number(number), sum_of);
        }
        let least = 20_000 * size_of::<Item>();
        assert!(
            tree.memory_bytes() < least * 3 / 2,
            "{} bytes for {least}",
            tree.memory_bytes()
        );
    }
}
