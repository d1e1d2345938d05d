//! Commands that write one part of a small collection: HSET of a field, SADD of a member, ZADD of a score, LPUSH of an element.
//!
//! They are most of all writes to collections, and find the part once, to answer with, and to write it where it stands. What comes out is what an
//! [`Edit`](super::Edit) with this one change makes: the test below holds the two against each other.

use super::{Author, End, OrderKey, OrderKeys};
use crate::stamp::Stamp;
use crate::state::{Kind, Patch, Spot, Uniform};

/// One part that is to be written, which never expires.
#[derive(Clone, Copy, Debug)]
pub struct ToWrite<'a> {
    /// Of which type the collection is.
    pub kind: Kind,
    /// Its name.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
}

/// Writes `part`, whose place is `spot`, at `stamp`, which must be above all that was found, in a collection that has not expired: appends the encoded
/// delta to `delta`, or the part alone if nobody is to get the delta, and answers what changes where.
///
/// None if that takes more than to put the part in its place; what `delta` has then is not to be used.
#[must_use]
#[inline]
pub fn write_part<'l, 'd>(
    spot: &Spot<'l>,
    part: ToWrite<'_>,
    stamp: Stamp,
    is_delta_wanted: bool,
    delta: &'d mut Vec<u8>,
) -> Option<Patch<'l, 'd>> {
    if spot.was_added_to() {
        return None;
    }
    spot.write((part.kind, part.name, part.value), stamp, is_delta_wanted, delta)
}

/// The name of an element that `author` pushes at one end of a list, and where it goes.
#[must_use]
#[inline]
pub fn pushed<'l>(found: &Uniform<'l>, author: Author, end: End) -> (OrderKey, Spot<'l>) {
    let outermost = match end {
        End::Front => found.first_name(),
        End::Back => found.last_name(),
    };
    let name = OrderKeys::new(author, found.generation()).beyond(end, outermost);
    (name, found.spot_beyond(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutate::{Edit, ListEdit};
    use crate::state::{State, score_bytes};
    use crate::time::WallMs;

    const NOW: WallMs = WallMs::new(1_763_719_355_123);
    const AUTHOR: Author = Author {
        node: 1,
        run_epoch: Stamp::ZERO,
    };

    /// What an edit at this millisecond makes of `found`.
    fn edited(found: State<'_>, kind: Kind, at: u64, change: impl FnOnce(&mut Edit)) -> Vec<u8> {
        let mut edit = Edit::new(kind, NOW, Stamp::new(WallMs::new(NOW.get() + at), 0), AUTHOR);
        change(&mut edit);
        let mut delta = Vec::new();
        edit.finish(found, &mut delta);
        delta
    }

    fn value_of(kind: Kind, number: u8) -> Vec<u8> {
        match kind {
            Kind::Set => Vec::new(),
            Kind::SortedSet => score_bytes(number.into()).to_vec(),
            Kind::String | Kind::List | Kind::Hash => vec![b'v'; number.into()],
        }
    }

    /// Name, value and a number to be added, of parts.
    type Parts = std::collections::BTreeMap<u8, (u8, Option<u8>)>;

    /// A collection of these parts, known to be uniform. The numbers are added where the type has such.
    fn collection(kind: Kind, parts: &Parts, expires_at: Option<WallMs>) -> Vec<u8> {
        let stamp = Stamp::new(NOW, 0);
        let mut edit = Edit::replacing(kind, NOW, stamp, AUTHOR, expires_at);
        for (name, (value, _)) in parts {
            edit.set(State::ABSENT, &[*name], &value_of(kind, *value), None);
        }
        let mut before = Vec::new();
        edit.finish(State::ABSENT, &mut before);
        let found = State::decode(&before).unwrap();
        let delta = edited(found, kind, 1, |edit| {
            for (name, (_, added)) in parts {
                if let (Kind::SortedSet, Some(added)) = (kind, added) {
                    edit.incr_score(found, &[*name], (*added).into()).unwrap();
                }
            }
        });
        let mut both = Vec::new();
        if !delta.is_empty() {
            let merged = crate::state::merge(found, State::decode(&delta).unwrap(), &mut both);
            assert!(merged.changed());
        }
        if both.is_empty() { before } else { both }
    }

    proptest! {
        #[test]
        fn one_part_is_written_as_an_edit_writes_it(
            kind in prop::sample::select(vec![Kind::List, Kind::Set, Kind::SortedSet, Kind::Hash]),
            // Too short for an index.
            parts in prop::collection::btree_map(1..12_u8, (0..30_u8, prop::option::weighted(0.2, 1..5_u8)), 1..10),
            (name, value) in (1..13_u8, 0..90_u8),
            expires in prop::option::weighted(0.3, 0..99_u64),
        ) {
            let found = collection(kind, &parts, expires.map(|after| WallMs::new(NOW.get() + after)));
            let uniform = Uniform::decode(&found, None).unwrap();
            let found = State::decode(&found).unwrap().with_uniform_parts(None);
            let (name, value) = (&[name][..], &value_of(kind, value)[..]);
            let expected = edited(found, kind, 2, |edit| {
                edit.set(found, name, value, None);
            });
            let expected = State::decode(&expected).unwrap();

            let spot = uniform.spot(name);
            prop_assert_eq!(spot.part(), found.parts.find(kind, name));
            let stamp = Stamp::new(WallMs::new(NOW.get() + 2), 0);
            let part = ToWrite { kind, name, value };
            let (mut delta, mut alone) = (Vec::new(), Vec::new());
            let patch = write_part(&spot, part, stamp, true, &mut delta);
            prop_assert_eq!(patch, found.patched_by(expected));
            prop_assert_eq!(patch, write_part(&spot, part, stamp, false, &mut alone), "it is the same whether or not the delta is wanted");
            let was_added_to = spot.part().is_some_and(|part| !part.state.runs.is_empty());
            prop_assert_eq!(patch.is_none(), was_added_to);
            if patch.is_some() {
                prop_assert_eq!(State::decode(&delta).unwrap(), expected);
            }
        }

        #[test]
        fn an_element_is_named_as_an_edit_names_it(parts in prop::collection::btree_map(1..255_u8, Just((1, None)), 1..9), to_front: bool) {
            let found = collection(Kind::List, &parts, None);
            let uniform = Uniform::decode(&found, None).unwrap();
            let found = State::decode(&found).unwrap();
            let end = if to_front { End::Front } else { End::Back };
            let stamp = Stamp::new(WallMs::new(NOW.get() + 2), 0);
            let mut edit = ListEdit::new(Edit::new(Kind::List, NOW, stamp, AUTHOR), NOW);
            edit.push(found, end, b"value");
            let mut delta = Vec::new();
            edit.edit().finish(found, &mut delta);
            let (name, spot) = pushed(&uniform, AUTHOR, end);
            let part = ToWrite { kind: Kind::List, name: &name, value: b"value" };
            let [mut there, mut found_there] = [Vec::new(), Vec::new()];
            prop_assert_eq!(
                write_part(&spot, part, stamp, true, &mut there),
                write_part(&uniform.spot(&name), part, stamp, true, &mut found_there),
                "it goes where a walk finds that it goes"
            );
            let delta = State::decode(&delta).unwrap();
            prop_assert_eq!(delta.parts.iter().map(|part| part.name).collect::<Vec<_>>(), vec![&name[..]]);
        }
    }
}
