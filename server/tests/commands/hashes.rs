//! Commands on hashes.

use circlet_core::time::WallMs;

use crate::local::Local;
use crate::table::{now, replies, replies_in_resp3, replies_of_circlet, replies_of_circlet_in_resp3};
use crate::wire::{elements, shown, words};

#[test]
fn fields_are_written_and_read_one_by_one_and_together() {
    replies(
        "
        HMSET h a 1 b 2 -> +OK
        HMSET h a 1 b -> -ERR wrong number of arguments for 'hmset' command
        HSETNX h a 5 -> :0
        HSETNX h c 3 -> :1
        HMGET h a nosuch c -> *3 $1 1 $-1 $1 3
        HMGET nosuch a b -> *2 $-1 $-1
        HLEN h -> :3
        HLEN nosuch -> :0
        HEXISTS h a -> :1
        HEXISTS h nosuch -> :0
        HEXISTS nosuch a -> :0
        HSET h long abcdef \"\" empty -> :2
        HSTRLEN h long -> :6
        HSTRLEN h nosuch -> :0
        HGET h \"\" -> $5 empty
        HKEYS h ~> *5 $1 a $1 b $1 c $4 long $0
        HVALS h ~> *5 $1 1 $1 2 $1 3 $6 abcdef $5 empty
        HGETALL nosuch -> *0
        HKEYS nosuch -> *0
        ",
    );
    replies_in_resp3(
        "
        HSET h a 1 -> :1
        HGETALL h -> %1 $1 a $1 1
        HKEYS h -> *1 $1 a
        HVALS h -> *1 $1 1
        HGETALL nosuch -> %0
        HGET h nosuch -> _
        HMGET h nosuch -> *1 _
        ",
    );
}

#[test]
fn the_last_field_takes_the_hash_with_it() {
    replies(
        "
        HSET h a 1 b 2 c 3 -> :3
        EXPIRE h 1000 -> :1
        HDEL h a nosuch a -> :1
        HDEL h b c b -> :2
        HDEL h b -> :0
        EXISTS h -> :0
        TYPE h -> +none
        HSET h a 1 -> :1
        TTL h -> :-1
        HLEN h -> :1
        ",
    );
}

#[test]
fn numbers_in_fields_are_added_to() {
    replies(
        "
        HINCRBY h n 5 -> :5
        HINCRBY h n -7 -> :-2
        HSET h n 9223372036854775807 x abc f 1.5 -> :2
        HINCRBY h n 1 -> -ERR increment or decrement would overflow
        HGET h n -> $19 9223372036854775807
        HINCRBY h n -1 -> :9223372036854775806
        HINCRBY h x 1 -> -ERR hash value is not an integer
        HINCRBY h f 1 -> -ERR hash value is not an integer
        HINCRBY h n x -> -ERR value is not an integer or out of range
        HINCRBYFLOAT h f 1.25 -> $4 2.75
        HINCRBYFLOAT h new 3.0e2 -> $3 300
        HINCRBYFLOAT h new -0.5 -> $5 299.5
        HINCRBYFLOAT h x 1 -> -ERR hash value is not a float
        HINCRBYFLOAT h f x -> -ERR value is not a valid float
        HINCRBYFLOAT h f nan -> -ERR value is not a valid float
        HINCRBYFLOAT h f inf -> -ERR value is NaN or Infinity
        HSET h i inf -> :1
        HINCRBYFLOAT h i 1 -> -ERR increment would produce NaN or Infinity
        HINCRBY h new 1 -> -ERR hash value is not an integer
        HLEN h -> :5
        HINCRBYFLOAT h g 5 -> $1 5
        HINCRBY h g 2 -> :7
        HINCRBYFLOAT h g 0.5 -> $3 7.5
        ",
    );
}

