//! Collections on two sides of a partition: what becomes of concurrent commands, in every order of delivery.

mod support;

use circlet_core::collection::{HashView, ListView, SetView, SortedSetView};
use circlet_core::mutate::End;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Base, Kind, State, Value, score_bytes};
use circlet_core::time::WallMs;
use support::replica::{Delta, Replica};
use support::view;

const NOW: WallMs = WallMs::new(1_763_719_355_123);

fn later(ms: u64) -> WallMs {
    WallMs::new(NOW.get() + ms)
}

/// Two owners that have the same, and are then cut off from each other.
struct Sides {
    a: Replica,
    b: Replica,
}

impl Sides {
    fn new() -> Self {
        Self {
            a: Replica::new(1),
            b: Replica::new(2),
        }
    }

    /// What both have before the cut.
    fn with(mut self, command: impl FnOnce(&mut Replica) -> Delta) -> Self {
        let delta = command(&mut self.a);
        self.b.take(&delta);
        self
    }

    /// The state after the cut has healed, which must be the same whichever way it heals.
    fn healed(&self) -> Vec<u8> {
        let (mut a, mut b) = (self.a.clone(), self.b.clone());
        a.take(self.b.entry.as_ref().unwrap());
        b.take(self.a.entry.as_ref().unwrap());
        assert_eq!(a.entry, b.entry);
        a.entry.unwrap()
    }
}

fn sadd(replica: &mut Replica, member: &str) -> Delta {
    let (_, delta) = replica.edit(NOW, Kind::Set, |edit, found| {
        edit.set(found, member.as_bytes(), b"", None)
    });
    delta.unwrap()
}

fn srem(replica: &mut Replica, member: &str) -> Option<Delta> {
    let (_, delta) = replica.edit(NOW, Kind::Set, |edit, found| edit.delete(found, member.as_bytes()));
    delta
}

fn hset(replica: &mut Replica, field: &str, value: &str) -> Delta {
    let (_, delta) = replica.edit(NOW, Kind::Hash, |edit, found| {
        edit.set(found, field.as_bytes(), value.as_bytes(), None)
    });
    delta.unwrap()
}

fn hincrby(replica: &mut Replica, field: &str, by: i64) -> Delta {
    let (sum, delta) = replica.edit(NOW, Kind::Hash, |edit, found| edit.incr(found, field.as_bytes(), by));
    sum.unwrap();
    delta.unwrap()
}

fn hexpire(replica: &mut Replica, field: &str, at: WallMs) -> Delta {
    let (_, delta) = replica.edit(NOW, Kind::Hash, |edit, found| {
        edit.expire(found, field.as_bytes(), Some(at))
    });
    delta.unwrap()
}

fn zincrby(replica: &mut Replica, member: &str, by: f64) -> Delta {
    let (sum, delta) = replica.edit(NOW, Kind::SortedSet, |edit, found| {
        edit.incr_score(found, member.as_bytes(), by)
    });
    sum.unwrap();
    delta.unwrap()
}

fn members(state: State<'_>) -> Vec<&str> {
    let set = SetView::new(state, NOW);
    let mut members: Vec<&str> = set.iter().map(|member| std::str::from_utf8(member).unwrap()).collect();
    members.sort_unstable();
    members
}

fn value_of(state: State<'_>, field: &str) -> Option<String> {
    let value = HashView::new(state, NOW).get(field.as_bytes())?;
    Some(String::from_utf8_lossy(&value).into_owned())
}

fn elements(state: State<'_>) -> Vec<String> {
    let list = ListView::new(state, NOW);
    list.iter()
        .map(|element| String::from_utf8_lossy(element.value).into_owned())
        .collect()
}

