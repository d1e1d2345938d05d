//! Commands on keys, whatever they hold.

use circlet_core::time::WallMs;
use circlet_resp::Proto;

use crate::local::Local;
use crate::table::replies;
use crate::wire;

#[test]
fn a_key_named_twice_is_deleted_once_and_exists_twice() {
    replies(
        "
        MSET a 1 b 2 -> +OK
        EXISTS a a b c -> :3
        TOUCH a a c -> :2
        DEL a a c -> :1
        UNLINK b b -> :1
        EXISTS a b -> :0
        ",
    );
}

#[test]
fn the_type_of_a_key_is_told() {
    replies("TYPE k -> +none\n SET k v -> +OK\n TYPE k -> +string\n DEL k -> :1\n TYPE k -> +none");
}

#[test]
fn times_to_live_are_told_in_every_unit() {
    replies(
        "
        TTL k -> :-2
        PTTL k -> :-2
        EXPIRETIME k -> :-2
        PEXPIRETIME k -> :-2
        SET k v -> +OK
        TTL k -> :-1
        PTTL k -> :-1
        EXPIRETIME k -> :-1
        PEXPIRETIME k -> :-1
        PEXPIREAT k 33177117420501 -> :1
        PEXPIRETIME k -> :33177117420501
        EXPIRETIME k -> :33177117421
        EXPIREAT k 33177117420 -> :1
        PEXPIRETIME k -> :33177117420000
        EXPIRE k 1000 -> :1
        TTL k -> :1000
        PEXPIRE k 2000000 -> :1
        TTL k -> :2000
        PERSIST k -> :1
        PERSIST k -> :0
        PERSIST none -> :0
        TTL k -> :-1
        ",
    );
}

#[test]
fn expire_keeps_to_its_condition() {
    replies(
        "
        EXPIREAT none 33177117420 -> :0
        SET k v -> +OK
        EXPIREAT k 33177117420 XX -> :0
        EXPIREAT k 33177117420 GT -> :0
        EXPIREAT k 33177117420 LT -> :1
        EXPIREAT k 33177117425 NX -> :0
        EXPIREAT k 33177117420 GT -> :0
        EXPIREAT k 33177117420 LT -> :0
        EXPIREAT k 33177117421 GT -> :1
        EXPIREAT k 33177117419 LT -> :1
        EXPIREAT k 33177117430 XX GT -> :1
        EXPIREAT k 33177117400 LT XX -> :1
        EXPIRETIME k -> :33177117400
        EXPIREAT k 1 GT -> :0
        EXISTS k -> :1
        EXPIREAT k 1 LT -> :1
        EXISTS k -> :0
        ",
    );
}

#[test]
fn conditions_of_expire_that_exclude_each_other_are_refused() {
    replies(
        "
        SET k v -> +OK
        EXPIRE k 10 NX XX -> -ERR NX and XX, GT or LT options at the same time are not compatible
        EXPIRE k 10 NX GT -> -ERR NX and XX, GT or LT options at the same time are not compatible
        EXPIRE k 10 GT LT -> -ERR GT and LT options at the same time are not compatible
        EXPIRE k 10 FOO -> -ERR Unsupported option FOO
        EXPIRE k x FOO -> -ERR Unsupported option FOO
        EXPIRE k x -> -ERR value is not an integer or out of range
        EXPIRE none x -> -ERR value is not an integer or out of range
        EXPIRE k 9223372036854775807 -> -ERR invalid expire time in 'expire' command
        PEXPIRE k 9223372036854775807 -> -ERR invalid expire time in 'pexpire' command
        EXPIREAT k 9223372036854775807 -> -ERR invalid expire time in 'expireat' command
        EXPIRE k -9223372036854775808 -> -ERR invalid expire time in 'expire' command
        EXPIRE none 9223372036854775807 -> -ERR invalid expire time in 'expire' command
        PEXPIREAT k 9223372036854775807 -> :1
        PEXPIRETIME k -> :9223372036854775807
        PEXPIRE k -9223372036854775808 -> :1
        EXISTS k -> :0
        ",
    );
}

#[test]
fn a_key_that_expires_in_the_past_is_deleted() {
    replies("SET k v -> +OK\n EXPIRE k 0 -> :1\n EXISTS k -> :0\n SET k v -> +OK\n PEXPIRE k -1 -> :1\n GET k -> $-1");
}

