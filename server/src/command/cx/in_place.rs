//! Writes of one part to a small collection, most of all writes to collections; and counters that are raised, as most that are counted are.
//!
//! Where an edit looks for the entry and for the part several times and gathers what it is told, this does it all in one look, and changes the entry
//! where it is. For what is not as most are (large, not uniform, not there, of another type) it says so having done nothing, and an edit or
//! [`mutate::incr`] does it.

use circlet_core::clock::ArcClock;
use circlet_core::mutate::{self, Author, End, ToWrite};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Kind, Spot, score_bytes};
use circlet_core::time::WallMs;

use super::KeyCx;
use super::hyperloglog::is_hyperloglog_uniform;

/// What a write of one part found.
#[derive(Clone, Copy, Debug)]
struct Found<T> {
    /// What was asked of the part.
    part: T,
    /// How many parts there were.
    len: usize,
}

/// How a part is named that is to be written.
#[derive(Clone, Copy)]
enum Name<'a> {
    Given(&'a [u8]),
    /// As the next element at one end of a list.
    Pushed(Author, End),
}

impl KeyCx<'_> {
    /// Writes a field of a hash, which does not expire then; says whether it is new. `None`: nothing was done, use an edit.
    pub fn set_field(&mut self, name: &[u8], value: &[u8]) -> Option<bool> {
        let found = self.write_one(Kind::Hash, Name::Given(name), value, |spot| !spot.is_taken(), |_| true);
        found.map(|found| found.part)
    }

    /// Adds a member to a set; says whether it is new. `None`: nothing was done, use an edit.
    pub fn add_member(&mut self, member: &[u8]) -> Option<bool> {
        // One that is there already is not written again.
        let found = self.write_one(
            Kind::Set,
            Name::Given(member),
            b"",
            |spot| !spot.is_taken(),
            |is_new| *is_new,
        );
        found.map(|found| found.part)
    }

    /// Writes a member's score, which must be a number or infinite, and answers the one that it had, if it had one. `None`: nothing was done,
    /// use an edit.
    pub fn set_score(&mut self, member: &[u8], score: f64) -> Option<Option<f64>> {
        debug_assert!(!score.is_nan(), "a score is a number");
        // The score that it has already is not written again.
        let found = self.write_one(
            Kind::SortedSet,
            Name::Given(member),
            &score_bytes(score),
            |spot| spot.score(),
            |before| *before != Some(score),
        );
        found.map(|found| found.part)
    }

    /// Adds an element at one end of a list, and answers how many there are. `None`: nothing was done, use an edit.
    pub fn push_one(&mut self, end: End, value: &[u8]) -> Option<usize> {
        let name = Name::Pushed(self.writer.author, end);
        let found = self.write_one(Kind::List, name, value, |_| (), |()| true);
        found.map(|found| found.len + 1)
    }

    /// Writes a part, if what `ask` makes of the one that is there is `wanted`. `None` if it was wanted and nothing was done.
    #[inline]
    fn write_one<T>(
        &mut self,
        kind: Kind,
        name: Name<'_>,
        value: &[u8],
        ask: impl FnOnce(&Spot<'_>) -> T,
        wanted: impl FnOnce(&T) -> bool,
    ) -> Option<Found<T>> {
        let (now, is_delta_wanted) = (self.writer.now, self.delta.is_wanted());
        let mut draft = self.delta.take_draft();
        let (to, mut stamp) = (&mut draft, Stamp::ZERO);
        let (mut found, mut is_wanted) = (None, false);
        let is_written = self.shard.change_uniform(&self.key, |uniform, clock| {
            if uniform.kind() != kind || !uniform.is_live(now) || is_hyperloglog_uniform(&uniform) {
                return None;
            }
            let pushed;
            let (name, spot) = match name {
                Name::Given(name) => (name, uniform.spot(name)),
                Name::Pushed(author, end) => {
                    let (name, spot) = mutate::pushed(&uniform, author, end);
                    pushed = name;
                    (&pushed[..], spot)
                }
            };
            let asked = ask(&spot);
            is_wanted = wanted(&asked);
            found = Some(Found {
                part: asked,
                len: uniform.len(),
            });
            if !is_wanted {
                return None;
            }
            with_stamp(clock, now, |next| {
                stamp = next;
                mutate::write_part(&spot, ToWrite { kind, name, value }, stamp, is_delta_wanted, to)
            })
        });
        self.note_patch(is_written, draft, stamp);
        found.filter(|_| is_written || !is_wanted)
    }

    /// Adds to a counter to which this node has added before, and answers the sum. `None`: nothing was done, use [`mutate::incr`].
    pub(super) fn raise_counter(&mut self, by: i64) -> Option<i64> {
        let (now, author) = (self.writer.now, self.writer.author);
        let mut draft = self.delta.take_draft();
        let (to, mut stamp, mut sum) = (&mut draft, Stamp::ZERO, None);
        let is_raised = self.shard.change_in_place(&self.key, |state, clock| {
            with_stamp(clock, now, |next| {
                stamp = next;
                let (raised, patch) = mutate::raise(state, now, stamp, author, by, to)?;
                sum = Some(raised);
                Some(patch)
            })
        });
        self.note_patch(is_raised, draft, stamp);
        sum.filter(|_| is_raised)
    }

    /// The draft of a patch is used no more; if it was made, it is what was changed at `stamp`.
    #[inline]
    fn note_patch(&mut self, is_made: bool, mut draft: Vec<u8>, stamp: Stamp) {
        if is_made {
            self.delta.add_draft(&mut draft, stamp);
        }
        self.delta.keep_draft(draft);
    }
}