#[test]
fn first_writes_on_two_sides_are_both_there() {
    let mut sides = Sides::new();
    sadd(&mut sides.a, "a");
    sadd(&mut sides.b, "b");
    assert_eq!(members(view(&sides.healed())), ["a", "b"]);

    let mut sides = Sides::new();
    hset(&mut sides.a, "f", "1");
    hset(&mut sides.b, "g", "2");
    let healed = sides.healed();
    assert_eq!(value_of(view(&healed), "f").as_deref(), Some("1"));
    assert_eq!(value_of(view(&healed), "g").as_deref(), Some("2"));

    let mut sides = Sides::new();
    zincrby(&mut sides.a, "m", 3.0);
    zincrby(&mut sides.b, "m", 4.0);
    assert_eq!(SortedSetView::new(view(&sides.healed()), NOW).score(b"m"), Some(7.0));

    let mut sides = Sides::new();
    sides.a.push(NOW, End::Back, "a1");
    sides.b.push(NOW, End::Back, "b1");
    sides.a.push(NOW, End::Back, "a2");
    sides.b.push(NOW, End::Front, "b0");
    let healed = sides.healed();
    let elements = elements(view(&healed));
    assert_eq!(
        (elements.len(), elements[0].as_str(), elements[3].as_str()),
        (4, "b0", "a2")
    );
}

#[test]
fn additions_to_one_field_add_up_and_a_write_later_than_both_wins() {
    let mut sides = Sides::new().with(|a| hset(a, "f", "10"));
    hincrby(&mut sides.a, "f", 3);
    hincrby(&mut sides.b, "f", 4);
    hincrby(&mut sides.b, "f", -1);
    assert_eq!(value_of(view(&sides.healed()), "f").as_deref(), Some("16"));
    sides.b.clock.observe(sides.a.state().max_stamp());
    hset(&mut sides.b, "f", "0");
    assert_eq!(value_of(view(&sides.healed()), "f").as_deref(), Some("0"));
}

#[test]
fn an_expiry_of_a_field_that_was_only_added_to_ends_no_addition_that_it_did_not_see() {
    let value = |replica: &Replica, ms: u64| {
        let hash = replica.state();
        let field = hash
            .parts
            .find(Kind::Hash, b"f")
            .filter(|field| field.is_live(later(ms)));
        field.map(|field| (field.text().into_owned(), field.state.expiry.at))
    };
    for is_after_delete in [false, true] {
        let mut sides = Sides::new().with(|a| hincrby(a, "f", 5));
        if is_after_delete {
            // So the generation is not the first one.
            sides = sides.with(|a| a.delete(NOW)).with(|a| hset(a, "other", "v"));
            sides = sides.with(|a| hincrby(a, "f", 5));
        }
        hincrby(&mut sides.b, "f", 7);
        let delta = hexpire(&mut sides.a, "f", later(10));
        sides.a.take(sides.b.entry.as_ref().unwrap());
        assert_eq!(value(&sides.a, 10), Some((b"12".to_vec(), Some(later(10)))));
        assert_eq!(value(&sides.a, 11), None, "and it expires");
        hincrby(&mut sides.b, "f", 1);
        sides.b.take(&delta);
        assert_eq!(value(&sides.b, 10), Some((b"13".to_vec(), Some(later(10)))));
        hexpire(&mut sides.b, "f", later(20));
        assert_eq!(
            value(&sides.b, 20),
            Some((b"13".to_vec(), Some(later(20)))),
            "and may be given more time"
        );
    }
}

#[test]
fn a_field_that_was_added_to_in_the_tick_of_a_delete_may_expire_too() {
    let mut a = Replica::new(1);
    hset(&mut a, "other", "v");
    a.delete(NOW);
    hincrby(&mut a, "f", 5);
    hexpire(&mut a, "f", later(10));
    let hash = a.state();
    assert_eq!(HashView::new(hash, NOW).get(b"f").as_deref(), Some(&b"5"[..]));
    assert!(HashView::new(hash, later(11)).get(b"f").is_none());
}

