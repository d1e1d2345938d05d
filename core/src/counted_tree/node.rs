//! The nodes of the tree, and what becomes of them.

use std::cmp::Ordering;

use super::{Filter, Tally};

/// A leaf or what leads to leaves.
///
/// Invariant: vectors have a capacity of `MAX`, but for the first leaf, which grows up to that as vectors do; no node but the root is
/// empty.
pub(super) enum Node<T, S, const MAX: usize> {
    Leaf(Vec<T>),
    Inner(Vec<Child<T, S, MAX>>),
}

/// A node as its parent knows it.
pub(super) struct Child<T, S, const MAX: usize> {
    /// A copy of the first item below.
    pub(super) first: T,
    /// What the items below come to.
    pub(super) tally: S,
    pub(super) node: Node<T, S, MAX>,
}

/// How many nodes there are that have memory of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) leaves: usize,
    pub(super) inners: usize,
}

impl Census {
    pub(super) const fn memory_bytes<T, S, const MAX: usize>(&self) -> usize {
        MAX * (self.leaves * size_of::<T>() + self.inners * size_of::<Child<T, S, MAX>>())
    }
}

impl<T: Copy, S: Tally, const MAX: usize> Child<T, S, MAX> {
    /// `None` if the node is empty.
    pub(super) fn new(node: Node<T, S, MAX>, tally_of: &impl Fn(&T) -> S) -> Option<Self> {
        Some(Self {
            first: *node.first()?,
            tally: node.tally(tally_of),
            node,
        })
    }

    /// How many items below `filter` admits.
    pub(super) fn count(&self, filter: &impl Filter<T, S>) -> usize {
        filter.count(&self.tally).unwrap_or_else(|| self.node.count(filter))
    }

    /// Brings up to date what is known of the node, after an item below went from `old` to `new`.
    fn refresh(&mut self, old: S, new: S, tally_of: &impl Fn(&T) -> S) {
        if let Some(first) = self.node.first() {
            self.first = *first;
        }
        let changed = self.tally.changed(old, new);
        self.tally = changed.unwrap_or_else(|| self.node.tally(tally_of));
    }
}

impl<T: Copy, S: Tally, const MAX: usize> Node<T, S, MAX> {
    pub(super) const EMPTY: Self = Self::Leaf(Vec::new());

    /// The memory that the first leaf lacks of a whole one, in bytes.
    pub(super) fn lacking_bytes(&self) -> usize {
        match self {
            Self::Leaf(items) if items.capacity() > 0 => (MAX - items.capacity()) * size_of::<T>(),
            Self::Leaf(_) | Self::Inner(_) => 0,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Leaf(items) => items.len(),
            Self::Inner(children) => children.len(),
        }
    }

    fn first(&self) -> Option<&T> {
        match self {
            Self::Leaf(items) => items.first(),
            Self::Inner(children) => children.first().map(|child| &child.first),
        }
    }

    pub(super) fn last(&self, filter: &impl Filter<T, S>) -> Option<&T> {
        match self {
            Self::Leaf(items) => items.iter().rfind(|item| filter.admits(item)),
            Self::Inner(children) => {
                let mut admitted = children.iter().rev();
                admitted.find_map(|child| match filter.count(&child.tally) {
                    Some(0) => None,
                    Some(_) | None => child.node.last(filter),
                })
            }
        }
    }

    pub(super) fn tally(&self, tally_of: &impl Fn(&T) -> S) -> S {
        match self {
            Self::Leaf(items) => items.iter().fold(S::NONE, |sum, item| sum.plus(tally_of(item))),
            Self::Inner(children) => children.iter().fold(S::NONE, |sum, child| sum.plus(child.tally)),
        }
    }

    pub(super) fn count(&self, filter: &impl Filter<T, S>) -> usize {
        match self {
            Self::Leaf(items) => items.iter().filter(|item| filter.admits(item)).count(),
            Self::Inner(children) => children.iter().map(|child| child.count(filter)).sum(),
        }
    }

    /// Inserts an item that comes to `added`; answers what had to be split off to the right.
    pub(super) fn insert(
        &mut self,
        item: T,
        added: S,
        probe: &impl Fn(&T) -> Ordering,
        tally_of: &impl Fn(&T) -> S,
        census: &mut Census,
    ) -> Option<Child<T, S, MAX>> {
        let right = match self {
            Self::Leaf(items) => {
                let at = items.partition_point(|other| probe(other).is_lt());
                let is_new = items.is_empty();
                let right = insert_at::<_, MAX>(items, at, item).map(Self::Leaf);
                census.leaves += usize::from(is_new || right.is_some());
                right
            }
            Self::Inner(children) => {
                let at = last_not_after(children, probe);
                let child = &mut children[at];
                let split = child.node.insert(item, added, probe, tally_of, census);
                let Some(split) = split else {
                    child.refresh(S::NONE, added, tally_of);
                    return None;
                };
                child.tally = child.node.tally(tally_of);
                child.refresh(S::NONE, S::NONE, tally_of);
                let right = insert_at::<_, MAX>(children, at + 1, split).map(Self::Inner);
                census.inners += usize::from(right.is_some());
                right
            }
        };
        right.and_then(|right| Child::new(right, tally_of))
    }

