//! Commands on sets.

use circlet_resp::Proto;

use crate::local::Local;
use crate::table::{now, replies, replies_in_resp3, replies_of_circlet};
use crate::wire::{elements, shown, words};

#[test]
fn members_are_added_found_and_removed() {
    replies(
        "
        SADD s a b c -> :3
        SISMEMBER s a -> :1
        SISMEMBER s x -> :0
        SISMEMBER nosuch a -> :0
        SMISMEMBER s a x c a -> *4 :1 :0 :1 :1
        SMISMEMBER nosuch a b -> *2 :0 :0
        SCARD s -> :3
        SCARD nosuch -> :0
        SMEMBERS s ~> *3 $1 a $1 b $1 c
        SREM s a a x -> :1
        SREM nosuch a -> :0
        EXPIRE s 1000 -> :1
        SREM s b c -> :2
        EXISTS s -> :0
        SADD s d -> :1
        TTL s -> :-1
        ",
    );
}

#[test]
fn what_is_popped_is_gone() {
    replies(
        "
        SPOP nosuch -> $-1
        SPOP nosuch 3 -> *0
        SADD s a -> :1
        SPOP s 0 -> *0
        SPOP s -> $1 a
        EXISTS s -> :0
        SADD s a b c -> :3
        SPOP s 5 ~> *3 $1 a $1 b $1 c
        EXISTS s -> :0
        SADD s a -> :1
        SPOP s -1 -> -ERR value is out of range, must be positive
        SPOP s x -> -ERR value is out of range, must be positive
        SPOP s 1 2 -> -ERR syntax error
        SCARD s -> :1
        ",
    );
    replies_in_resp3(
        "
        SPOP nosuch -> _
        SPOP nosuch 1 -> ~0
        SADD s a b -> :2
        SPOP s 2 ~> ~2 $1 a $1 b
        ",
    );
}

#[test]
fn random_members_are_those_that_there_are() {
    replies(
        "
        SRANDMEMBER nosuch -> $-1
        SRANDMEMBER nosuch 2 -> *0
        SRANDMEMBER nosuch -2 -> *0
        SADD s a -> :1
        SRANDMEMBER s -> $1 a
        SRANDMEMBER s 0 -> *0
        SRANDMEMBER s 5 -> *1 $1 a
        SRANDMEMBER s -3 -> *3 $1 a $1 a $1 a
        SADD s b -> :1
        SRANDMEMBER s 9223372036854775807 ~> *2 $1 a $1 b
        SRANDMEMBER s x -> -ERR value is not an integer or out of range
        SRANDMEMBER s 1 2 -> -ERR syntax error
        SRANDMEMBER s -9223372036854775808 -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        SCARD s -> :2
        ",
    );
    replies_in_resp3(
        "
        SADD s a -> :1
        SRANDMEMBER s -2 -> *2 $1 a $1 a
        SRANDMEMBER s 1 -> *1 $1 a
        ",
    );
    replies_of_circlet(
        "
        SADD s a -> :1
        SRANDMEMBER s -9223372036854775807 -> -ERR the reply would be longer than 64 MiB
        ",
    );
}

#[test]
fn every_member_has_the_same_chance() {
    let mut local = Local::new(Proto::Resp2);
    let add = words("SADD s a b c d");
    local.call(&add, now());
    let mut times = [0; 4];
    let mut count = |member: &str| {
        let at = ["$1 a", "$1 b", "$1 c", "$1 d"]
            .iter()
            .position(|&known| known == member);
        times[at.expect("a member")] += 1;
    };
    elements(&local.call(&words("SRANDMEMBER s -2000"), now()))
        .iter()
        .for_each(|reply| count(&shown(reply)));
    for _ in 0..500 {
        count(&shown(&local.call(&words("SRANDMEMBER s"), now())));
        elements(&local.call(&words("SRANDMEMBER s 2"), now()))
            .iter()
            .for_each(|reply| count(&shown(reply)));
        count(&shown(&local.call(&words("SPOP s"), now())));
        local.call(&add, now());
        elements(&local.call(&words("SPOP s 1"), now()))
            .iter()
            .for_each(|reply| count(&shown(reply)));
        local.call(&add, now());
    }
    // 4500 picks, a quarter each.
    assert!(times.iter().all(|times| (950..1_300).contains(times)), "{times:?}");
}

#[test]
fn a_member_moves_from_one_set_to_another() {
    replies(
        "
        SADD {t}a x y -> :2
        SMOVE {t}a {t}b x -> :1
        SMOVE {t}a {t}b x -> :0
        SMOVE {t}nosuch {t}b x -> :0
        SMEMBERS {t}b -> *1 $1 x
        SMOVE {t}a {t}a y -> :1
        SMOVE {t}a {t}a x -> :0
        SADD {t}b y -> :1
        SMOVE {t}a {t}b y -> :1
        EXISTS {t}a -> :0
        SCARD {t}b -> :2
        SET {t}s v -> +OK
        SMOVE {t}b {t}s x -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SMOVE {t}b {t}s nosuch -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SMOVE {t}s {t}b x -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SMOVE {t}nosuch {t}s x -> :0
        SCARD {t}b -> :2
        ",
    );
}

