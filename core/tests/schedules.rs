//! Schedules that broke earlier forms of the design, as far as values decide them. A and B are two replicas of one key.

mod support;

use circlet_core::stamp::Stamp;
use circlet_core::time::WallMs;
use support::replica::Replica;
use support::view;

fn at(ms: u64) -> WallMs {
    WallMs::new(1_000_000 + ms)
}

fn pair() -> (Replica, Replica) {
    (Replica::new(1), Replica::new(2))
}

/// Both exchange their full states.
fn heal(a: &mut Replica, b: &mut Replica) {
    let (from_a, from_b) = (a.entry.clone(), b.entry.clone());
    from_b.iter().for_each(|state| a.take(state));
    from_a.iter().for_each(|state| b.take(state));
    assert_eq!(a.entry, b.entry, "replicas converge");
}

#[test]
fn first_increments_on_two_sides_of_a_partition_both_count() {
    let (mut a, mut b) = pair();
    a.incr(at(1), 5).unwrap();
    b.incr(at(2), 7).unwrap();
    heal(&mut a, &mut b);
    assert_eq!(a.get(at(3)).as_deref(), Some("12"));
}

#[test]
fn first_increments_after_a_delete_on_two_sides_of_a_partition_both_count() {
    let (mut a, mut b) = pair();
    b.take(&a.set(at(1), None, "100"));
    b.take(&a.delete(at(2)));
    a.incr(at(3), 5).unwrap();
    b.incr(at(4), 7).unwrap();
    heal(&mut a, &mut b);
    assert_eq!(a.get(at(5)).as_deref(), Some("12"));
}

#[test]
fn first_increments_after_an_expiry_on_two_sides_of_a_partition_both_count() {
    let (mut a, mut b) = pair();
    b.take(&a.set(at(1), Some(at(2)), "100"));
    b.take(&a.incr(at(2), 1).unwrap().1);
    a.incr(at(3), 5).unwrap();
    b.incr(at(4), 7).unwrap();
    heal(&mut a, &mut b);
    assert_eq!(a.get(at(5)).as_deref(), Some("12"));
}

#[test]
fn a_set_beats_the_increments_of_the_value_before_it_and_keeps_those_after() {
    let (mut a, mut b) = pair();
    b.take(&a.set(at(1), None, "100"));
    a.incr(at(2), 5).unwrap();
    b.set(at(3), None, "0");
    a.incr(at(4), 5).unwrap();
    heal(&mut a, &mut b);
    assert_eq!(a.get(at(5)).as_deref(), Some("0"), "A's run began before the SET");
    b.take(&a.incr(at(6), 1).unwrap().1);
    assert_eq!(b.get(at(7)).as_deref(), Some("1"), "a new run begins after it");
}

#[test]
fn the_fast_clock_does_not_win_over_the_later_write() {
    let (mut a, mut b) = pair();
    let mut c = Replica::new(3);
    a.ahead_ms = 3_000;
    c.take(&a.set(at(0), None, "v1"));

    // A is gone. B has not heard of v1, C has.
    let delta = b.set(at(100), None, "v2");
    let above = view(&delta)
        .superseded_by(c.state())
        .expect("C names the greater stamp instead of acking");
    b.take(c.entry.as_ref().unwrap());
    assert!(b.clock.last() >= above);
    let again = b.set(at(101), None, "v2");
    assert_eq!(view(&again).superseded_by(c.state()), None);
    c.take(&again);
    heal(&mut b, &mut c);
    assert_eq!(c.get(at(102)).as_deref(), Some("v2"));

    // A is back, its clock is right now and so behind what it once stamped.
    let mut a = Replica::new(1);
    a.take(c.entry.as_ref().unwrap());
    let delta = a.set(at(200), None, "v3");
    assert_eq!(
        view(&delta).superseded_by(c.state()),
        None,
        "its clock comes from its peers"
    );
    c.take(&delta);
    assert_eq!(c.get(at(201)).as_deref(), Some("v3"));
}

#[test]
fn a_run_that_was_partly_forgotten_is_not_raised() {
    let (mut a, mut b) = pair();
    b.take(&a.incr(at(1), 10).unwrap().1);
    let snapshot = a.entry.clone();
    b.take(&a.incr(at(2), 5).unwrap().1);

    a.fall_back_to(at(3), snapshot);
    b.take(&a.incr(at(4), 1).unwrap().1);
    heal(&mut a, &mut b);
    assert_eq!(a.get(at(5)).as_deref(), Some("16"));
}