#[test]
fn random_fields_are_those_that_there_are() {
    replies(
        "
        HRANDFIELD nosuch -> $-1
        HRANDFIELD nosuch 5 -> *0
        HRANDFIELD nosuch -5 WITHVALUES -> *0
        HSET h a 1 -> :1
        HRANDFIELD h -> $1 a
        HRANDFIELD h 0 -> *0
        HRANDFIELD h 5 -> *1 $1 a
        HRANDFIELD h -3 -> *3 $1 a $1 a $1 a
        HRANDFIELD h 5 withvalues -> *2 $1 a $1 1
        HRANDFIELD h -2 WITHVALUES -> *4 $1 a $1 1 $1 a $1 1
        HSET h b 2 -> :1
        HRANDFIELD h 2 ~> *2 $1 a $1 b
        HRANDFIELD h 9223372036854775807 ~> *2 $1 a $1 b
        HRANDFIELD h 1 nosuch -> -ERR syntax error
        HRANDFIELD h 1 WITHVALUES 2 -> -ERR syntax error
        HRANDFIELD h x -> -ERR value is not an integer or out of range
        HRANDFIELD h -9223372036854775808 -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        HRANDFIELD h 4611686018427387904 WITHVALUES -> -ERR value is out of range
        HRANDFIELD nosuch 4611686018427387904 WITHVALUES -> -ERR value is out of range
        ",
    );
    replies_in_resp3(
        "
        HRANDFIELD nosuch -> _
        HSET h a 1 -> :1
        HRANDFIELD h 5 WITHVALUES -> *1 *2 $1 a $1 1
        HRANDFIELD h -2 WITHVALUES -> *2 *2 $1 a $1 1 *2 $1 a $1 1
        HRANDFIELD h -2 -> *2 $1 a $1 a
        ",
    );
    let long = "x".repeat(1 << 20);
    replies_of_circlet(&format!(
        "
        HSET h a 1 -> :1
        HRANDFIELD h -9223372036854775807 -> -ERR the reply would be longer than 64 MiB
        HRANDFIELD h -4611686018427387903 WITHVALUES -> -ERR the reply would be longer than 64 MiB
        HSET h a {long} -> :0
        HRANDFIELD h -65 WITHVALUES -> -ERR the reply would be longer than 64 MiB
        HLEN h -> :1
        "
    ));
}

#[test]
fn every_field_has_the_same_chance() {
    let mut local = Local::new(circlet_resp::Proto::Resp2);
    local.call(&words("HSET h a 1 b 2 c 3 d 4"), now());
    for (command, width) in [("HRANDFIELD h -4000", 1), ("HRANDFIELD h -4000 WITHVALUES", 2)] {
        let reply = local.call(&words(command), now());
        let picked = elements(&reply);
        assert_eq!(picked.len(), 4_000 * width);
        for field in ["$1 a", "$1 b", "$1 c", "$1 d"] {
            let times = picked
                .iter()
                .step_by(width)
                .filter(|reply| shown(reply) == field)
                .count();
            assert!(
                (800..1_200).contains(&times),
                "{field} was picked {times} times of 4000"
            );
        }
    }
}

#[test]
fn a_hash_is_walked_over_in_steps() {
    replies(
        "
        HSCAN nosuch 0 -> *2 $1 0 *0
        HSCAN nosuch x -> -ERR invalid cursor
        HSCAN nosuch 0 NOSUCH -> *2 $1 0 *0
        HSET h ab 1 b 2 -> :2
        HSCAN h 0 ~> *2 $1 0 *4 $2 ab $1 1 $1 b $1 2
        HSCAN h -0 MATCH a* COUNT 1 -> *2 $1 0 *2 $2 ab $1 1
        HSCAN h 0 count 5 match a* match b -> *2 $1 0 *2 $1 b $1 2
        HSCAN h 0 MATCH x -> *2 $1 0 *0
        HSCAN h 0 COUNT 0 -> -ERR syntax error
        HSCAN h 0 COUNT x -> -ERR value is not an integer or out of range
        HSCAN h 0 MATCH -> -ERR syntax error
        HSCAN h 0 TYPE hash -> -ERR syntax error
        HSCAN h 18446744073709551616 -> -ERR invalid cursor
        ",
    );
    replies_of_circlet(
        "
        HSET h a 1 -> :1
        HSCAN h 0 NOVALUES -> *2 $1 0 *1 $1 a
        HSCAN h 0 novalues MATCH a -> *2 $1 0 *1 $1 a
        HSCAN h 0 COUNT 3 NOVALUES MATCH b -> *2 $1 0 *0
        ",
    );
}