#[test]
fn sets_are_compared() {
    replies(
        "
        SADD {t}a 1 2 3 4 -> :4
        SADD {t}b 3 4 5 -> :3
        SADD {t}c 4 5 6 -> :3
        SINTER {t}a {t}b {t}c -> *1 $1 4
        SINTER {t}a ~> *4 $1 1 $1 2 $1 3 $1 4
        SINTER {t}a {t}nosuch -> *0
        SUNION {t}a {t}b {t}c ~> *6 $1 1 $1 2 $1 3 $1 4 $1 5 $1 6
        SUNION {t}nosuch {t}b {t}b ~> *3 $1 3 $1 4 $1 5
        SDIFF {t}a {t}b ~> *2 $1 1 $1 2
        SDIFF {t}a {t}c {t}b ~> *2 $1 1 $1 2
        SDIFF {t}nosuch {t}a -> *0
        SDIFF {t}a {t}a -> *0
        SET {t}s v -> +OK
        SINTER {t}nosuch {t}s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SUNION {t}a {t}s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SDIFF {t}nosuch {t}s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ",
    );
    replies_in_resp3(
        "
        SADD {t}a 1 -> :1
        SINTER {t}a -> ~1 $1 1
        SUNION {t}a {t}nosuch -> ~1 $1 1
        SDIFF {t}a {t}nosuch -> ~1 $1 1
        SINTER {t}nosuch -> ~0
        SMEMBERS {t}nosuch -> ~0
        SMISMEMBER {t}a 1 2 -> *2 :1 :0
        ",
    );
}

#[test]
fn a_comparison_is_stored_in_place_of_whatever_there_is() {
    replies(
        "
        SADD {t}a 1 2 3 -> :3
        SADD {t}b 2 3 4 -> :3
        SET {t}d v EX 1000 -> +OK
        SINTERSTORE {t}d {t}a {t}b -> :2
        SMEMBERS {t}d ~> *2 $1 2 $1 3
        TTL {t}d -> :-1
        SUNIONSTORE {t}a {t}a {t}b -> :4
        SCARD {t}a -> :4
        SDIFFSTORE {t}a {t}a {t}b -> :1
        SMEMBERS {t}a -> *1 $1 1
        SINTERSTORE {t}a {t}a {t}b -> :0
        EXISTS {t}a -> :0
        SDIFFSTORE {t}nosuch {t}a {t}b -> :0
        SET {t}s v -> +OK
        SUNIONSTORE {t}d {t}b {t}s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SCARD {t}d -> :2
        ",
    );
}

#[test]
fn common_members_are_counted_up_to_a_limit() {
    replies(
        "
        SADD {t}a 1 2 3 4 -> :4
        SADD {t}b 2 3 4 5 -> :4
        SINTERCARD 2 {t}a {t}b -> :3
        SINTERCARD 2 {t}a {t}b LIMIT 2 -> :2
        SINTERCARD 2 {t}a {t}b limit 0 -> :3
        SINTERCARD 2 {t}a {t}b LIMIT 1 LIMIT 9 -> :3
        SINTERCARD 1 {t}a -> :4
        SINTERCARD 2 {t}a {t}nosuch -> :0
        SINTERCARD 0 {t}a -> -ERR numkeys should be greater than 0
        SINTERCARD x {t}a -> -ERR numkeys should be greater than 0
        SINTERCARD 2 {t}a -> -ERR Number of keys can't be greater than number of args
        SINTERCARD 9223372036854775807 {t}a -> -ERR Number of keys can't be greater than number of args
        SINTERCARD 1 {t}a {t}b -> -ERR syntax error
        SINTERCARD 1 {t}a LIMIT -> -ERR syntax error
        SINTERCARD 1 {t}a LIMIT -1 -> -ERR LIMIT can't be negative
        SINTERCARD 1 {t}a LIMIT x -> -ERR LIMIT can't be negative
        SET {t}s v -> +OK
        SINTERCARD 2 {t}nosuch {t}s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        COMMAND GETKEYS SINTERCARD 2 a b LIMIT 1 -> *2 $1 a $1 b
        COMMAND GETKEYS SUNIONSTORE d a b -> *3 $1 d $1 a $1 b
        ",
    );
}

#[test]
fn a_set_is_walked_over_in_steps() {
    replies(
        "
        SSCAN nosuch 0 -> *2 $1 0 *0
        SSCAN nosuch x -> -ERR invalid cursor
        SADD s ab b -> :2
        SSCAN s 0 ~> *2 $1 0 *2 $2 ab $1 b
        SSCAN s 0 MATCH a* COUNT 1000 -> *2 $1 0 *1 $2 ab
        SSCAN s 0 COUNT 0 -> -ERR syntax error
        SSCAN s 0 NOVALUES -> -ERR syntax error
        ",
    );
}

#[test]
fn a_walk_over_a_changing_set_meets_what_stays() {
    let mut local = Local::new(Proto::Resp2);
    for at in 0..400 {
        local.call(&words(&format!("SADD s stays{at} goes{at}")), now());
    }
    let (mut met, mut cursor, mut step) = (Vec::new(), "0".to_owned(), 0);
    loop {
        let reply = elements(&local.call(&words(&format!("SSCAN s {cursor} COUNT 40")), now()));
        met.extend(
            elements(&reply[1])
                .iter()
                .map(|member| shown(member))
                .filter(|member| member.contains("stays")),
        );
        for at in 0..20 {
            local.call(&words(&format!("SREM s goes{}", step * 20 + at)), now());
            local.call(&words(&format!("SADD s new{}", step * 20 + at)), now());
        }
        step += 1;
        cursor = shown(&reply[0]).split(' ').nth(1).expect("a cursor").to_owned();
        if cursor == "0" {
            break;
        }
    }
    met.sort_unstable();
    let all = met.len();
    met.dedup();
    assert_eq!((met.len(), all), (400, 400), "each once");
}
