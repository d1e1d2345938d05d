use circlet_core::mutate::End;
use circlet_core::state::Kind;
use circlet_ring::{ArcCount, Slot};

mod expired;

use super::*;
use crate::store::Store;

const NOW: WallMs = WallMs::new(1_763_719_355_123);

fn writer(now: WallMs) -> Writer {
    Writer {
        now,
        author: Author {
            node: 7,
            run_epoch: Stamp::ZERO,
        },
        buries_absent: true,
        asks_if_expired: false,
    }
}

/// Two nodes; what is done to a key on the first is merged on the second.
struct Pair {
    here: Store,
    there: Store,
    now: WallMs,
}

impl Pair {
    fn new() -> Self {
        Self {
            here: Store::new(ArcCount::DEFAULT),
            there: Store::new(ArcCount::DEFAULT),
            now: NOW,
        }
    }

    fn on<T>(&self, key: &[u8], command: impl FnOnce(&mut KeyCx<'_>) -> T) -> T {
        let key = HashedKey::new(key);
        let mut delta = Delta::default();
        let arc = key.arc(self.here.arcs());
        let mut shard = self.here.lock(arc);
        let answer = command(&mut KeyCx::new(&mut shard, key, writer(self.now), &mut delta));
        if delta.is_changed() {
            let state = State::decode(delta.as_bytes()).unwrap();
            assert!(self.there.lock(arc).merge(&key, state).changed);
        }
        assert_eq!(
            shard.digest(),
            self.there.lock(arc).digest(),
            "both owners hold the same"
        );
        shard.check_invariants();
        answer
    }

    fn string(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.on(key, |cx| cx.string().unwrap().map(Cow::into_owned))
    }
}

#[test]
fn what_is_set_is_read_until_it_is_deleted() {
    let pair = Pair::new();
    assert_eq!(pair.string(b"k"), None);
    pair.on(b"k", |cx| cx.set(b"v", Expiry::None));
    assert_eq!(pair.string(b"k").as_deref(), Some(&b"v"[..]));
    assert_eq!(pair.on(b"k", |cx| cx.exists()), Ok(true));
    assert_eq!(pair.on(b"k", |cx| cx.delete()), Ok(true));
    assert_eq!(pair.string(b"k"), None);
    assert_eq!(pair.on(b"k", |cx| cx.delete()), Ok(false), "it is gone already");
}

#[test]
fn deleting_an_absent_key_leaves_a_tombstone_if_another_owner_may_have_it() {
    let pair = Pair::new();
    assert_eq!(pair.on(b"k", |cx| cx.delete()), Ok(false));
    assert_eq!(pair.here.counts().tombstones, 1);

    let store = Store::new(ArcCount::DEFAULT);
    let key = HashedKey::new(b"k");
    let mut delta = Delta::default();
    let alone = Writer {
        buries_absent: false,
        ..writer(NOW)
    };
    let mut shard = store.lock(key.arc(store.arcs()));
    assert_eq!(KeyCx::new(&mut shard, key, alone, &mut delta).delete(), Ok(false));
    assert!(!delta.is_changed() && shard.is_empty());
}

#[test]
fn a_value_is_missing_after_its_last_millisecond() {
    let mut pair = Pair::new();
    let at = WallMs::new(NOW.get() + 10);
    pair.on(b"k", |cx| cx.set(b"v", Expiry::At(at)));
    pair.now = at;
    assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(Some(at)));
    assert!(pair.string(b"k").is_some());
    pair.now = WallMs::new(at.get() + 1);
    assert_eq!(pair.string(b"k"), None);
    assert_eq!(
        pair.on(b"k", |cx| (cx.exists(), cx.expiry(), cx.shared_string())),
        (Ok(false), Ok(None), None)
    );
    assert_eq!(
        pair.on(b"k", |cx| cx.incr_by(5)),
        Ok(5),
        "a counter starts from nothing"
    );
    assert_eq!(
        pair.on(b"k", |cx| cx.expiry()),
        Ok(None),
        "and does not inherit the expiry"
    );
}