#[test]
fn fractions_do_not_add_up_but_the_last_sum_wins() {
    let mut sides = Sides::new().with(|a| zincrby(a, "m", 1.0));
    zincrby(&mut sides.a, "m", 0.5);
    sides.b.clock.observe(sides.a.state().max_stamp());
    zincrby(&mut sides.b, "m", 0.25);
    assert_eq!(SortedSetView::new(view(&sides.healed()), NOW).score(b"m"), Some(1.25));
}

#[test]
fn a_deleted_collection_keeps_only_what_was_added_later() {
    let mut sides = Sides::new().with(|a| sadd(a, "old"));
    sides.a.delete(NOW);
    sides.b.clock.observe(sides.a.state().max_stamp());
    sadd(&mut sides.b, "new");
    let healed = sides.healed();
    assert_eq!(members(view(&healed)), ["new"]);
    assert_eq!(view(&healed).base, Base::None, "and it is whole");
}

#[test]
fn a_removed_member_stays_away_however_late_its_addition_comes() {
    let mut a = Replica::new(1);
    let added = sadd(&mut a, "m");
    let other = sadd(&mut a, "n");
    let removed = srem(&mut a, "m").unwrap();
    assert_eq!(srem(&mut a, "m"), None, "it is gone already");
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut b = Replica::new(2);
        for at in order {
            b.take([&added, &other, &removed][at]);
        }
        assert_eq!(members(b.state()), ["n"], "{order:?}");
        assert_eq!(b.entry, a.entry);
    }
}

#[test]
fn a_delta_alone_does_not_read_as_the_collection() {
    let mut a = Replica::new(1);
    let first = sadd(&mut a, "a");
    let second = sadd(&mut a, "b");
    assert_eq!(
        view(&first).value(NOW),
        Value::Collection(Kind::Set),
        "there was nothing else"
    );
    assert_eq!(view(&second).value(NOW), Value::Unreadable);
}

#[test]
fn of_two_types_the_greater_is_seen_and_the_other_one_is_kept() {
    let mut sides = Sides::new();
    sadd(&mut sides.a, "m");
    hset(&mut sides.b, "f", "v");
    let healed = sides.healed();
    assert_eq!(view(&healed).value(NOW), Value::Collection(Kind::Hash));
    assert_eq!(value_of(view(&healed), "f").as_deref(), Some("v"));

    let mut after = sides.a.clone();
    after.take(&healed);
    after.edit(NOW, Kind::Hash, |edit, found| edit.delete(found, b"f"));
    assert_eq!(members(after.state()), ["m"], "nobody has deleted this one");

    let mut sides = Sides::new();
    sides.a.incr(NOW, 5).unwrap();
    sides.b.push(NOW, End::Back, "e");
    assert_eq!(view(&sides.healed()).value(NOW), Value::Collection(Kind::List));
}

#[test]
fn an_element_popped_on_two_sides_is_gone_and_pushes_meanwhile_stay() {
    let mut sides = Sides::new()
        .with(|a| a.push(NOW, End::Back, "1"))
        .with(|a| a.push(NOW, End::Back, "2"))
        .with(|a| a.push(NOW, End::Back, "3"));
    assert_eq!(sides.a.pop(NOW, End::Front).unwrap().0, "1");
    sides.a.push(NOW, End::Back, "4");
    assert_eq!(sides.b.pop(NOW, End::Front).unwrap().0, "1");
    assert_eq!(sides.b.pop(NOW, End::Back).unwrap().0, "3");
    sides.b.push(NOW, End::Front, "0");
    assert_eq!(elements(view(&sides.healed())), ["0", "2", "4"]);
}