    /// Takes an item out; answers it with what it came to.
    pub(super) fn remove(
        &mut self,
        probe: &impl Fn(&T) -> Ordering,
        tally_of: &impl Fn(&T) -> S,
        census: &mut Census,
    ) -> Option<(T, S)> {
        match self {
            Self::Leaf(items) => {
                let at = items.binary_search_by(probe).ok()?;
                let item = items.remove(at);
                if items.is_empty() {
                    *items = Vec::new();
                    census.leaves -= 1;
                }
                Some((item, tally_of(&item)))
            }
            Self::Inner(children) => {
                let at = last_not_after(children, probe);
                let child = children.get_mut(at)?;
                let (item, old) = child.node.remove(probe, tally_of, census)?;
                if child.node.len() == 0 {
                    census.inners -= usize::from(matches!(child.node, Self::Inner(_)));
                    children.remove(at);
                } else {
                    child.refresh(old, S::NONE, tally_of);
                    join_around(children, at, census);
                }
                Some((item, old))
            }
        }
    }

    /// Changes the item that `probe` calls equal from something that comes to `old` to something that comes to `new`.
    pub(super) fn change(
        &mut self,
        probe: &impl Fn(&T) -> Ordering,
        (old, new): (S, S),
        tally_of: &impl Fn(&T) -> S,
        change: impl FnOnce(&mut T),
    ) {
        match self {
            Self::Leaf(items) => {
                let found = items.binary_search_by(probe);
                debug_assert!(found.is_ok(), "what is changed is there");
                if let Some(item) = found.ok().and_then(|at| items.get_mut(at)) {
                    change(item);
                }
            }
            Self::Inner(children) => {
                let at = last_not_after(children, probe);
                if let Some(child) = children.get_mut(at) {
                    child.node.change(probe, (old, new), tally_of, change);
                    child.refresh(old, new, tally_of);
                }
            }
        }
    }

    /// Asserts what a node must be, and all below; counts them and answers what they come to.
    pub(super) fn check_invariants(&self, tally_of: &impl Fn(&T) -> S, census: &mut Census) -> S
    where
        T: PartialEq + std::fmt::Debug,
        S: PartialEq + std::fmt::Debug,
    {
        match self {
            Self::Leaf(items) => {
                census.leaves += usize::from(!items.is_empty());
                assert!(items.capacity() <= MAX, "no larger than a node");
            }
            Self::Inner(children) => {
                census.inners += 1;
                assert_eq!(children.capacity(), MAX, "of one capacity");
                for child in children {
                    assert!(child.node.len() > 0, "no node is empty");
                    assert_eq!(Some(&child.first), child.node.first(), "its first item");
                    assert_eq!(
                        child.tally,
                        child.node.check_invariants(tally_of, census),
                        "a node's tally"
                    );
                }
            }
        }
        self.tally(tally_of)
    }
}

/// The last child that begins not after what `probe` looks for; the first one if all begin after it.
pub(super) fn last_not_after<T, S, const MAX: usize>(
    children: &[Child<T, S, MAX>],
    probe: &impl Fn(&T) -> Ordering,
) -> usize {
    let not_after = children.partition_point(|child| probe(&child.first).is_le());
    not_after.saturating_sub(1)
}

/// Inserts into one node's vector; answers what had to be split off to the right.
fn insert_at<X, const MAX: usize>(items: &mut Vec<X>, at: usize, item: X) -> Option<Vec<X>> {
    if items.len() < MAX {
        items.insert(at, item);
        return None;
    }
    let mut right = Vec::with_capacity(MAX);
    if at == 0 {
        std::mem::swap(items, &mut right);
        items.push(item);
        return Some(right);
    }
    if at == MAX {
        right.push(item);
        return Some(right);
    }
    let middle = MAX / 2;
    right.extend(items.drain(middle..));
    if at <= middle {
        items.insert(at, item);
    } else {
        right.insert(at - middle, item);
    }
    Some(right)
}

/// Joins the child at `at` with a neighbour if both are small.
fn join_around<T: Copy, S: Tally, const MAX: usize>(
    children: &mut Vec<Child<T, S, MAX>>,
    at: usize,
    census: &mut Census,
) {
    if children[at].node.len() >= MAX / 2 {
        return;
    }
    let fits = |left: usize| {
        let right = children.get(left + 1)?;
        (children[left].node.len() + right.node.len() <= MAX * 3 / 4).then_some(left)
    };
    let Some(left) = at.checked_sub(1).and_then(fits).or_else(|| fits(at)) else {
        return;
    };
    let right = children.remove(left + 1);
    let left = &mut children[left];
    left.tally = left.tally.plus(right.tally);
    match (&mut left.node, right.node) {
        (Node::Leaf(left), Node::Leaf(mut right)) => {
            left.append(&mut right);
            census.leaves -= 1;
        }
        (Node::Inner(left), Node::Inner(mut right)) => {
            left.append(&mut right);
            census.inners -= 1;
        }
        _ => debug_assert!(false, "all leaves are equally deep"),
    }
}
