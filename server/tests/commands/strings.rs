//! Commands on strings.

use crate::table::{replies, replies_in_resp3, replies_of_circlet};

#[test]
fn get_answers_what_set_wrote() {
    replies(
        r#"
        GET k -> $-1
        SET k v -> +OK
        GET k -> $1 v
        SET k "" -> +OK
        GET k -> $0
        SET k \x00\x0d\xff -> +OK
        GET k -> $3 \x00\r\xff
        "#,
    );
}

#[test]
fn a_missing_value_is_null_in_both_protocols() {
    replies("GET k -> $-1\n MGET k l -> *2 $-1 $-1");
    replies_in_resp3("GET k -> _\n MGET k l -> *2 _ _\n SET k v XX -> _\n GETDEL k -> _\n GETEX k -> _");
}

#[test]
fn set_nx_writes_only_an_absent_key_and_xx_only_a_present_one() {
    replies(
        "
        SET k a XX -> $-1
        SET k a NX -> +OK
        SET k b NX -> $-1
        GET k -> $1 a
        SET k b XX -> +OK
        GET k -> $1 b
        SETNX k c -> :0
        SETNX l c -> :1
        GET l -> $1 c
        ",
    );
}

#[test]
fn set_get_answers_the_value_before_whether_it_wrote_or_not() {
    replies(
        "
        SET k a GET -> $-1
        SET k b GET -> $1 a
        SET k c NX GET -> $1 b
        GET k -> $1 b
        SET l c XX GET -> $-1
        EXISTS l -> :0
        SET l c GET NX -> $-1
        GET l -> $1 c
        GETSET k d -> $1 b
        GETSET m d -> $-1
        ",
    );
}

#[test]
fn options_of_set_that_exclude_each_other_are_a_syntax_error() {
    replies(
        "
        SET k v NX XX -> -ERR syntax error
        SET k v XX NX -> -ERR syntax error
        SET k v EX 10 PX 10 -> -ERR syntax error
        SET k v EX 10 KEEPTTL -> -ERR syntax error
        SET k v KEEPTTL EX 10 -> -ERR syntax error
        SET k v EX -> -ERR syntax error
        SET k v FOO -> -ERR syntax error
        SET k v PERSIST -> -ERR syntax error
        EXISTS k -> :0
        SET k v NX NX -> +OK
        SET k v EX 10 EX 20 -> +OK
        TTL k -> :20
        SET k v keepttl KeepTTL -> +OK
        TTL k -> :20
        ",
    );
}

#[test]
fn a_plain_write_forgets_the_time_to_live_and_keepttl_keeps_it() {
    replies(
        "
        SET k v EXAT 33177117420 -> +OK
        SET k w KEEPTTL -> +OK
        EXPIRETIME k -> :33177117420
        SET k w -> +OK
        TTL k -> :-1
        SET k v PXAT 33177117420123 -> +OK
        PEXPIRETIME k -> :33177117420123
        GETSET k w -> $1 v
        TTL k -> :-1
        PSETEX k 5000000 v -> +OK
        TTL k -> :5000
        SETEX k 5000 v -> +OK
        TTL k -> :5000
        MSET k v -> +OK
        TTL k -> :-1
        SET k v EX 100 -> +OK
        SETNX k w -> :0
        TTL k -> :100
        SET k w XX -> +OK
        TTL k -> :-1
        SET new v KEEPTTL -> +OK
        TTL new -> :-1
        ",
    );
}

#[test]
fn changes_of_a_value_keep_its_time_to_live() {
    replies(
        r"
        SET k 1 EXAT 33177117420 -> +OK
        INCR k -> :2
        APPEND k 5 -> :2
        INCRBYFLOAT k 0.5 -> $4 25.5
        SETRANGE k 0 3 -> :4
        SETBIT k 7 0 -> :1
        GET k -> $4 25.5
        EXPIRETIME k -> :33177117420
        ",
    );
}

