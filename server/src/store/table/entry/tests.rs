use circlet_core::mutate::{Author, Edit};
use circlet_core::state::{Kind as CollectionKind, State};
use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000;
const WRITTEN_MS: u64 = 1_763_719_355_123;

fn stamp() -> Stamp {
    Stamp::new(WallMs::new(WRITTEN_MS), 7)
}

impl Entry {
    pub(crate) fn content(&self) -> Content<'_> {
        match self.held() {
            Held::Content(content) => content,
            Held::Large(collection) => panic!("{collection:?}"),
        }
    }

    pub(crate) fn body(&self) -> Body<'_> {
        self.content().body
    }
}

fn plain(value: &[u8], expiry: Option<u64>) -> Content<'_> {
    Content {
        generation: stamp(),
        expiry: expiry.map(WallMs::new),
        body: Body::Plain(value),
    }
}

#[test]
fn sixteen_and_thirty_two_bytes_take_one_cache_line_with_an_expiry_too() {
    let (key, value) = ([b'k'; 16], [b'v'; 32]);
    let within_49_days = WRITTEN_MS + 49 * 24 * 3600 * SECOND;
    for expiry in [None, Some(WRITTEN_MS), Some(within_49_days)] {
        let entry = Entry::new(&key, &plain(&value, expiry));
        assert_eq!(entry.memory_bytes(), 64, "expiry {expiry:?}");
        assert_eq!(entry.expiry(), expiry.map(WallMs::new));
    }
    assert_eq!(size_of::<Option<Entry>>(), 8);
}

#[test]
fn an_expiry_out_of_the_headers_reach_goes_to_the_extension() {
    let (key, value) = ([b'k'; 16], [b'v'; 32]);
    let far = WRITTEN_MS + 400 * 24 * 3600 * SECOND;
    for expiry in [far, WRITTEN_MS - 1, 0, u64::MAX, WRITTEN_MS + u64::from(u32::MAX) - 1] {
        let entry = Entry::new(&key, &plain(&value, Some(expiry)));
        assert_eq!(entry.expiry(), Some(WallMs::new(expiry)));
        assert_eq!((entry.key(), entry.body()), (&key[..], Body::Plain(&value)));
        assert_eq!(entry.memory_bytes(), 80);
    }
}

#[test]
fn a_value_is_replaced_where_it_would_be_overwritten_and_else_left_alone() {
    const LONGEST: usize = BODY_INLINE_BYTES_MAX;
    let lengths = [0, 1, 16, 17, 32, 64, 65, 111, 112, 113, 300, LONGEST, LONGEST + 1];
    for key in [&b""[..], &[b'k'; 16], &[b'k'; 300]] {
        for (old, new) in lengths
            .iter()
            .flat_map(|old| lengths.iter().map(move |new| (*old, *new)))
        {
            for expiry in [None, Some(WRITTEN_MS + SECOND)] {
                check_replacing(key, &vec![b'o'; old], &vec![b'n'; new], expiry);
            }
        }
    }
}

fn check_replacing(key: &[u8], old: &[u8], new: &[u8], expiry: Option<u64>) {
    let case = format!(
        "{} bytes of key, {} become {}, {expiry:?}",
        key.len(),
        old.len(),
        new.len()
    );
    let before = plain(old, expiry);
    let after = Content {
        generation: Stamp::new(WallMs::new(WRITTEN_MS + SECOND), 0),
        ..plain(new, None)
    };
    let is_common = |content: &Content<'_>| {
        content.expiry.is_none() && key.len() <= KEY_BYTES_MAX && content.body.bytes().len() <= BODY_INLINE_BYTES_MAX
    };
    let mut entry = Entry::new(key, &before);
    let mut gone = None;
    let is_replaced = entry.replace_plain(after.generation, new, |stamp, value| {
        gone = Some((stamp, value.to_vec()));
    });
    let would_be = is_common(&before) && Entry::new(key, &before).overwrite(&after);
    assert_eq!(is_replaced, would_be, "{case}");
    assert_eq!(gone, is_replaced.then(|| (stamp(), old.to_vec())), "{case}");
    let expected = if is_replaced { after } else { before };
    assert_eq!((entry.key(), entry.content()), (key, expected), "{case}");
    let lasting = is_common(&expected).then(|| (expected.generation, expected.body.bytes()));
    assert_eq!(entry.lasting_plain(), lasting, "{case}");
}

#[test]
fn a_tombstone_is_a_header_and_a_key() {
    let content = Content {
        generation: stamp(),
        expiry: None,
        body: Body::Tombstone,
    };
    let entry = Entry::new(&[b'k'; 16], &content);
    assert_eq!((entry.memory_bytes(), entry.body()), (32, Body::Tombstone));
}

