//! In which parts two collections differ: what changed from one to the next, in less time than it takes to look at both.

use std::cmp::Ordering;

use super::encoded_part::EncodedPart;
use super::{Part, Parts};

impl Parts<'_> {
    /// Visits the parts that are not the same in `old` and `new`: each as it is in `old`, if it is there, and in `new`, if it is there. Of parts
    /// that are not kept encoded, all.
    pub fn for_each_difference(
        old: Parts<'_>,
        new: Parts<'_>,
        mut visit: impl FnMut(Option<Part<'_>>, Option<Part<'_>>),
    ) {
        let (Some(mut olds), Some(mut news)) = (old.encoded(), new.encoded()) else {
            old.iter().for_each(|part| visit(Some(part), None));
            new.iter().for_each(|part| visit(None, Some(part)));
            return;
        };
        loop {
            let (old_rest, new_rest) = (olds, news);
            match (olds.next(), news.next()) {
                (None, None) => return,
                (Some(old), Some(new)) if old.bytes == new.bytes => continue,
                (Some(old), Some(new)) => match order(&old, &new) {
                    Ordering::Less => {
                        visit(Some(old.part()), None);
                        news = new_rest;
                    }
                    Ordering::Equal => visit(Some(old.part()), Some(new.part())),
                    Ordering::Greater => {
                        visit(None, Some(new.part()));
                        olds = old_rest;
                    }
                },
                (old, new) => visit(old.map(|old| old.part()), new.map(|new| new.part())),
            }
            // As a rule one part has changed, and here both are the same to the end.
            if olds.bytes() == news.bytes() {
                return;
            }
        }
    }
}

fn order(old: &EncodedPart<'_>, new: &EncodedPart<'_>) -> Ordering {
    if old.is(new.kind(), new.name) {
        Ordering::Equal
    } else {
        old.id().cmp(&new.id())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stamp::Stamp;
    use crate::state::{Kind, PartId, PartsBuf};

    fn parts(of: &[(u8, u64)]) -> PartsBuf {
        let mut named: Vec<(String, u64)> = of.iter().map(|(name, stamp)| (format!("m{name}"), *stamp)).collect();
        named.sort_by_key(|(name, _)| (PartId::new(Kind::Set, name.as_bytes()).hash, name.clone()));
        named.dedup_by_key(|(name, _)| name.clone());
        let mut parts = PartsBuf::new();
        for (name, stamp) in &named {
            parts.push(Part::deleted(Kind::Set, name.as_bytes(), Stamp::from_bits(*stamp)));
        }
        parts
    }

    proptest! {
        #[test]
        fn what_is_visited_makes_one_of_the_other_and_nothing_else_is_visited(
            old in proptest::collection::vec((0u8..12, 1u64..4), 0..12),
            new in proptest::collection::vec((0u8..12, 1u64..4), 0..12),
        ) {
            let (old, new) = (parts(&old), parts(&new));
            let (old, new) = (old.as_parts(), new.as_parts());
            let mut made: Vec<Part<'_>> = old.iter().collect();
            Parts::for_each_difference(old, new, |was, is| {
                assert_ne!(was, is);
                if let Some(was) = was {
                    let at = made.iter().position(|part| *part == was).expect("it was there");
                    made.remove(at);
                }
                if let Some(is) = is {
                    let is = new.find(is.kind, is.name).expect("it is there");
                    made.push(is);
                }
            });
            made.sort_by_key(Part::id);
            prop_assert_eq!(made, new.iter().collect::<Vec<_>>());
        }
    }
}