#[test]
fn a_time_to_live_must_be_positive_and_fit_64_bits() {
    replies(
        "
        SET k v EX 0 -> -ERR invalid expire time in 'set' command
        SET k v PX -1 -> -ERR invalid expire time in 'set' command
        SET k v EX 9223372036854775807 -> -ERR invalid expire time in 'set' command
        SET k v PX 9223372036854775807 -> -ERR invalid expire time in 'set' command
        SET k v EX 1.5 -> -ERR value is not an integer or out of range
        SETEX k 0 v -> -ERR invalid expire time in 'setex' command
        SETEX k x v -> -ERR value is not an integer or out of range
        PSETEX k -5 v -> -ERR invalid expire time in 'psetex' command
        GETEX k EX 0 -> $-1
        EXISTS k -> :0
        SET k v -> +OK
        GETEX k EX 0 -> -ERR invalid expire time in 'getex' command
        SET k v PXAT 9223372036854775807 -> +OK
        PEXPIRETIME k -> :9223372036854775807
        EXPIRETIME k -> :9223372036854776
        ",
    );
}

#[test]
fn a_value_that_is_written_with_a_time_past_is_gone_at_once() {
    replies(
        "
        SET k v PXAT 1 -> +OK
        GET k -> $-1
        SET k v EXAT 1 GET -> $-1
        EXISTS k -> :0
        ",
    );
}

#[test]
fn getdel_answers_and_deletes() {
    replies("SET k v -> +OK\n GETDEL k -> $1 v\n GETDEL k -> $-1\n EXISTS k -> :0");
}

#[test]
fn getex_changes_the_time_to_live_of_what_it_reads() {
    replies(
        "
        SET k v -> +OK
        GETEX k EX 100 -> $1 v
        TTL k -> :100
        GETEX k -> $1 v
        TTL k -> :100
        GETEX k PERSIST -> $1 v
        TTL k -> :-1
        GETEX k PERSIST -> $1 v
        GETEX k PXAT 33177117420123 -> $1 v
        PEXPIRETIME k -> :33177117420123
        GETEX k EX 10 PERSIST -> -ERR syntax error
        GETEX k PERSIST EX 10 -> -ERR syntax error
        GETEX k PERSIST PERSIST -> $1 v
        GETEX k EX 10 EX 20 -> $1 v
        TTL k -> :20
        GETEX k EX 10 PX 20 -> -ERR syntax error
        GETEX k EX -> -ERR syntax error
        GETEX k KEEPTTL -> -ERR syntax error
        GETEX k NX -> -ERR syntax error
        GETEX k EXAT 1 -> $1 v
        EXISTS k -> :0
        GETEX k EX 10 -> $-1
        ",
    );
}

#[test]
fn commands_on_several_keys_answer_in_their_order() {
    replies(
        "
        MSET a 1 b 2 a 3 -> +OK
        MGET a b c a -> *4 $1 3 $1 2 $-1 $1 3
        MSET a -> -ERR wrong number of arguments for 'mset' command
        MSET a 9 b -> -ERR wrong number of arguments for 'mset' command
        GET a -> $1 3
        ",
    );
}

#[test]
fn msetnx_writes_all_or_nothing() {
    replies(
        "
        MSETNX {t}a 1 {t}b 2 -> :1
        MSETNX {t}c 1 {t}b 3 -> :0
        MGET {t}a {t}b {t}c -> *3 $1 1 $1 2 $-1
        MSETNX {t}d 1 {t}d 2 -> :1
        GET {t}d -> $1 2
        MSETNX {t}x 1 {t}y -> -ERR wrong number of arguments for 'msetnx' command
        ",
    );
}

#[test]
fn append_and_strlen_count_bytes() {
    replies(
        r#"
        STRLEN k -> :0
        APPEND k "" -> :0
        EXISTS k -> :1
        APPEND k ab -> :2
        APPEND k \x00 -> :3
        STRLEN k -> :3
        GET k -> $3 ab\x00
        "#,
    );
}