#[test]
fn a_long_value_can_be_kept_after_the_entry_is_gone() {
    let value = vec![b'v'; BODY_INLINE_BYTES_MAX + 1];
    let entry = Entry::new(b"key", &plain(&value, None));
    let shared = entry.shared_body().cloned();
    drop(entry);
    assert_eq!(shared.as_deref(), Some(&value[..]));
    let at_limit = Entry::new(b"key", &plain(&value[1..], None));
    assert_eq!(at_limit.shared_body(), None);
}

#[test]
fn overwriting_in_the_same_class_keeps_the_allocation() {
    let mut entry = Entry::new(&[b'k'; 16], &plain(&[1; 32], None));
    let address = entry.0;
    assert!(entry.overwrite(&plain(&[2; 17], Some(WRITTEN_MS + 5))));
    assert_eq!(entry.0, address);
    assert_eq!(entry.content(), plain(&[2; 17], Some(WRITTEN_MS + 5)));
    assert!(!entry.overwrite(&plain(&[3; 33], None)), "80 bytes do not fit 64");
    assert!(!entry.overwrite(&plain(&[3; 16], None)), "48 bytes would waste 16");
    assert_eq!(
        entry.body(),
        Body::Plain(&[2; 17]),
        "a refused overwrite changes nothing"
    );
}

fn contents() -> impl Strategy<Value = (u64, Option<u64>, u8, Vec<u8>)> {
    let expiry = prop_oneof![
        Just(None),
        any::<u64>().prop_map(Some),
        (0u64..1 << 33).prop_map(|after| Some(WRITTEN_MS + after)),
    ];
    let length = prop_oneof![0usize..64, 0usize..1_000, 16_000usize..17_000, Just(70_000)];
    let value = (length, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]);
    let generation = prop_oneof![any::<u64>(), Just(stamp().to_bits())];
    (generation, expiry, 0u8..4, value)
}

/// Of three parts.
const INDEX: [u8; 13] = [3, 1, 2, 3, 0, 9, 0, 6, 0, 3, 0, 0, 0];

fn content((generation, expiry, kind, value): &(u64, Option<u64>, u8, Vec<u8>)) -> Content<'_> {
    Content {
        generation: Stamp::from_bits(*generation),
        expiry: expiry.map(WallMs::new),
        body: match kind {
            0 => Body::Tombstone,
            1 => Body::Plain(value),
            uniform => Body::Encoded {
                bytes: value,
                is_uniform: *uniform >= 2,
                index: PartsIndex::new(&INDEX).filter(|_| *uniform == 3),
            },
        },
    }
}

proptest! {
    #[test]
    fn what_is_put_in_comes_out(
        key_bytes in prop_oneof![0usize..40, 250usize..260, Just(70_000)],
        first in contents(),
        second in contents(),
    ) {
        let key = vec![b'k'; key_bytes];
        let mut entry = Entry::new(&key, &content(&first));
        prop_assert_eq!(entry.key(), &key[..]);
        prop_assert_eq!(entry.content(), content(&first));
        let fits = entry.overwrite(&content(&second));
        let now = if fits { &second } else { &first };
        prop_assert_eq!(entry.key(), &key[..]);
        prop_assert_eq!(entry.content(), content(now));
    }
}

#[test]
fn a_collection_is_read_changed_and_freed_in_its_entry() {
    let mut state = Vec::new();
    let hash = |stamp: Stamp, at: u64, state: &mut Vec<u8>| {
        let (now, author) = (
            stamp.ms(),
            Author {
                node: 1,
                run_epoch: Stamp::ZERO,
            },
        );
        let mut edit = Edit::replacing(CollectionKind::Hash, now, stamp, author, Some(WallMs::new(at)));
        edit.set(State::ABSENT, b"field", b"value", None);
        edit.finish(State::ABSENT, state);
    };
    hash(stamp(), u64::MAX, &mut state);
    let before = State::decode(&state).unwrap();
    let collection = Box::new(Collection::new(7, before));
    let memory_bytes = collection.memory_bytes();
    let mut entry = Entry::large(&[b'k'; 300], collection);
    assert_eq!((entry.key(), entry.generation()), (&[b'k'; 300][..], before.generation));
    assert_eq!((entry.expiry(), entry.plain()), (Some(WallMs::new(u64::MAX)), None));
    assert_eq!(entry.collection().unwrap().state(), before);
    assert_eq!(entry.memory_bytes(), 384 + memory_bytes);

    let mut later = Vec::new();
    hash(before.generation.next(), 5 + WRITTEN_MS, &mut later);
    let later = State::decode(&later).unwrap();
    assert_eq!(
        entry.change_collection(|collection| collection.apply(later)),
        Some(true)
    );
    assert_eq!(
        (entry.generation(), entry.expiry()),
        (later.generation, later.expiry.at)
    );
    assert_eq!(entry.collection().unwrap().state(), later);
    assert!(!entry.overwrite(&plain(&[0; 9], None)), "the collection is not lost");
    entry = Entry::new(b"key", &plain(b"value", None));
    assert!(entry.collection().is_none() && entry.change_collection(|_| ()).is_none());
}