#[test]
fn a_walk_over_a_large_hash_meets_each_field_once() {
    let mut local = Local::new(circlet_resp::Proto::Resp2);
    for at in 0..1_000 {
        local.call(&words(&format!("HSET h f{at} {at}")), now());
    }
    let (mut met, mut steps, mut cursor) = (Vec::new(), 0, "0".to_owned());
    loop {
        let reply = local.call(&words(&format!("HSCAN h {cursor} COUNT 50 NOVALUES")), now());
        let step = elements(&reply);
        let fields = elements(&step[1]);
        assert!(fields.len() <= 60, "COUNT is obeyed: {}", fields.len());
        met.extend(fields);
        steps += 1;
        cursor = shown(&step[0]).split(' ').nth(1).expect("a cursor").to_owned();
        if cursor == "0" {
            break;
        }
    }
    assert_eq!((met.len(), steps), (1_000, 20));
    met.sort_unstable();
    met.dedup();
    assert_eq!(met.len(), 1_000, "no field comes twice");
}

/// Redis's documentation of 7.4: Debian's server has no such commands.
#[test]
fn fields_expire_one_by_one() {
    replies_of_circlet(
        "
        HSET h a 1 b 2 c 3 d 4 -> :4
        HEXPIRE h 100 FIELDS 3 a b nosuch -> *3 :1 :1 :-2
        HTTL h FIELDS 3 a c nosuch -> *3 :100 :-1 :-2
        HPTTL h fields 1 c -> *1 :-1
        HEXPIREAT h 33000000000 FIELDS 1 c -> *1 :1
        HEXPIRETIME h FIELDS 1 c -> *1 :33000000000
        HPEXPIRETIME h FIELDS 1 c -> *1 :33000000000000
        HPEXPIREAT h 33000000000001 FIELDS 1 c -> *1 :1
        HEXPIRETIME h FIELDS 1 c -> *1 :33000000001
        HPERSIST h FIELDS 4 a a d nosuch -> *4 :1 :-1 :-1 :-2
        HTTL h FIELDS 1 a -> *1 :-1
        HGETALL h ~> *8 $1 a $1 1 $1 b $1 2 $1 c $1 3 $1 d $1 4
        HEXPIRE h 0 FIELDS 2 a a -> *2 :2 :-2
        HPEXPIREAT h 1 FIELDS 1 b -> *1 :2
        HLEN h -> :2
        HPEXPIRE h 0 FIELDS 2 c d -> *2 :2 :2
        EXISTS h -> :0
        ",
    );
}

#[test]
fn an_absent_hash_answers_for_each_field() {
    replies_of_circlet(
        "
        HEXPIRE nosuch 100 FIELDS 2 a b -> *2 :-2 :-2
        HPERSIST nosuch FIELDS 1 a -> *1 :-2
        HTTL nosuch FIELDS 2 a a -> *2 :-2 :-2
        HPEXPIRETIME nosuch FIELDS 1 a -> *1 :-2
        EXISTS nosuch -> :0
        ",
    );
    replies_of_circlet_in_resp3(
        "
        HSET h a 1 -> :1
        HEXPIRE h 100 FIELDS 2 a b -> *2 :1 :-2
        HTTL h FIELDS 1 a -> *1 :100
        ",
    );
}

