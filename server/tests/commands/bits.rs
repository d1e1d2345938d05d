//! Commands on bits of strings.

use crate::table::{replies, replies_of_circlet};

#[test]
fn bits_are_set_and_read_from_the_highest_on() {
    replies(
        r"
        SETBIT k 1 1 -> :0
        SETBIT k 7 1 -> :0
        GET k -> $1 A
        SETBIT k 1 0 -> :1
        GETBIT k 7 -> :1
        GETBIT k 1 -> :0
        GETBIT k 800 -> :0
        GETBIT none 0 -> :0
        SETBIT k 20 0 -> :0
        GET k -> $3 \x01\x00\x00
        ",
    );
}

#[test]
fn a_bit_or_an_offset_that_there_is_not_is_refused() {
    replies(
        "
        SETBIT k 0 2 -> -ERR bit is not an integer or out of range
        SETBIT k 0 x -> -ERR bit is not an integer or out of range
        SETBIT k -1 1 -> -ERR bit offset is not an integer or out of range
        SETBIT k x 1 -> -ERR bit offset is not an integer or out of range
        SETBIT k 4294967296 1 -> -ERR bit offset is not an integer or out of range
        GETBIT k 4294967296 -> -ERR bit offset is not an integer or out of range
        GETBIT k 4294967295 -> :0
        EXISTS k -> :0
        ",
    );
}

#[test]
fn bitcount_counts_in_bytes_or_bits() {
    replies(
        "
        SET k foobar -> +OK
        BITCOUNT k -> :26
        BITCOUNT k 0 0 -> :4
        BITCOUNT k 1 1 BYTE -> :6
        BITCOUNT k 5 30 BIT -> :17
        BITCOUNT k -6 -1 bit -> :3
        BITCOUNT k -2 -1 -> :7
        BITCOUNT k -1 -2 -> :0
        BITCOUNT k 3 2 -> :0
        BITCOUNT k 0 1000 -> :26
        BITCOUNT k 0 1 FOO -> -ERR syntax error
        BITCOUNT k 0 -> -ERR syntax error
        BITCOUNT k x 1 -> -ERR value is not an integer or out of range
        BITCOUNT none -> :0
        BITCOUNT none 0 -1 -> :0
        ",
    );
}

#[test]
fn bitpos_finds_the_first_bit() {
    replies(
        r#"
        SET k \xff\xf0\x00 -> +OK
        BITPOS k 0 -> :12
        BITPOS k 1 -> :0
        BITPOS k 1 2 -> :-1
        BITPOS k 0 2 -> :16
        BITPOS k 1 -2 -1 -> :8
        BITPOS k 0 0 0 -> :-1
        BITPOS k 0 7 20 BIT -> :12
        BITPOS k 1 9 9 BIT -> :9
        BITPOS k 0 9 9 BIT -> :-1
        BITPOS k 1 5 1 -> :-1
        SET k \xff\xff -> +OK
        BITPOS k 0 -> :16
        BITPOS k 0 0 -> :16
        BITPOS k 0 1 -> :16
        BITPOS k 0 2 -> :-1
        BITPOS k 0 0 -1 -> :-1
        BITPOS k 0 0 -1 BIT -> :-1
        SET k "" -> +OK
        BITPOS k 0 -> :-1
        BITPOS k 1 -> :-1
        BITPOS none 0 -> :0
        BITPOS none 1 -> :-1
        BITPOS none 0 5 9 -> :0
        BITPOS k 2 -> -ERR The bit argument must be 1 or 0.
        BITPOS k x -> -ERR value is not an integer or out of range
        BITPOS k 1 x -> -ERR value is not an integer or out of range
        BITPOS k 1 0 x -> -ERR value is not an integer or out of range
        BITPOS k 1 0 1 FOO -> -ERR syntax error
        BITPOS k 1 0 1 BIT x -> -ERR syntax error
        "#,
    );
}

/// Redis 7.2 looks at the arguments first; 7.0 answers 0.
#[test]
fn bad_arguments_are_an_error_on_an_absent_key_too() {
    replies_of_circlet(
        "
        BITCOUNT none x y -> -ERR value is not an integer or out of range
        BITCOUNT none 0 -> -ERR syntax error
        BITPOS none 0 x -> -ERR value is not an integer or out of range
        BITPOS none 0 0 1 FOO -> -ERR syntax error
        ",
    );
}

