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