#[test]
fn a_counter_that_was_evicted_and_came_back_old_loses_nothing() {
    let (mut a, mut b) = pair();
    let mut c = Replica::new(3);
    c.take(&a.incr(at(1), 10).unwrap().1);
    b.take(&a.incr(at(2), 5).unwrap().1);

    a.fall_back_to(at(3), None);
    a.take(c.entry.as_ref().unwrap());
    a.incr(at(4), 1).unwrap();
    heal(&mut a, &mut b);
    assert_eq!(a.get(at(5)).as_deref(), Some("16"));
}

#[test]
fn an_expire_of_the_old_value_loses_to_a_set_whatever_the_stamps() {
    for (set_at, expire_at) in [(10, 20), (20, 10)] {
        let (mut a, mut b) = pair();
        b.take(&a.set(at(1), None, "v1"));
        b.set(at(set_at), Some(at(900)), "v2");
        a.expire(at(expire_at), Some(at(500))).unwrap().expect("v1 is there");
        heal(&mut a, &mut b);
        assert_eq!(
            a.get(at(900)).as_deref(),
            Some("v2"),
            "v2 keeps the expiry that it was given"
        );
        assert_eq!(a.get(at(901)), None);
    }
}

#[test]
fn an_expire_that_reaches_an_owner_which_removed_the_value_as_expired_does_not_lose_it() {
    for value in ["small", &"large".repeat(100)] {
        let (mut a, mut c) = pair();
        c.take(&a.set(at(1), Some(at(50)), value));
        let extended = a
            .expire(at(50), Some(at(900)))
            .unwrap()
            .expect("it lives through its last millisecond");
        c.fall_back_to(at(51), None);
        c.take(&extended);
        assert_ne!(
            c.get(at(52)),
            None,
            "it is there or must be fetched, but is not missing"
        );
        c.take(a.entry.as_ref().unwrap());
        assert_eq!(c.get(at(52)).as_deref(), Some(value));
        assert_eq!(c.entry, a.entry);
    }
}

#[test]
fn an_expired_value_does_not_come_back_under_a_new_counter() {
    let (mut a, mut b) = pair();
    b.take(&a.set(at(1), Some(at(50)), "100"));
    a.expire(at(2), Some(at(60))).unwrap().expect("it is there");
    assert_eq!(a.incr(at(61), 1).unwrap().0, 1);
    heal(&mut a, &mut b);
    assert_eq!(b.get(at(62)).as_deref(), Some("1"));
    assert_eq!(b.state().expiry.at, None, "nor does its expiry");
}

#[test]
fn a_delete_beats_a_late_copy_of_what_it_deleted() {
    let (mut a, mut b) = pair();
    let old = a.set(at(1), None, "v1");
    b.take(&old);
    b.take(&a.delete(at(2)));
    b.take(&old);
    assert_eq!(b.get(at(3)), None);
    let absent_here = Replica::new(3).delete(at(4));
    b.take(&absent_here);
    assert_eq!(
        b.state().generation,
        Stamp::new(at(4), 0),
        "a delete of what is absent is a tombstone too"
    );
}

/// A coordinator's write: sent to `other`, and if that outranks it, stamped anew, as the shell does it.
fn replicate(a: &mut Replica, other: &mut Replica, mut run: impl FnMut(&mut Replica) -> Vec<u8>) {
    for _attempt in 0..2 {
        let delta = run(a);
        if other.receive(&delta, a.synced).is_ack() {
            return;
        }
        let theirs = other.entry.clone().unwrap();
        a.receive(&theirs, other.synced);
    }
    panic!("a command is stamped anew once: {a:?} {other:?}");
}

/// The usual rate limiter: count, and expire with the first.
fn count_for_a_second(now: WallMs, a: &mut Replica, b: &mut Replica) {
    replicate(a, b, |a| a.incr(now, 1).unwrap().1);
    if a.get(now).as_deref() == Some("1") {
        let at = WallMs::new(now.get() + 1_000);
        replicate(a, b, |a| a.expire(now, Some(at)).unwrap().unwrap());
    }
}

/// The last stamp before `now`.
fn cut(now: WallMs) -> Stamp {
    Stamp::from_bits(Stamp::new(now, 0).to_bits() - 1)
}