#[test]
fn a_key_lives_to_the_last_millisecond_of_its_time() {
    let mut local = Local::new(Proto::Resp2);
    let mut at = |ms, line| wire::shown(&local.call(&wire::words(line), WallMs::new(ms)));
    assert_eq!(at(1_000, "SET k v PX 500"), "+OK");
    assert_eq!(at(1_001, "PTTL k"), ":499");
    assert_eq!(at(1_001, "TTL k"), ":0", "499 ms are nearer to no second than to one");
    assert_eq!(at(1_500, "GET k"), "$1 v");
    assert_eq!(at(1_500, "PTTL k"), ":0");
    assert_eq!(at(1_501, "GET k"), "$-1");
    assert_eq!(at(1_501, "PTTL k"), ":-2");
    assert_eq!(at(1_501, "DEL k"), ":0", "what has expired was not there to delete");
    assert_eq!(at(1_501, "APPEND k w"), ":1", "nor to append to");
    assert_eq!(at(1_501, "TTL k"), ":-1", "nor its time to live to keep");
}

#[test]
fn an_expired_counter_starts_again_from_nothing() {
    let mut local = Local::new(Proto::Resp2);
    let mut at = |ms, line| wire::shown(&local.call(&wire::words(line), WallMs::new(ms)));
    assert_eq!(at(1_000, "INCRBY k 5"), ":5");
    assert_eq!(at(1_000, "PEXPIRE k 10"), ":1");
    assert_eq!(at(1_005, "INCR k"), ":6");
    assert_eq!(at(1_011, "INCR k"), ":1");
    assert_eq!(at(1_011, "TTL k"), ":-1");
}

#[test]
fn renaming_moves_value_and_time_to_live() {
    replies(
        "
        RENAME {t}a {t}b -> -ERR no such key
        RENAME {t}a {t}a -> -ERR no such key
        SET {t}a 1 EXAT 33177117420 -> +OK
        SET {t}b 2 EXAT 33177117555 -> +OK
        RENAME {t}a {t}a -> +OK
        RENAME {t}a {t}b -> +OK
        EXISTS {t}a -> :0
        GET {t}b -> $1 1
        EXPIRETIME {t}b -> :33177117420
        SET {t}c 3 -> +OK
        RENAME {t}c {t}b -> +OK
        TTL {t}b -> :-1
        RENAMENX {t}no {t}b -> -ERR no such key
        SET {t}a 1 -> +OK
        RENAMENX {t}a {t}b -> :0
        RENAMENX {t}a {t}a -> :0
        RENAMENX {t}a {t}new -> :1
        EXISTS {t}a -> :0
        GET {t}new -> $1 1
        ",
    );
}

#[test]
fn a_renamed_counter_goes_on_counting() {
    replies(
        "
        INCRBY {t}a 5 -> :5
        INCR {t}a -> :6
        RENAME {t}a {t}b -> +OK
        INCR {t}b -> :7
        INCR {t}a -> :1
        COPY {t}b {t}a REPLACE -> :1
        INCR {t}a -> :8
        GET {t}b -> $1 7
        ",
    );
}

#[test]
fn copying_leaves_the_source() {
    replies(
        "
        COPY {t}a {t}b -> :0
        COPY {t}a {t}a -> -ERR source and destination objects are the same
        SET {t}a 1 EXAT 33177117420 -> +OK
        COPY {t}a {t}b -> :1
        EXPIRETIME {t}b -> :33177117420
        GET {t}a -> $1 1
        SET {t}a 2 -> +OK
        COPY {t}a {t}b -> :0
        GET {t}b -> $1 1
        COPY {t}a {t}b REPLACE -> :1
        GET {t}b -> $1 2
        TTL {t}b -> :-1
        COPY {t}a {t}b DB 0 REPLACE -> :1
        COPY {t}a {t}b DB 1 -> -ERR DB index is out of range
        COPY {t}a {t}b DB -> -ERR syntax error
        COPY {t}a {t}b DB x -> -ERR value is not an integer or out of range
        COPY {t}a {t}b DB 4294967296 -> -ERR value is out of range, value must between -2147483648 and 2147483647
        COPY {t}a {t}b FOO -> -ERR syntax error
        ",
    );
}

#[test]
fn memory_usage_counts_a_string_and_checks_its_options() {
    replies(
        "
        MEMORY USAGE k -> $-1
        SET k v -> +OK
        MEMORY USAGE k SAMPLES -1 -> -ERR syntax error
        MEMORY USAGE k SAMPLES -> -ERR syntax error
        MEMORY USAGE k FOO 1 -> -ERR syntax error
        MEMORY USAGE k SAMPLES x -> -ERR value is not an integer or out of range
        ",
    );
}