#[test]
fn an_expiry_is_kept_forgotten_or_changed_as_the_command_says() {
    let pair = Pair::new();
    let at = |ms| WallMs::new(NOW.get() + ms);
    pair.on(b"k", |cx| cx.set(b"v", Expiry::At(at(10))));
    pair.on(b"k", |cx| cx.set(b"w", Expiry::Keep));
    assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(Some(at(10))));
    pair.on(b"k", |cx| cx.expire_at(Some(at(20))));
    assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(Some(at(20))));
    assert_eq!(pair.string(b"k").as_deref(), Some(&b"w"[..]));
    pair.on(b"k", |cx| cx.expire_at(None));
    assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(None));
    pair.on(b"k", |cx| cx.set(b"x", Expiry::At(at(30))));
    pair.on(b"k", |cx| cx.set(b"y", Expiry::None));
    assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(None));
    pair.on(b"absent", |cx| cx.expire_at(Some(at(10))));
    assert_eq!(pair.string(b"absent"), None);
}

#[test]
fn a_counter_reads_as_its_decimal_form_and_refuses_what_is_none() {
    let pair = Pair::new();
    pair.on(b"k", |cx| cx.set(b"40", Expiry::None));
    assert_eq!(pair.on(b"k", |cx| cx.incr_by(3)), Ok(43));
    assert_eq!(pair.on(b"k", |cx| cx.incr_by(-1)), Ok(42));
    assert_eq!(pair.string(b"k").as_deref(), Some(&b"42"[..]));
    assert_eq!(pair.on(b"k", |cx| cx.incr_by(i64::MAX)), Err(CommandError::Overflow));
    pair.on(b"k", |cx| cx.set(b"text", Expiry::None));
    assert_eq!(pair.on(b"k", |cx| cx.incr_by(1)), Err(CommandError::NotAnInteger));
}

#[test]
fn a_delta_without_its_base_asks_for_the_full_state() {
    let store = Store::new(ArcCount::DEFAULT);
    let key = HashedKey::new(b"k");
    let mut shard = store.lock(key.arc(store.arcs()));
    let generation = Stamp::new(NOW, 0);
    let full = State::plain(
        generation,
        None,
        b"a value too long to go along with every delta, as the core decides",
    );
    let delta = mutate::expire(full, NOW, generation.next(), Some(WallMs::new(NOW.get() + 5)));
    shard.merge(&key, delta.unwrap().unwrap());
    let mut own = Delta::default();
    let mut cx = KeyCx::new(&mut shard, key, writer(NOW), &mut own);
    assert_eq!(cx.string(), Err(CommandError::NeedFullState));
    assert_eq!(cx.exists(), Err(CommandError::NeedFullState));
    assert_eq!(cx.incr_by(1), Err(CommandError::NeedFullState));
    assert_eq!(cx.delete(), Err(CommandError::NeedFullState));
    cx.expire_at(None);
    assert!(!own.is_changed());
    shard.merge(&key, full);
    assert!(
        KeyCx::new(&mut shard, key, writer(NOW), &mut own)
            .string()
            .unwrap()
            .is_some()
    );
}

#[test]
fn two_changes_by_one_command_leave_one_delta() {
    let pair = Pair::new();
    let at = WallMs::new(NOW.get() + 10);
    pair.on(b"k", |cx| {
        cx.set(b"5", Expiry::None);
        cx.expire_at(Some(at));
        cx.incr_by(1).unwrap();
    });
    assert_eq!(pair.string(b"k").as_deref(), Some(&b"6"[..]));
    assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(Some(at)));
}