#[test]
fn an_expired_counter_does_not_come_back_whichever_owner_dropped_it_first() {
    for (a_ahead_ms, b_ahead_ms) in [(0, 0), (300, 0), (0, 300)] {
        // From before it expires, at 1,000 ms on A's clock, until long after.
        for (restart_ms, who_heard) in (900..8_000).step_by(50).flat_map(|ms| (0..4).map(move |who| (ms, who))) {
            let (mut a, mut b) = pair();
            (a.ahead_ms, b.ahead_ms) = (a_ahead_ms, b_ahead_ms);
            for ms in 0..3 {
                count_for_a_second(at(ms), &mut a, &mut b);
            }
            let (now, cut) = (at(restart_ms), cut(at(restart_ms)));
            for (bit, heard) in [&mut a, &mut b].into_iter().enumerate() {
                heard.clock.raise_floor(cut);
                if who_heard >> bit & 1 == 1 {
                    heard.become_synced(cut);
                }
            }
            count_for_a_second(now, &mut a, &mut b);
            let case = format!("{restart_ms} ms, A {a_ahead_ms}, B {b_ahead_ms} ahead, heard: {who_heard:02b}");
            let expected = if restart_ms + a_ahead_ms <= 1_000 { "4" } else { "1" };
            assert_eq!(a.get(now).as_deref(), Some(expected), "{case}");
            a.become_synced(cut);
            b.become_synced(cut);
            let from_b = b.entry.clone().unwrap();
            assert!(a.receive(&from_b, b.synced).is_ack());
            assert_eq!(
                a.get(now).as_deref(),
                Some(expected),
                "what B has says the same: {case}"
            );
            assert_eq!(a.entry, b.entry, "{case}");
        }
    }
}

#[test]
fn a_counter_that_only_one_owner_dropped_too_early_does_not_come_back() {
    let (mut a, mut b) = pair();
    count_for_a_second(at(0), &mut a, &mut b);
    // A lost its memory of it, B has it yet.
    a.fall_back_to(at(1_001), None);
    count_for_a_second(at(1_002), &mut a, &mut b);
    assert_eq!(a.get(at(1_003)).as_deref(), Some("1"));
    heal(&mut a, &mut b);
    assert_eq!(b.get(at(1_003)).as_deref(), Some("1"));
    assert!(b.state().expiry.at.is_some(), "and it expires");
}

#[test]
fn what_was_dropped_is_not_taken_from_an_owner_that_did_not_hear_of_it() {
    for what in ["expired", "deleted"] {
        let (mut a, mut b) = pair();
        let expires_at = (what == "expired").then_some(at(100));
        let value = a.set(at(0), expires_at, "v");
        b.take(&value);
        if what == "deleted" {
            b.take(&a.delete(at(1)));
        }
        a.become_synced(cut(at(6_000)));
        assert_eq!(a.entry, None, "{what}");
        let from_b = b.entry.clone().unwrap();
        let is_taken = a.receive(&from_b, b.synced).is_ack();
        assert_eq!((is_taken, &a.entry), (what == "deleted", &None), "{what}");
        assert!(
            !a.receive(&value, Stamp::ZERO).is_ack(),
            "a late copy is not acknowledged"
        );
        assert_eq!(a.entry, None, "{what}");

        let fresh = a.incr(at(6_001), 1).unwrap().1;
        assert!(
            b.receive(&fresh, a.synced).is_ack(),
            "A need not write above what it dropped"
        );
        assert_eq!(b.get(at(6_002)).as_deref(), Some("1"));
        b.become_synced(a.synced);
        assert_eq!(b.entry, a.entry);
    }
}

#[test]
fn a_late_delete_of_what_all_owners_were_known_to_have_is_not_acknowledged() {
    let (mut a, mut b) = pair();
    b.take(&a.set(at(0), None, "v"));
    let late = a.clone().delete(at(1));
    b.become_synced(cut(at(6_000)));
    assert!(!b.receive(&late, Stamp::ZERO).is_ack());
    assert_eq!(b.get(at(6_000)).as_deref(), Some("v"));
    a.become_synced(cut(at(6_000)));
    let fresh = a.delete(at(6_001));
    assert!(b.receive(&fresh, a.synced).is_ack(), "stamped anew it is");
}
