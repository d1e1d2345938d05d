//! Going through the items that count, from anywhere on.

use std::cmp::Ordering;
use std::slice;

use super::node::{Child, Node};
use super::{Filter, Tally};

/// Items that a filter admits, in their order.
pub(crate) struct Iter<'a, T, S, F, const MAX: usize> {
    filter: F,
    /// What is left of the nodes on the way to the leaf, the root's first.
    above: Vec<slice::Iter<'a, Child<T, S, MAX>>>,
    leaf: slice::Iter<'a, T>,
}

impl<'a, T: Copy, S: Tally, F: Filter<T, S>, const MAX: usize> Iter<'a, T, S, F, MAX> {
    pub(super) fn new(root: &'a Node<T, S, MAX>, filter: F) -> Self {
        let mut iter = Self {
            filter,
            above: Vec::new(),
            leaf: [].iter(),
        };
        iter.enter(root);
        iter
    }

    pub(super) fn from(root: &'a Node<T, S, MAX>, probe: impl Fn(&T) -> Ordering, filter: F) -> Self {
        let mut iter = Self::new(root, filter);
        let mut node = root;
        while let Node::Inner(children) = node {
            let before = children.partition_point(|child| probe(&child.first).is_lt());
            // What is looked for may stand in the last one that begins before it.
            let Some(child) = iter
                .above
                .last_mut()
                .and_then(|left| left.nth(before.saturating_sub(1)))
            else {
                return iter;
            };
            node = &child.node;
            iter.enter(node);
        }
        let before = iter.leaf.as_slice().partition_point(|item| probe(item).is_lt());
        iter.leaf = iter.leaf.as_slice()[before..].iter();
        iter
    }

    pub(super) fn from_nth(root: &'a Node<T, S, MAX>, skipped: usize, filter: F) -> Self {
        let mut iter = Self::new(root, filter);
        let mut left = skipped;
        let mut node = root;
        while let Node::Inner(_) = node {
            let Some(children) = iter.above.last_mut() else { break };
            let filter = &iter.filter;
            let found = children.find(|child| {
                let count = child.count(filter);
                let is_in = left < count;
                left -= if is_in { 0 } else { count };
                is_in
            });
            match found {
                Some(child) => {
                    node = &child.node;
                    iter.enter(node);
                }
                None => return iter,
            }
        }
        if left > 0 {
            iter.nth(left - 1);
        }
        iter
    }

    fn enter(&mut self, node: &'a Node<T, S, MAX>) {
        match node {
            Node::Leaf(items) => self.leaf = items.iter(),
            Node::Inner(children) => self.above.push(children.iter()),
        }
    }
}

impl<'a, T: Copy, S: Tally, F: Filter<T, S>, const MAX: usize> Iterator for Iter<'a, T, S, F, MAX> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        loop {
            let filter = &self.filter;
            if let Some(item) = self.leaf.find(|item| filter.admits(item)) {
                return Some(item);
            }
            let Some(child) = self.above.last_mut()?.next() else {
                self.above.pop();
                continue;
            };
            if self.filter.count(&child.tally) != Some(0) {
                self.enter(&child.node);
            }
        }
    }
}

impl<T, S, F: Clone, const MAX: usize> Clone for Iter<'_, T, S, F, MAX> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            above: self.above.clone(),
            leaf: self.leaf.clone(),
        }
    }
}