#[test]
fn a_condition_may_forbid_a_deadline() {
    replies_of_circlet(
        "
        HSET h a 1 b 2 -> :2
        HEXPIRE h 100 XX FIELDS 1 a -> *1 :0
        HEXPIRE h 100 GT FIELDS 1 a -> *1 :0
        HTTL h FIELDS 1 a -> *1 :-1
        HEXPIRE h 100 NX FIELDS 1 a -> *1 :1
        HEXPIRE h 200 nx FIELDS 2 a b -> *2 :0 :1
        HEXPIRE h 50 GT FIELDS 2 a b -> *2 :0 :0
        HEXPIRE h 150 GT FIELDS 2 a b -> *2 :1 :0
        HEXPIRE h 300 LT FIELDS 2 a b -> *2 :0 :0
        HEXPIRE h 170 lt FIELDS 2 a b -> *2 :0 :1
        HTTL h FIELDS 2 a b -> *2 :150 :170
        HPERSIST h FIELDS 1 a -> *1 :1
        HEXPIRE h 900 LT FIELDS 1 a -> *1 :1
        HEXPIRE h 800 XX FIELDS 1 a -> *1 :1
        HEXPIRE h 0 NX FIELDS 1 a -> *1 :0
        HEXPIRE h 0 LT FIELDS 1 a -> *1 :2
        HPEXPIREAT h 33000000000000 FIELDS 1 b -> *1 :1
        HPEXPIREAT h 33000000000000 GT FIELDS 1 b -> *1 :0
        HPEXPIREAT h 33000000000000 LT FIELDS 1 b -> *1 :0
        ",
    );
}

#[test]
fn commands_on_expiring_fields_refuse_what_redis_refuses() {
    let missing = "-ERR Mandatory argument FIELDS is missing or not at the right position";
    let mismatch = "-ERR The `numfields` parameter must match the number of arguments";
    replies_of_circlet(&format!(
        "
        HSET h a 1 -> :1
        SET s v -> +OK
        HEXPIRE h 10 FIELDS 1 -> -ERR wrong number of arguments for 'hexpire' command
        HTTL h FIELDS 1 -> -ERR wrong number of arguments for 'httl' command
        HEXPIRE s x FIELDS 1 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        HTTL s NOSUCH 1 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        HPERSIST s FIELDS 1 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        HEXPIRE h x FIELDS 1 a -> -ERR value is not an integer or out of range
        HEXPIRE h -1 FIELDS 1 a -> -ERR invalid expire time, must be >= 0
        HEXPIRE h 9223372036854775807 FIELDS 1 a -> -ERR invalid expire time in 'hexpire' command
        HPEXPIRE h 70368744177663 FIELDS 1 a -> -ERR invalid expire time in 'hpexpire' command
        HEXPIREAT h 70368744178 FIELDS 1 a -> -ERR invalid expire time in 'hexpireat' command
        HPEXPIREAT h 70368744177664 FIELDS 1 a -> -ERR invalid expire time in 'hpexpireat' command
        HPEXPIREAT h 70368744177663 FIELDS 1 a -> *1 :1
        HEXPIRE h 10 NX GT FIELDS 1 a -> {missing}
        HEXPIRE h 10 NOSUCH FIELDS 1 a -> {missing}
        HEXPIRE h 10 1 a FIELDS -> {missing}
        HTTL h 1 a FIELDS -> {missing}
        HPERSIST h NOSUCH 1 a -> {missing}
        HEXPIRE h 10 FIELDS 0 a -> -ERR Parameter `numFields` should be greater than 0
        HEXPIRE h 10 FIELDS x a -> -ERR Parameter `numFields` should be greater than 0
        HTTL h FIELDS 0 a -> -ERR Number of fields must be a positive integer
        HPERSIST h FIELDS -1 a -> -ERR Number of fields must be a positive integer
        HEXPIRE h 10 FIELDS 2 a -> {mismatch}
        HEXPIRE h 10 FIELDS 1 a b -> {mismatch}
        HTTL h FIELDS 9223372036854775807 a -> {mismatch}
        HPERSIST h FIELDS 1 a b -> {mismatch}
        HPERSIST nosuch FIELDS 1 a b -> {mismatch}
        "
    ));
}