#[test]
fn a_command_on_several_keys_leaves_a_delta_for_each_one_it_changed() {
    let store = Store::new(ArcCount::DEFAULT);
    let mut deltas = Deltas::default();
    let keys: Vec<String> = (0..100).map(|number| format!("{{tag}}{number}")).collect();
    let mut shard = store.lock(store.arcs().arc_of(Slot::of_key(b"tag")));
    let mut slot = SlotCx::new(&mut shard, writer(NOW), &mut deltas);
    for key in &keys {
        assert_eq!(slot.key(key.as_bytes()).exists(), Ok(false));
    }
    for key in &keys[..50] {
        slot.key(key.as_bytes()).set(b"v", Expiry::None);
    }
    slot.key(b"{tag}49").delete().unwrap();
    let changed: Vec<&[u8]> = deltas.changed().map(|(key, _)| key).collect();
    let expected: Vec<&[u8]> = keys[..50].iter().map(|key| key.as_bytes()).collect();
    assert_eq!(changed, expected);
    let (_, last) = deltas.changed().last().unwrap();
    assert!(State::decode(last.as_bytes()).unwrap().is_tombstone());
}

#[test]
fn a_long_value_outlives_the_lock() {
    let pair = Pair::new();
    let long = vec![b'x'; 100_000];
    pair.on(b"k", |cx| cx.set(&long, Expiry::None));
    let shared = pair.on(b"k", |cx| cx.shared_string());
    pair.on(b"k", |cx| cx.delete()).unwrap();
    assert_eq!(shared.as_deref(), Some(&long[..]));
}

#[test]
fn an_edit_sees_what_it_did_and_is_nothing_before_it_is_committed() {
    let pair = Pair::new();
    pair.on(b"h", |cx| {
        let mut hash = cx.edit_hash().unwrap();
        assert!(hash.set(b"f", b"1"));
        assert!(!hash.set(b"f", b"2"));
        assert_eq!(hash.incr_by(b"f", 5), Ok(7));
        assert_eq!(hash.incr_by(b"n", 3), Ok(3));
        assert_eq!(hash.incr_by(b"n", 3), Ok(6));
        assert!(hash.delete(b"f") && !hash.delete(b"f"));
        assert_eq!((hash.len(), hash.get(b"n").as_deref()), (1, Some(&b"6"[..])));
        drop(hash);
        assert_eq!(cx.kind(), Ok(None), "it was dropped");
    });
    pair.on(b"h", |cx| {
        let mut hash = cx.edit_hash().unwrap();
        hash.set(b"f", b"x");
        assert_eq!(hash.incr_by(b"f", 1), Err(CommandError::HashNotAnInteger));
        hash.incr_by(b"n", 4).unwrap();
        hash.commit();
        let hash = cx.hash().unwrap();
        assert_eq!((hash.len(), hash.get(b"n").as_deref()), (2, Some(&b"4"[..])));
    });
}

#[test]
fn pops_and_pushes_of_one_command_see_each_other() {
    let pair = Pair::new();
    let elements = |cx: &mut KeyCx<'_>| -> Vec<Vec<u8>> {
        let list = cx.list().unwrap();
        list.iter().map(|element| element.value.to_vec()).collect()
    };
    pair.on(b"l", |cx| {
        let mut list = cx.edit_list().unwrap();
        for element in [&b"b"[..], b"c", b"d"] {
            list.push(End::Back, element);
        }
        list.push(End::Front, b"a");
        assert_eq!(list.len(), 4);
        list.commit();
        assert_eq!(elements(cx), [b"a", b"b", b"c", b"d"]);
    });
    pair.on(b"l", |cx| {
        let mut list = cx.edit_list().unwrap();
        let last = list.pop(End::Back).unwrap();
        list.push(End::Front, &last);
        assert_eq!(list.pop(End::Front).as_deref(), Some(&b"d"[..]));
        for expected in [&b"c"[..], b"b", b"a"] {
            assert_eq!(list.pop(End::Back).as_deref(), Some(expected));
        }
        assert_eq!(list.pop(End::Front), None);
        list.push(End::Back, b"e");
        list.push(End::Back, b"f");
        assert_eq!(list.pop(End::Front).as_deref(), Some(&b"e"[..]));
        assert_eq!(list.len(), 1);
        list.commit();
        assert_eq!(elements(cx), [b"f"]);
    });
    pair.on(b"l", |cx| {
        let f = cx.list().unwrap().get(0).unwrap().name.to_vec();
        let mut list = cx.edit_list().unwrap();
        list.insert(&f, End::Front, b"before");
        list.insert(&f, End::Back, b"after");
        assert!(list.set(&f, b"F") && !list.delete(b"nosuch"));
        list.commit();
        assert_eq!(elements(cx), [&b"before"[..], b"F", b"after"]);
    });
}