/// What `make` makes with a stamp above all that is there, which is taken if it makes anything.
#[inline]
fn with_stamp<T>(clock: &mut ArcClock, now: WallMs, make: impl FnOnce(Stamp) -> Option<T>) -> Option<T> {
    let mut next = *clock;
    let made = make(next.stamp(now));
    if made.is_some() {
        *clock = next;
    }
    made
}

#[cfg(test)]
mod tests {
    use circlet_core::state::State;
    use circlet_ring::ArcCount;
    use proptest::prelude::*;

    use super::super::{Delta, Expiry, Writer};
    use super::*;
    use crate::store::{HashedKey, Store};

    /// A node, and what its command on the key answered and changed.
    struct Node {
        store: Store,
        now: u64,
    }

    #[derive(Clone, Debug)]
    enum Op {
        Set(u8, Vec<u8>),
        Add(u8),
        Score(u8, u8),
        Push(bool, Vec<u8>),
        Delete(u8),
        Expire(Option<u64>),
        Clear,
        String(&'static [u8]),
        Incr(i64),
    }

    fn ops() -> impl Strategy<Value = Vec<Op>> {
        let value = || prop::collection::vec(any::<u8>(), 0..100);
        let own = prop_oneof![
            1 => (0..40_u8).prop_map(Op::Delete),
            2 => prop::option::of(0..30_u64).prop_map(Op::Expire),
            1 => Just(Op::Clear),
            1 => prop_oneof![Just(&b"string"[..]), Just(&b"10"[..]), Just(&b"9223372036854775807"[..])].prop_map(Op::String),
        ];
        let writes = prop_oneof![
            Just(
                (0..12_u8, value())
                    .prop_map(|(name, value)| Op::Set(name, value))
                    .boxed()
            ),
            Just((0..40_u8).prop_map(Op::Add).boxed()),
            Just(
                (0..12_u8, 0..5_u8)
                    .prop_map(|(name, score)| Op::Score(name, score))
                    .boxed()
            ),
            Just(
                (any::<bool>(), value())
                    .prop_map(|(front, value)| Op::Push(front, value))
                    .boxed()
            ),
            Just(
                prop_oneof![8 => -3..4_i64, 1 => Just(i64::MAX), 1 => Just(i64::MIN)]
                    .prop_map(Op::Incr)
                    .boxed()
            ),
        ];
        // One type has most of the writes.
        (writes.clone(), writes).prop_flat_map(move |(most, some)| {
            prop::collection::vec(prop_oneof![30 => most, 1 => some, 1 => own.clone()], 1..60)
        })
    }