#[test]
fn what_replaces_a_value_ends_its_deadline_and_what_changes_it_does_not() {
    replies_of_circlet(
        "
        HSET h n 5 f 1.5 s x -> :3
        HEXPIRE h 1000 FIELDS 3 n f s -> *3 :1 :1 :1
        HINCRBY h n 1 -> :6
        HINCRBYFLOAT h f 1 -> $3 2.5
        HSETNX h s y -> :0
        HTTL h FIELDS 3 n f s -> *3 :1000 :1000 :1000
        HSET h s y n 7 -> :0
        HMSET h f 1 -> +OK
        HTTL h FIELDS 3 n f s -> *3 :-1 :-1 :-1
        HEXPIRE h 1000 FIELDS 1 n -> *1 :1
        ",
    );
    replies_of_circlet(
        "
        HSET {t}h n 5 -> :1
        HEXPIRE {t}h 1000 FIELDS 1 n -> *1 :1
        COPY {t}h {t}h2 -> :1
        HTTL {t}h2 FIELDS 1 n -> *1 :1000
        RENAME {t}h {t}h3 -> +OK
        HTTL {t}h3 FIELDS 1 n -> *1 :1000
        HDEL {t}h3 n -> :1
        HSET {t}h3 n 1 -> :1
        HTTL {t}h3 FIELDS 1 n -> *1 :-1
        ",
    );
}

#[test]
fn an_expired_field_is_not_there() {
    let mut local = Local::new(circlet_resp::Proto::Resp2);
    let start = WallMs::new(1_763_719_355_000);
    let mut at = |ms: u64, command: &str| shown(&local.call(&words(command), WallMs::new(start.get() + ms)));
    assert_eq!(at(0, "HSET h a 1 b 2 n 3"), ":3");
    assert_eq!(at(0, "HPEXPIRE h 1500 FIELDS 2 a n"), "*2 :1 :1");
    assert_eq!(at(400, "HTTL h FIELDS 1 a"), "*1 :2", "seconds are rounded up");
    assert_eq!(at(600, "HPTTL h FIELDS 1 a"), "*1 :900");
    assert_eq!(at(1_400, "HGET h a"), "$1 1");
    for (command, expected) in [
        ("HGET h a", "$-1"),
        ("HMGET h a b", "*2 $-1 $1 2"),
        ("HLEN h", ":1"),
        ("HEXISTS h a", ":0"),
        ("HSTRLEN h a", ":0"),
        ("HGETALL h", "*2 $1 b $1 2"),
        ("HKEYS h", "*1 $1 b"),
        ("HVALS h", "*1 $1 2"),
        ("HSCAN h 0", "*2 $1 0 *2 $1 b $1 2"),
        ("HRANDFIELD h 5", "*1 $1 b"),
        ("HRANDFIELD h", "$1 b"),
        ("HTTL h FIELDS 2 a b", "*2 :-2 :-1"),
        ("HPERSIST h FIELDS 1 a", "*1 :-2"),
        ("HEXPIRE h 10 FIELDS 1 a", "*1 :-2"),
        ("HDEL h a", ":0"),
        ("HINCRBY h n 1", ":1"),
        ("HTTL h FIELDS 1 n", "*1 :-1"),
        ("HSETNX h a 9", ":1"),
        ("HTTL h FIELDS 1 a", "*1 :-1"),
        ("HDEL h a b n", ":3"),
        ("EXISTS h", ":0"),
    ] {
        assert_eq!(at(1_600, command), expected, "{command}");
    }
}

#[test]
fn a_hash_whose_last_field_expires_is_gone() {
    let mut local = Local::new(circlet_resp::Proto::Resp2);
    let start = WallMs::new(1_763_719_355_000);
    let mut at = |ms: u64, command: &str| shown(&local.call(&words(command), WallMs::new(start.get() + ms)));
    assert_eq!(at(0, "HSET h a 1"), ":1");
    assert_eq!(at(0, "HPEXPIRE h 100 FIELDS 1 a"), "*1 :1");
    assert_eq!(at(50, "TYPE h"), "+hash");
    assert_eq!(at(150, "TYPE h"), "+none");
    assert_eq!(at(150, "EXISTS h"), ":0");
    assert_eq!(at(150, "SADD h m"), ":1", "another type may take the key");
    assert_eq!(at(150, "TYPE h"), "+set");
}