#[test]
fn bits_of_several_values_are_put_together() {
    replies(
        r"
        SET {t}a abc -> +OK
        SET {t}b AB EX 1000 -> +OK
        BITOP AND {t}d {t}a {t}b -> :3
        GET {t}d -> $3 AB\x00
        BITOP or {t}d {t}a {t}b -> :3
        GET {t}d -> $3 abc
        BITOP XOR {t}d {t}a {t}b {t}none -> :3
        GET {t}d -> $3   c
        BITOP NOT {t}d {t}a -> :3
        GET {t}d -> $3 \x9e\x9d\x9c
        BITOP AND {t}d {t}a {t}none -> :3
        GET {t}d -> $3 \x00\x00\x00
        BITOP NOT {t}d {t}a {t}b -> -ERR BITOP NOT must be called with a single source key.
        BITOP NAND {t}d {t}a -> -ERR syntax error
        BITOP OR {t}b {t}b -> :2
        TTL {t}b -> :-1
        BITOP AND {t}d {t}none -> :0
        EXISTS {t}d -> :0
        RPUSH {t}l x -> :1
        BITOP AND {t}d {t}a {t}l -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BITOP OR {t}l {t}a -> :3
        GET {t}l -> $3 abc
        COMMAND GETKEYS BITOP AND d a b -> *3 $1 d $1 a $1 b
        ",
    );
}

#[test]
fn integers_of_any_size_are_read_and_written() {
    replies(
        r"
        BITFIELD k -> *0
        BITFIELD k GET u8 0 -> *1 :0
        BITFIELD k SET u8 0 255 GET u8 0 -> *2 :0 :255
        BITFIELD k INCRBY u8 0 1 -> *1 :0
        BITFIELD k OVERFLOW SAT INCRBY u8 0 300 -> *1 :255
        BITFIELD k OVERFLOW fail INCRBY u8 0 1 OVERFLOW WRAP INCRBY u8 0 2 -> *2 $-1 :1
        BITFIELD k SET i8 #1 -1 GET i8 #1 GET u4 #3 -> *3 :0 :-1 :15
        BITFIELD_RO k GET i8 8 GET u3 7 -> *2 :-1 :7
        GET k -> $2 \x01\xff
        EXPIRE k 1000 -> :1
        BITFIELD k SET u2 0 3 -> *1 :0
        TTL k -> :1000
        BITFIELD i INCRBY i64 0 9223372036854775807 INCRBY i64 0 1 -> *2 :9223372036854775807 :-9223372036854775808
        BITFIELD i OVERFLOW SAT INCRBY i64 0 -1 INCRBY i64 0 -9223372036854775808 -> *2 :-9223372036854775808 :-9223372036854775808
        BITFIELD j SET i5 0 -17 SET i5 5 15 OVERFLOW SAT SET i5 10 16 SET i5 15 -100 -> *4 :0 :0 :0 :0
        BITFIELD j GET i5 0 GET i5 5 GET i5 10 GET i5 15 -> *4 :15 :15 :15 :-16
        BITFIELD j OVERFLOW SAT SET u63 0 -1 GET u63 0 -> *2 :4462926493235806208 :9223372036854775807
        BITFIELD j OVERFLOW FAIL SET u63 0 -1 -> *1 $-1
        BITFIELD n OVERFLOW FAIL INCRBY u2 100 5 -> *1 $-1
        STRLEN n -> :13
        BITFIELD none OVERFLOW WRAP -> *0
        EXISTS none -> :0
        ",
    );
}

#[test]
fn what_bitfield_cannot_do_is_refused() {
    let no_type = "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
    let no_offset = "-ERR bit offset is not an integer or out of range";
    replies(&format!(
        "
        BITFIELD k OVERFLOW FOO -> -ERR Invalid OVERFLOW type specified
        BITFIELD k OVERFLOW -> -ERR syntax error
        BITFIELD k SET u64 0 1 -> {no_type}
        BITFIELD k SET u0 0 1 -> {no_type}
        BITFIELD k SET i65 0 1 -> {no_type}
        BITFIELD k GET x8 0 -> {no_type}
        BITFIELD k SET i8 -1 1 -> {no_offset}
        BITFIELD k SET i8 # 1 -> {no_offset}
        BITFIELD k SET i8 #x 1 -> {no_offset}
        BITFIELD k GET i8 4294967296 -> {no_offset}
        BITFIELD k SET i8 0 -> -ERR syntax error
        BITFIELD k GET i8 -> -ERR syntax error
        BITFIELD k FOO i8 0 -> -ERR syntax error
        BITFIELD k SET i8 0 x -> -ERR value is not an integer or out of range
        BITFIELD_RO k SET i8 0 1 -> -ERR BITFIELD_RO only supports the GET subcommand
        BITFIELD_RO k OVERFLOW SAT -> *0
        RPUSH l x -> :1
        BITFIELD l GET u8 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BITFIELD l SET u8 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        EXISTS k -> :0
        "
    ));
}