#[test]
fn a_name_is_not_used_again_for_another_element() {
    // Else the pop on the other side, of the element it knows, would take the new one away.
    let mut sides = Sides::new().with(|a| a.push(NOW, End::Back, "old"));
    sides.a.pop(NOW, End::Back).unwrap();
    sides.a.push(NOW, End::Back, "new");
    sides.b.clock.observe(sides.a.state().max_stamp());
    assert_eq!(sides.b.pop(NOW, End::Back).unwrap().0, "old");
    assert_eq!(elements(view(&sides.healed())), ["new"]);

    let mut sides = Sides::new().with(|a| a.push(NOW, End::Back, "old"));
    sides.a.delete(NOW);
    sides.a.push(NOW, End::Back, "new");
    sides.b.clock.observe(sides.a.state().max_stamp());
    assert_eq!(sides.b.pop(NOW, End::Back).unwrap().0, "old");
    assert_eq!(elements(view(&sides.healed())), ["new"]);
}

#[test]
fn an_expired_collection_is_empty_for_who_adds_to_it() {
    let mut sides = Sides::new().with(|a| sadd(a, "old"));
    let expire = sides.a.expire(NOW, Some(later(10))).unwrap().unwrap();
    sides.b.take(&expire);
    let add_late = |replica: &mut Replica, member: &str| {
        replica.edit(later(11), Kind::Set, |edit, found| {
            edit.set(found, member.as_bytes(), b"", None)
        });
    };
    add_late(&mut sides.a, "a");
    add_late(&mut sides.b, "b");
    assert_eq!(members(view(&sides.healed())), ["a", "b"]);
}

#[test]
fn a_change_that_is_outranked_where_it_arrives_names_the_stamp_to_write_above() {
    let mut a = Replica::new(1);
    let mut fast = Replica::new(2);
    fast.ahead_ms = 1_000;
    let theirs = hset(&mut fast, "f", "theirs");
    let max_stamp = view(&theirs).max_stamp();
    let ours = hset(&mut a, "f", "ours");
    assert_eq!(
        fast.receive(&ours, Stamp::ZERO).superseded_by,
        Some(max_stamp),
        "the same field"
    );
    let other = hset(&mut a, "g", "ours");
    assert_eq!(fast.receive(&other, Stamp::ZERO).superseded_by, None, "another one");

    let gone = fast.delete(NOW);
    let late = hset(&mut a, "h", "ours");
    assert_eq!(
        fast.receive(&late, Stamp::ZERO).superseded_by,
        Some(view(&gone).max_stamp()),
        "the whole key"
    );
    let late = hincrby(&mut a, "h2", 1);
    assert_eq!(
        fast.receive(&late, Stamp::ZERO).superseded_by,
        Some(view(&gone).max_stamp()),
        "a run that was born too early"
    );
}

#[test]
fn a_score_stays_exact_as_long_as_it_can() {
    let mut a = Replica::new(1);
    let (_, delta) = a.edit(NOW, Kind::SortedSet, |edit, found| {
        edit.set(found, b"m", &score_bytes(9_007_199_254_740_990.0), None)
    });
    assert!(delta.is_some());
    let step = |a: &mut Replica, by: f64| -> (f64, bool) {
        let (sum, delta) = a.edit(NOW, Kind::SortedSet, |edit, found| edit.incr_score(found, b"m", by));
        let delta = delta.unwrap();
        let is_run = !view(&delta).parts.iter().next().unwrap().state.runs.is_empty();
        (sum.unwrap(), is_run)
    };
    assert_eq!(step(&mut a, 1.0), (9_007_199_254_740_991.0, true));
    assert_eq!(
        step(&mut a, 2.0),
        (9_007_199_254_740_992.0, false),
        "rounded, as in Redis"
    );
    assert_eq!(step(&mut a, 1.0), (9_007_199_254_740_992.0, false));
    assert_eq!(step(&mut a, -0.5), (9_007_199_254_740_992.0, false));
    assert_eq!(step(&mut a, f64::INFINITY), (f64::INFINITY, false));
    let (sum, delta) = a.edit(NOW, Kind::SortedSet, |edit, found| {
        edit.incr_score(found, b"m", f64::NEG_INFINITY)
    });
    assert!(sum.is_err() && delta.is_none());
}
