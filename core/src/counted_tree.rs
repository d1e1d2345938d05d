//! A sorted sequence that counts: a B+tree whose nodes know what is below them.
//!
//! ```text
//!   Inner  | first, tally, node | first, tally, node | ...        tally: what all items below come to
//!               |                    `-> Leaf | item | item | ...
//!               `-> Leaf | item | item | item | ...
//! ```
//!
//! Finding, inserting, removing, "how many before this one" and "the n-th" cost a walk from the root to a leaf. What is
//! counted, the reader chooses ([`Filter`]): of a million elements of which half are deleted, the n-th live one is found as
//! quickly, and going through the live ones passes over nodes in which there are none.
//!
//! Items are small and copied; what they stand for is somewhere else. So the order is the caller's too: each call takes a
//! `probe`, which says where an item stands relative to what is looked for, as `binary_search_by` does.
//!
//! A node that overflows is split in the middle, but at the ends of the sequence where something was added, so that what is only
//! pushed fills its nodes. Two neighbours are joined when one has shrunk and both fit into three quarters of a node. So nodes are never
//! empty, and hardly ever less than half full.
//!
//! Refused: a skip list (as Redis has; a pointer and a count an item and level, and a cache miss each); `BTreeMap` (does not count).

mod iter;
mod node;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub(crate) use self::iter::Iter;
use self::node::{Census, Child, Node};

/// What items come to.
pub(crate) trait Tally: Copy {
    /// What no items come to.
    const NONE: Self;

    /// What the items of both come to.
    #[must_use]
    fn plus(self, other: Self) -> Self;

    /// What these items come to after one of them went from `old` to `new`; `None` if that cannot be told without looking at the
    /// others.
    #[must_use]
    fn changed(self, old: Self, new: Self) -> Option<Self>;
}

/// Which items count.
pub(crate) trait Filter<T, S> {
    /// How many of the items that come to `tally` count; `None` if that cannot be told from it.
    fn count(&self, tally: &S) -> Option<usize>;

    /// Whether this one counts.
    fn admits(&self, item: &T) -> bool;
}

/// Everything counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct All;

impl<T, S> Filter<T, S> for All {
    fn count(&self, _: &S) -> Option<usize> {
        None
    }

    fn admits(&self, _: &T) -> bool {
        true
    }
}

/// Items in an order, up to `MAX` in a node: a power of two, as the capacities of growing vectors are.
pub(crate) struct CountedTree<T, S, const MAX: usize = 64> {
    root: Node<T, S, MAX>,
    // Invariant: what all items come to.
    tally: S,
    // Invariant: the number of items.
    len: usize,
    // Invariant: the number of nodes.
    census: Census,
}

impl<T: Copy, S: Tally, const MAX: usize> CountedTree<T, S, MAX> {
    /// Without items.
    pub(crate) fn new() -> Self {
        Self {
            root: Node::EMPTY,
            tally: S::NONE,
            len: 0,
            census: Census::default(),
        }
    }

    /// The number of items, whatever they are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// What all items come to.
    pub(crate) const fn tally(&self) -> &S {
        &self.tally
    }