    impl Node {
        fn on<T>(&mut self, command: impl FnOnce(&mut KeyCx<'_>) -> T) -> (T, Vec<u8>, u64) {
            self.now += 1;
            let writer = Writer {
                now: WallMs::new(self.now),
                author: Author {
                    node: 7,
                    run_epoch: Stamp::ZERO,
                },
                buries_absent: true,
                asks_if_expired: false,
            };
            let key = HashedKey::new(b"key");
            let mut delta = Delta::default();
            let mut shard = self.store.lock(key.arc(self.store.arcs()));
            let answer = command(&mut KeyCx::new(&mut shard, key, writer, &mut delta));
            shard.check_invariants();
            (answer, delta.as_bytes().to_vec(), shard.digest())
        }

        /// Does it as commands do, or by an edit alone; none if the key is of another type.
        fn apply(&mut self, op: &Op, by_edit: bool) -> (Option<usize>, Vec<u8>, u64) {
            self.on(|cx| match op {
                Op::Set(name, value) => {
                    let done = if by_edit { None } else { cx.set_field(&[*name], value) };
                    done.map_or_else(
                        || {
                            let mut edit = cx.edit_hash().ok()?;
                            let is_new = edit.set(&[*name], value);
                            edit.commit();
                            Some(is_new.into())
                        },
                        |is_new| Some(is_new.into()),
                    )
                }
                Op::Add(member) => {
                    let done = if by_edit { None } else { cx.add_member(&[*member]) };
                    done.map_or_else(
                        || {
                            let mut edit = cx.edit_set().ok()?;
                            let is_new = edit.add(&[*member]);
                            edit.commit();
                            Some(is_new.into())
                        },
                        |is_new| Some(is_new.into()),
                    )
                }
                Op::Score(member, score) => {
                    let score = f64::from(*score);
                    let done = if by_edit { None } else { cx.set_score(&[*member], score) };
                    let before = done.map_or_else(
                        || {
                            let mut edit = cx.edit_sorted_set().ok()?;
                            let before = edit.score(&[*member]);
                            edit.set(&[*member], score);
                            edit.commit();
                            Some(before)
                        },
                        Some,
                    );
                    before.map(|before| before.map_or(0, |before| 1 + before as usize))
                }
                Op::Push(to_front, value) => {
                    let end = if *to_front { End::Front } else { End::Back };
                    let done = if by_edit { None } else { cx.push_one(end, value) };
                    done.or_else(|| {
                        let mut edit = cx.edit_list().ok()?;
                        edit.push(end, value);
                        let len = edit.len();
                        edit.commit();
                        Some(len)
                    })
                }
                Op::Delete(name) => {
                    let mut edit = cx.edit_hash().ok()?;
                    let existed = edit.delete(&[*name]);
                    edit.commit();
                    Some(existed.into())
                }
                Op::Expire(_) | Op::Clear | Op::String(_) | Op::Incr(_) => on_whole(cx, op, by_edit),
            })
        }
    }

    /// What is not done to a part.
    fn on_whole(cx: &mut KeyCx<'_>, op: &Op, by_edit: bool) -> Option<usize> {
        match op {
            Op::Expire(after) => {
                let at = after.map(|after| WallMs::new(cx.now().get() + after));
                cx.expire_at(at);
                None
            }
            Op::Clear => cx.delete().ok().map(usize::from),
            Op::String(text) => {
                cx.set(text, Expiry::None);
                None
            }
            Op::Incr(by) => {
                let sum = if by_edit { cx.incr_any(*by) } else { cx.incr_by(*by) };
                sum.ok().map(|sum| sum.cast_unsigned() as usize)
            }
            Op::Set(..) | Op::Add(_) | Op::Score(..) | Op::Push(..) | Op::Delete(_) => None,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_in_place_is_what_is_written_otherwise(ops in ops()) {
            let [mut one, mut other, replica] = [(); 3].map(|()| Node { store: Store::new(ArcCount::DEFAULT), now: 1_763_719_355_123 });
            let key = HashedKey::new(b"key");
            let arc = key.arc(replica.store.arcs());
            for op in &ops {
                let (answer, delta, digest) = one.apply(op, false);
                let (edit_answer, edit_delta, edit_digest) = other.apply(op, true);
                prop_assert_eq!((answer, digest), (edit_answer, edit_digest), "{:?}", op);
                prop_assert_eq!(&delta, &edit_delta, "{:?}", op);
                if !delta.is_empty() {
                    let mut replica = replica.store.lock(arc);
                    replica.merge(&key, State::decode(&delta).unwrap());
                    replica.check_invariants();
                    prop_assert_eq!(replica.digest(), digest);
                }
            }
        }
    }

    #[test]
    fn most_writes_to_small_collections_are_of_one_part() {
        let mut node = Node {
            store: Store::new(ArcCount::DEFAULT),
            now: 1_763_719_355_123,
        };
        let push = Op::Push(true, vec![b'v'; 64]);
        node.apply(&push, true);
        for len in 2..=32_usize {
            let (answer, ..) = node.on(|cx| cx.push_one(End::Front, &[b'v'; 64]));
            assert_eq!(answer, Some(len));
        }
        let (answer, ..) = node.on(|cx| cx.push_one(End::Front, b"v"));
        assert_eq!(answer, None, "33 are many");
        let (answer, ..) = node.on(|cx| cx.set_field(b"field", b"v"));
        assert_eq!(answer, None, "it is a list");
    }
}