#[test]
fn getrange_counts_from_both_ends() {
    replies(
        "
        SET k hello -> +OK
        GETRANGE k 0 -1 -> $5 hello
        GETRANGE k 1 3 -> $3 ell
        GETRANGE k -3 -2 -> $2 ll
        GETRANGE k -100 100 -> $5 hello
        GETRANGE k 3 1 -> $0
        GETRANGE k -1 -5 -> $0
        GETRANGE k 5 9 -> $0
        GETRANGE k -100 -50 -> $1 h
        GETRANGE k -9223372036854775808 9223372036854775807 -> $5 hello
        GETRANGE none 0 -1 -> $0
        GETRANGE k a 1 -> -ERR value is not an integer or out of range
        SUBSTR k 0 1 -> $2 he
        ",
    );
}

#[test]
fn setrange_overwrites_and_pads_with_zeros() {
    replies(
        r#"
        SETRANGE k 0 "" -> :0
        EXISTS k -> :0
        SETRANGE k 2 ab -> :4
        GET k -> $4 \x00\x00ab
        SETRANGE k 1 xy -> :4
        GET k -> $4 \x00xyb
        SETRANGE k 99 "" -> :4
        SETRANGE k -1 x -> -ERR offset is out of range
        SETRANGE k 536870912 x -> -ERR string exceeds maximum allowed size (proto-max-bulk-len)
        SETRANGE k 9223372036854775807 x -> -ERR string exceeds maximum allowed size (proto-max-bulk-len)
        SETRANGE k 9223372036854775807 "" -> :4
        SETRANGE k x x -> -ERR value is not an integer or out of range
        "#,
    );
}

#[test]
fn counters_add_up_and_refuse_what_is_no_integer() {
    replies(
        "
        INCR k -> :1
        INCRBY k 41 -> :42
        DECR k -> :41
        DECRBY k 50 -> :-9
        DECRBY k -9 -> :0
        GET k -> $1 0
        APPEND k 7 -> :2
        INCR k -> -ERR value is not an integer or out of range
        SET k 1.5 -> +OK
        INCR k -> -ERR value is not an integer or out of range
        INCRBY k x -> -ERR value is not an integer or out of range
        SET k 17 -> +OK
        INCRBY k 01 -> -ERR value is not an integer or out of range
        INCRBY k +1 -> -ERR value is not an integer or out of range
        ",
    );
}

#[test]
fn counters_end_where_64_bits_end() {
    replies(
        "
        SET k 9223372036854775807 -> +OK
        INCR k -> -ERR increment or decrement would overflow
        DECRBY k 9223372036854775807 -> :0
        DECRBY k 9223372036854775807 -> :-9223372036854775807
        DECR k -> :-9223372036854775808
        DECR k -> -ERR increment or decrement would overflow
        DECRBY k -9223372036854775808 -> -ERR decrement would overflow
        INCRBY k -9223372036854775808 -> -ERR increment or decrement would overflow
        GET k -> $20 -9223372036854775808
        SET k 9223372036854775808 -> +OK
        INCR k -> -ERR value is not an integer or out of range
        ",
    );
}

#[test]
fn floats_add_up_in_extended_precision() {
    replies(
        "
        INCRBYFLOAT k 10.50 -> $4 10.5
        INCRBYFLOAT k 0.1 -> $4 10.6
        INCRBYFLOAT k -5 -> $3 5.6
        INCRBYFLOAT k -5.6 -> $1 0
        SET k 5.0e3 -> +OK
        INCRBYFLOAT k 2.0e2 -> $4 5200
        INCRBYFLOAT k 0x10 -> $4 5216
        INCRBYFLOAT k inf -> -ERR increment would produce NaN or Infinity
        INCRBYFLOAT k nan -> -ERR value is not a valid float
        INCRBYFLOAT k 1x -> -ERR value is not a valid float
        INCRBYFLOAT k 1e4933 -> -ERR value is not a valid float
        SET k abc -> +OK
        INCRBYFLOAT k 1 -> -ERR value is not a valid float
        SET k 3000 -> +OK
        INCRBYFLOAT k 0.1 -> $22 3000.10000000000000009
        ",
    );
}