#[test]
fn a_collection_goes_away_with_its_last_part_and_its_expiry_with_it() {
    let pair = Pair::new();
    let at = WallMs::new(NOW.get() + 1_000);
    let add = |cx: &mut KeyCx<'_>, member: &[u8]| {
        let mut set = cx.edit_set().unwrap();
        assert!(set.add(member));
        set.commit();
    };
    pair.on(b"s", |cx| {
        add(cx, b"a");
        cx.expire_at(Some(at));
        assert_eq!(cx.expiry(), Ok(Some(at)));
    });
    pair.on(b"s", |cx| {
        let mut set = cx.edit_set().unwrap();
        assert!(set.remove(b"a") && set.is_empty());
        set.commit();
        assert_eq!((cx.exists(), cx.expiry()), (Ok(false), Ok(None)));
    });
    pair.on(b"s", |cx| {
        add(cx, b"b");
        assert_eq!(cx.expiry(), Ok(None), "the new set does not inherit it");
    });
    pair.on(b"s", |cx| {
        let mut set = cx.edit_set().unwrap();
        set.remove(b"b");
        set.commit();
        let mut list = cx.edit_list().unwrap();
        list.push(End::Back, b"e");
        list.commit();
        assert_eq!(cx.kind(), Ok(Some(Kind::List)));
    });
    pair.on(b"s", |cx| {
        cx.set(b"v", Expiry::None);
        cx.delete().unwrap();
        assert_eq!(cx.incr_by(5), Ok(5));
        assert_eq!(cx.kind(), Ok(Some(Kind::String)));
    });
}

#[test]
fn what_replaces_a_value_outranks_all_of_it() {
    let pair = Pair::new();
    for before in 0..3 {
        pair.on(b"z", |cx| {
            match before {
                0 => cx.set(b"v", Expiry::At(WallMs::new(NOW.get() + 9))),
                1 => {
                    let mut set = cx.edit_sorted_set().unwrap();
                    set.set(b"old", 1.0);
                    set.commit();
                }
                _ => {}
            }
            let mut set = cx.replace_sorted_set(None);
            assert_eq!((set.len(), set.score(b"old")), (0, None));
            assert!(set.set(b"a", 2.0) && set.set(b"b", 1.0));
            assert_eq!(set.incr_by(b"a", 0.5), Ok(2.5));
            assert!(set.remove(b"b"));
            assert_eq!(set.len(), 1);
            set.commit();
            let set = cx.sorted_set().unwrap();
            assert_eq!((set.len(), set.score(b"a")), (1, Some(2.5)));
            assert_eq!(cx.expiry(), Ok(None));
        });
    }
    pair.on(b"z", |cx| {
        cx.replace_set(None).commit();
        assert_eq!(cx.exists(), Ok(false));
    });
}

#[test]
fn a_field_that_has_expired_is_deleted() {
    let mut pair = Pair::new();
    let at = WallMs::new(NOW.get() + 10);
    pair.on(b"h", |cx| {
        let mut hash = cx.edit_hash().unwrap();
        hash.set_until(b"f", b"5", Some(at));
        hash.set(b"g", b"1");
        assert!(hash.expire_at(b"g", Some(at)) && hash.expire_at(b"g", None));
        assert!(!hash.expire_at(b"nosuch", Some(at)));
        hash.commit();
    });
    pair.now = WallMs::new(at.get() + 1);
    pair.on(b"h", |cx| {
        let hash = cx.hash().unwrap();
        assert_eq!((hash.len(), hash.get(b"f")), (1, None));
        let mut hash = cx.edit_hash().unwrap();
        assert_eq!(
            hash.incr_by(b"f", 1),
            Ok(1),
            "it starts from nothing, and does not expire"
        );
        hash.commit();
        assert_eq!(cx.hash().unwrap().field(b"f").unwrap().expires_at, None);
    });
}