    /// The memory of the nodes, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.census.memory_bytes::<T, S, MAX>() - self.root.lacking_bytes()
    }

    /// The item that `probe` calls equal.
    pub(crate) fn find(&self, probe: impl Fn(&T) -> Ordering) -> Option<&T> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Inner(children) => node = &children.get(node::last_not_after(children, &probe))?.node,
                Node::Leaf(items) => return items.get(items.binary_search_by(&probe).ok()?),
            }
        }
    }

    /// The last item that stands before what `probe` looks for.
    pub(crate) fn last_before(&self, probe: impl Fn(&T) -> Ordering) -> Option<&T> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Inner(children) => {
                    let before = children.partition_point(|child| probe(&child.first).is_lt());
                    node = &children.get(before.checked_sub(1)?)?.node;
                }
                Node::Leaf(items) => {
                    let before = items.partition_point(|item| probe(item).is_lt());
                    return items.get(before.checked_sub(1)?);
                }
            }
        }
    }

    /// The last item that `filter` admits.
    pub(crate) fn last(&self, filter: &impl Filter<T, S>) -> Option<&T> {
        self.root.last(filter)
    }

    /// How many items that `filter` admits stand before what `probe` looks for.
    pub(crate) fn count_before(&self, probe: impl Fn(&T) -> Ordering, filter: &impl Filter<T, S>) -> usize {
        let mut count = 0;
        let mut node = &self.root;
        loop {
            match node {
                Node::Inner(children) => {
                    let before = children.partition_point(|child| probe(&child.first).is_lt());
                    let Some(at) = before.checked_sub(1) else { return count };
                    count += children[..at].iter().map(|child| child.count(filter)).sum::<usize>();
                    node = &children[at].node;
                }
                Node::Leaf(items) => {
                    let before = items.partition_point(|item| probe(item).is_lt());
                    return count + items[..before].iter().filter(|item| filter.admits(item)).count();
                }
            }
        }
    }

    /// Those that `filter` admits, in their order.
    pub(crate) fn iter<F: Filter<T, S>>(&self, filter: F) -> Iter<'_, T, S, F, MAX> {
        Iter::new(&self.root, filter)
    }

    /// Those that `filter` admits, from what `probe` looks for on.
    pub(crate) fn iter_from<F: Filter<T, S>>(
        &self,
        probe: impl Fn(&T) -> Ordering,
        filter: F,
    ) -> Iter<'_, T, S, F, MAX> {
        Iter::from(&self.root, probe, filter)
    }

    /// Those that `filter` admits, without the first `skipped` of them.
    pub(crate) fn iter_from_nth<F: Filter<T, S>>(&self, skipped: usize, filter: F) -> Iter<'_, T, S, F, MAX> {
        Iter::from_nth(&self.root, skipped, filter)
    }

    /// Puts `item` where `probe` looks, which finds nothing there yet. `tally_of` is the tally of one item.
    pub(crate) fn insert(&mut self, item: T, probe: impl Fn(&T) -> Ordering, tally_of: impl Fn(&T) -> S) {
        let added = tally_of(&item);
        if let Some(right) = self.root.insert(item, added, &probe, &tally_of, &mut self.census) {
            let left = std::mem::replace(&mut self.root, Node::EMPTY);
            let mut children = Vec::with_capacity(MAX);
            children.extend([Child::new(left, &tally_of), Some(right)].into_iter().flatten());
            self.census.inners += 1;
            self.root = Node::Inner(children);
        }
        self.tally = self.tally.plus(added);
        self.len += 1;
    }

    /// Takes the item that `probe` calls equal out. `tally_of` is the tally of one item.
    pub(crate) fn remove(&mut self, probe: impl Fn(&T) -> Ordering, tally_of: impl Fn(&T) -> S) -> Option<T> {
        let (item, old) = self.root.remove(&probe, &tally_of, &mut self.census)?;
        self.retally(old, S::NONE, &tally_of);
        self.len -= 1;
        while let Node::Inner(children) = &mut self.root
            && children.len() <= 1
        {
            self.census.inners -= 1;
            self.root = children.pop().map_or(Node::EMPTY, |child| child.node);
        }
        Some(item)
    }

    /// Changes the item that `probe` calls equal, without moving it, from something that comes to `old` to something that comes to
    /// `new`.
    pub(crate) fn change(
        &mut self,
        probe: impl Fn(&T) -> Ordering,
        (old, new): (S, S),
        tally_of: impl Fn(&T) -> S,
        change: impl FnOnce(&mut T),
    ) {
        self.root.change(&probe, (old, new), &tally_of, change);
        self.retally(old, new, &tally_of);
    }

    /// Asserts the invariants of the tree and its nodes; `order` compares two items.
    pub(crate) fn check_invariants(&self, order: impl Fn(&T, &T) -> Ordering, tally_of: impl Fn(&T) -> S)
    where
        T: PartialEq + std::fmt::Debug,
        S: PartialEq + std::fmt::Debug,
    {
        let mut census = Census::default();
        let tally = self.root.check_invariants(&tally_of, &mut census);
        assert_eq!(tally, self.tally, "the tally of all");
        assert_eq!(census, self.census, "the nodes are counted");
        assert_eq!(self.iter(All).count(), self.len, "the items are counted");
        let items: Vec<&T> = self.iter(All).collect();
        assert!(items.is_sorted_by(|a, b| order(a, b).is_lt()), "in order: {items:?}");
    }

    fn retally(&mut self, old: S, new: S, tally_of: &impl Fn(&T) -> S) {
        let changed = self.tally.changed(old, new);
        self.tally = changed.unwrap_or_else(|| self.root.tally(tally_of));
    }
}