#[test]
fn lcs_finds_the_longest_common_subsequence() {
    replies(
        "
        MSET {t}a ohmytext {t}b mynewtext -> +OK
        LCS {t}a {t}b -> $6 mytext
        LCS {t}a {t}b LEN -> :6
        LCS {t}a {t}b IDX -> *4 $7 matches *2 *2 *2 :4 :7 *2 :5 :8 *2 *2 :2 :3 *2 :0 :1 $3 len :6
        LCS {t}a {t}b IDX MINMATCHLEN 4 -> *4 $7 matches *1 *2 *2 :4 :7 *2 :5 :8 $3 len :6
        LCS {t}a {t}b IDX MINMATCHLEN 4 WITHMATCHLEN -> *4 $7 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 $3 len :6
        LCS {t}a {t}b IDX MINMATCHLEN -5 WITHMATCHLEN -> *4 $7 matches *2 *3 *2 :4 :7 *2 :5 :8 :4 *3 *2 :2 :3 *2 :0 :1 :2 $3 len :6
        LCS {t}a {t}none -> $0
        LCS {t}a {t}none IDX -> *4 $7 matches *0 $3 len :0
        LCS {t}a {t}a LEN -> :8
        LCS {t}a {t}b LEN IDX -> -ERR If you want both the length and indexes, please just use IDX.
        LCS {t}a {t}b FOO -> -ERR syntax error
        LCS {t}a {t}b MINMATCHLEN -> -ERR syntax error
        LCS {t}a {t}b MINMATCHLEN x -> -ERR value is not an integer or out of range
        SETRANGE {t}a 12000 x -> :12001
        SETRANGE {t}b 12000 x -> :12001
        LCS {t}a {t}b -> -ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
        ",
    );
    replies_in_resp3("LCS {t}a {t}b IDX -> %2 $7 matches *0 $3 len :0");
}

#[test]
fn arguments_are_counted_before_anything_else() {
    replies(
        "
        GET -> -ERR wrong number of arguments for 'get' command
        get a b -> -ERR wrong number of arguments for 'get' command
        SET k -> -ERR wrong number of arguments for 'set' command
        NOSUCH a -> -ERR unknown command 'NOSUCH', with args beginning with: 'a'
        ",
    );
}

#[test]
fn object_tells_how_redis_would_keep_a_value() {
    replies(
        "
        OBJECT ENCODING k -> $-1
        SET k 123 -> +OK
        OBJECT ENCODING k -> $3 int
        OBJECT REFCOUNT k -> :2147483647
        SET k 10000 -> +OK
        OBJECT REFCOUNT k -> :1
        INCR k -> :10001
        OBJECT ENCODING k -> $3 int
        SET k 01 -> +OK
        OBJECT ENCODING k -> $6 embstr
        SET k 12345678901234567890123456789012345678901234 -> +OK
        OBJECT ENCODING k -> $6 embstr
        SET k 123456789012345678901234567890123456789012345 -> +OK
        OBJECT ENCODING k -> $3 raw
        OBJECT IDLETIME k -> :0
        OBJECT IDLETIME none -> $-1
        OBJECT REFCOUNT none -> $-1
        OBJECT FREQ none -> $-1
        OBJECT FREQ k -> -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        OBJECT NOSUCH k -> -ERR unknown subcommand 'NOSUCH'. Try OBJECT HELP.
        OBJECT ENCODING -> -ERR wrong number of arguments for 'object|encoding' command
        ",
    );
}

/// Redis tells how the last command left the value, we what a fresh one would be.
#[test]
fn the_encoding_of_a_changed_value_is_that_of_a_fresh_one() {
    replies_of_circlet(
        "
        APPEND k a -> :1
        APPEND k b -> :2
        OBJECT ENCODING k -> $6 embstr
        INCRBYFLOAT f 3 -> $1 3
        OBJECT ENCODING f -> $3 int
        ",
    );
}