#[test]
fn commands_do_not_see_whether_a_collection_is_large() {
    let mut pair = Pair::new();
    let is_large = |pair: &Pair, key: &[u8]| {
        let key = HashedKey::new(key);
        let [here, there] = [&pair.here, &pair.there].map(|store| {
            let shard = store.lock(key.arc(store.arcs()));
            shard.get(&key).is_some_and(|entry| entry.is_large())
        });
        assert_eq!(here, there, "on both owners");
        here
    };
    let names: Vec<String> = (0..300).map(|number| format!("{number:03}")).collect();
    let far = WallMs::new(NOW.get() + 10);
    pair.on(b"h", |cx| {
        let mut hash = cx.edit_hash().unwrap();
        names
            .iter()
            .for_each(|name| assert!(hash.set_until(name.as_bytes(), b"5", Some(far))));
        assert_eq!((hash.incr_by(b"007", 2), hash.len()), (Ok(7), 300));
        hash.commit();
        let hash = cx.hash().unwrap();
        assert_eq!((hash.len(), hash.get(b"007").as_deref()), (300, Some(&b"7"[..])));
    });
    pair.on(b"z", |cx| {
        let mut sorted_set = cx.edit_sorted_set().unwrap();
        names
            .iter()
            .rev()
            .for_each(|name| assert!(sorted_set.set(name.as_bytes(), name.parse().unwrap())));
        sorted_set.incr_by(b"007", 1_000.5).unwrap();
        sorted_set.commit();
        let sorted_set = cx.sorted_set().unwrap();
        assert_eq!(
            (sorted_set.rank(b"007"), sorted_set.rank(b"010")),
            (Some((299, 1_007.5)), Some((9, 10.0)))
        );
        assert_eq!(
            sorted_set
                .by_rank(298..400)
                .map(|scored| scored.member)
                .collect::<Vec<_>>(),
            [b"299", b"007"]
        );
    });
    pair.on(b"l", |cx| {
        let mut list = cx.edit_list().unwrap();
        names.iter().for_each(|name| list.push(End::Back, name.as_bytes()));
        list.commit();
        let mut list = cx.edit_list().unwrap();
        let popped = (0..150).filter_map(|_| list.pop(End::Front)).last();
        assert_eq!((popped.as_deref(), list.len()), (Some(&b"149"[..]), 150));
        list.commit();
        assert_eq!(
            cx.list().unwrap().get(0).map(|element| element.value),
            Some(&b"150"[..])
        );
    });
    assert!(is_large(&pair, b"h") && is_large(&pair, b"z") && is_large(&pair, b"l"));
    let whole = pair.on(b"l", |cx| cx.whole()).unwrap().unwrap();
    pair.on(b"copy", |cx| cx.put_whole(&whole));
    assert!(is_large(&pair, b"copy"), "150 elements and no tombstones");
    pair.on(b"h", |cx| cx.expire_at(Some(far)));
    assert_eq!(pair.on(b"h", |cx| cx.expiry()), Ok(Some(far)), "the header shows it");
    pair.now = WallMs::new(far.get() + 1);
    assert_eq!(pair.on(b"h", |cx| cx.kind()), Ok(None), "all has expired");
    assert_eq!(pair.on(b"z", |cx| cx.delete()), Ok(true));
    pair.on(b"l", |cx| cx.set(b"v", Expiry::None));
    assert!(!is_large(&pair, b"z") && !is_large(&pair, b"l"));
}
