//! Commands on lists.

use crate::table::{replies, replies_in_resp3, replies_of_circlet};

#[test]
fn elements_are_pushed_and_popped_at_both_ends() {
    replies(
        "
        RPUSH l a b c -> :3
        LPUSH l d -> :4
        LPUSHX l e f -> :6
        RPUSHX l g -> :7
        LRANGE l 0 -1 -> *7 $1 f $1 e $1 d $1 a $1 b $1 c $1 g
        LPUSHX none a -> :0
        RPUSHX none a -> :0
        EXISTS none -> :0
        LPOP l -> $1 f
        RPOP l -> $1 g
        LPOP l 2 -> *2 $1 e $1 d
        RPOP l 100 -> *3 $1 c $1 b $1 a
        EXISTS l -> :0
        LPOP l -> $-1
        RPOP l -> $-1
        LPOP l 0 -> *-1
        RPOP l 1 -> *-1
        RPUSH l a -> :1
        LPOP l 0 -> *0
        LPOP l -1 -> -ERR value is out of range, must be positive
        LPOP l x -> -ERR value is out of range, must be positive
        LPOP l 1 2 -> -ERR wrong number of arguments for 'lpop' command
        RPOP l 1 2 -> -ERR wrong number of arguments for 'rpop' command
        LLEN l -> :1
        ",
    );
    replies_in_resp3(
        "
        LPOP l -> _
        LPOP l 1 -> _
        RPUSH l a b -> :2
        LPOP l 1 -> *1 $1 a
        ",
    );
}

#[test]
fn elements_are_read_and_replaced_by_index() {
    replies(
        "
        LLEN l -> :0
        LINDEX l 0 -> $-1
        LINDEX l x -> $-1
        LSET l 0 a -> -ERR no such key
        LSET l x a -> -ERR no such key
        RPUSH l a b c -> :3
        LLEN l -> :3
        LINDEX l 0 -> $1 a
        LINDEX l 2 -> $1 c
        LINDEX l 3 -> $-1
        LINDEX l -1 -> $1 c
        LINDEX l -3 -> $1 a
        LINDEX l -4 -> $-1
        LINDEX l -9223372036854775808 -> $-1
        LINDEX l x -> -ERR value is not an integer or out of range
        LSET l 1 B -> +OK
        LSET l -1 C -> +OK
        LSET l 3 x -> -ERR index out of range
        LSET l -4 x -> -ERR index out of range
        LSET l x x -> -ERR value is not an integer or out of range
        LRANGE l 0 -1 -> *3 $1 a $1 B $1 C
        ",
    );
}

#[test]
fn lists_are_trimmed() {
    replies(
        "
        LTRIM l 0 1 -> +OK
        RPUSH l a b c d e -> :5
        LTRIM l 1 -2 -> +OK
        LRANGE l 0 -1 -> *3 $1 b $1 c $1 d
        LTRIM l 0 100 -> +OK
        LTRIM l -2 100 -> +OK
        LRANGE l 0 -1 -> *2 $1 c $1 d
        LTRIM l x 1 -> -ERR value is not an integer or out of range
        LTRIM l 0 x -> -ERR value is not an integer or out of range
        EXPIRE l 1000 -> :1
        LTRIM l 1 0 -> +OK
        EXISTS l -> :0
        RPUSH l a -> :1
        TTL l -> :-1
        EXPIRE l 1000 -> :1
        LPOP l -> $1 a
        APPEND l x -> :1
        TTL l -> :-1
        DEL l -> :1
        RPUSH l a -> :1
        EXPIRE l 1000 -> :1
        LPOP l -> $1 a
        INCR l -> :1
        TTL l -> :-1
        ",
    );
}

#[test]
fn equal_elements_are_deleted_from_either_end() {
    replies(
        "
        LREM l 0 a -> :0
        RPUSH l a b a c a d a -> :7
        LREM l 1 a -> :1
        LRANGE l 0 -1 -> *6 $1 b $1 a $1 c $1 a $1 d $1 a
        LREM l -2 a -> :2
        LRANGE l 0 -1 -> *4 $1 b $1 a $1 c $1 d
        LREM l 0 x -> :0
        LREM l x a -> -ERR value is not an integer or out of range
        RPUSH l a a -> :6
        LREM l 0 a -> :3
        LRANGE l 0 -1 -> *3 $1 b $1 c $1 d
        LREM l 5 b -> :1
        LREM l -9223372036854775807 c -> :1
        LREM l 0 d -> :1
        EXISTS l -> :0
        ",
    );
}

#[test]
fn elements_are_inserted_beside_the_first_equal_one() {
    replies(
        "
        LINSERT l BEFORE a b -> :0
        LINSERT l BESIDE a b -> -ERR syntax error
        RPUSH l a c a -> :3
        LINSERT l BEFORE a 0 -> :4
        LINSERT l after a b -> :5
        LINSERT l AFTER x y -> :-1
        LINSERT l BEFORE x y -> :-1
        LRANGE l 0 -1 -> *5 $1 0 $1 a $1 b $1 c $1 a
        LINSERT l AFTER c d -> :6
        LINSERT l BEFORE c e -> :7
        LRANGE l 0 -1 -> *7 $1 0 $1 a $1 b $1 e $1 c $1 d $1 a
        LPOP l -> $1 0
        RPOP l -> $1 a
        RPUSH l z -> :6
        LRANGE l 0 -1 -> *6 $1 a $1 b $1 e $1 c $1 d $1 z
        ",
    );
}

#[test]
fn equal_elements_are_found() {
    replies(
        "
        LPOS none a -> $-1
        LPOS none a COUNT 1 -> *0
        RPUSH l a b c 1 2 3 c c -> :8
        LPOS l c -> :2
        LPOS l c RANK 2 -> :6
        LPOS l c RANK -1 -> :7
        LPOS l c RANK -3 -> :2
        LPOS l c RANK 4 -> $-1
        LPOS l c COUNT 2 -> *2 :2 :6
        LPOS l c RANK -1 COUNT 2 -> *2 :7 :6
        LPOS l c COUNT 0 -> *3 :2 :6 :7
        LPOS l c RANK 2 COUNT 0 -> *2 :6 :7
        LPOS l x COUNT 0 -> *0
        LPOS l c MAXLEN 2 -> $-1
        LPOS l c MAXLEN 3 -> :2
        LPOS l c MAXLEN 0 RANK 3 -> :7
        LPOS l c RANK -2 MAXLEN 2 COUNT 0 -> *1 :6
        LPOS l c RANK -3 MAXLEN 3 -> $-1
        LPOS l a MAXLEN 100 COUNT 5 -> *1 :0
        LPOS l c RANK 0 -> -ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
        LPOS l c RANK x -> -ERR value is not an integer or out of range
        LPOS l c COUNT -1 -> -ERR COUNT can't be negative
        LPOS l c COUNT x -> -ERR COUNT can't be negative
        LPOS l c MAXLEN -1 -> -ERR MAXLEN can't be negative
        LPOS l c RANK -> -ERR syntax error
        LPOS l c NOSUCH 1 -> -ERR syntax error
        ",
    );
    // Redis 7.0 overflows.
    replies_of_circlet(
        "
        RPUSH l a -> :1
        LPOS l a RANK -9223372036854775808 -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        ",
    );
}

#[test]
fn an_element_moves_between_lists_and_within_one() {
    replies(
        "
        LMOVE {t}a {t}b LEFT RIGHT -> $-1
        LMOVE {t}a {t}b LEFT UP -> -ERR syntax error
        LMOVE {t}a {t}b UP LEFT -> -ERR syntax error
        RPOPLPUSH {t}a {t}b -> $-1
        RPUSH {t}a 1 2 3 4 -> :4
        LMOVE {t}a {t}b LEFT RIGHT -> $1 1
        LMOVE {t}a {t}b left left -> $1 2
        LMOVE {t}a {t}b RIGHT RIGHT -> $1 4
        LRANGE {t}a 0 -1 -> *1 $1 3
        LRANGE {t}b 0 -1 -> *3 $1 2 $1 1 $1 4
        RPOPLPUSH {t}a {t}b -> $1 3
        EXISTS {t}a -> :0
        LMOVE {t}b {t}b LEFT RIGHT -> $1 3
        RPOPLPUSH {t}b {t}b -> $1 3
        LMOVE {t}b {t}b LEFT LEFT -> $1 3
        LRANGE {t}b 0 -1 -> *4 $1 3 $1 2 $1 1 $1 4
        SET {t}s v -> +OK
        LMOVE {t}b {t}s LEFT LEFT -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LMOVE {t}s {t}b LEFT LEFT -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LMOVE {t}none {t}s LEFT LEFT -> $-1
        LLEN {t}b -> :4
        RPUSH {t}one x -> :1
        EXPIRE {t}one 1000 -> :1
        RPOPLPUSH {t}one {t}one -> $1 x
        TTL {t}one -> :1000
        ",
    );
}

#[test]
fn the_first_list_that_has_elements_is_popped_from() {
    replies(
        "
        LMPOP 1 {t}a LEFT -> *-1
        RPUSH {t}b 1 2 3 4 5 -> :5
        LMPOP 2 {t}a {t}b LEFT -> *2 $4 {t}b *1 $1 1
        LMPOP 2 {t}b {t}a right COUNT 2 -> *2 $4 {t}b *2 $1 5 $1 4
        LMPOP 1 {t}b LEFT count 9 -> *2 $4 {t}b *2 $1 2 $1 3
        EXISTS {t}b -> :0
        LMPOP 0 {t}b LEFT -> -ERR numkeys should be greater than 0
        LMPOP x {t}b LEFT -> -ERR numkeys should be greater than 0
        LMPOP 2 {t}b LEFT -> -ERR syntax error
        LMPOP 1 {t}b UP -> -ERR syntax error
        LMPOP 1 {t}b LEFT COUNT 0 -> -ERR count should be greater than 0
        LMPOP 1 {t}b LEFT COUNT x -> -ERR count should be greater than 0
        LMPOP 1 {t}b LEFT COUNT -> -ERR syntax error
        LMPOP 1 {t}b LEFT COUNT 1 COUNT 1 -> -ERR syntax error
        SET {t}s v -> +OK
        RPUSH {t}b 1 -> :1
        LMPOP 2 {t}s {t}b LEFT -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LMPOP 2 {t}b {t}s LEFT -> *2 $4 {t}b *1 $1 1
        ",
    );
    replies_in_resp3("LMPOP 1 {t}a LEFT -> _");
}

#[test]
fn keys_and_facts_of_list_commands_are_told() {
    replies(
        "
        COMMAND GETKEYS LMPOP 2 a b LEFT -> *2 $1 a $1 b
        COMMAND GETKEYS LMPOP 0 a LEFT -> -ERR Invalid arguments specified for command
        COMMAND GETKEYS LMPOP 5 a LEFT -> -ERR Invalid arguments specified for command
        COMMAND GETKEYSANDFLAGS LMOVE a b LEFT LEFT -> *2 *2 $1 a *3 +RW +access +delete *2 $1 b *2 +RW +insert
        COMMAND INFO lmpop -> *1 *10 $5 lmpop :-4 *2 +write +movablekeys :0 :0 :0 *3 +@write +@list +@slow *0 *1 *6 $5 flags *3 +RW +access +delete $12 begin_search *4 $4 type $5 index $4 spec *2 $5 index :1 $9 find_keys *4 $4 type $6 keynum $4 spec *6 $9 keynumidx :0 $8 firstkey :1 $7 keystep :1 *0
        ",
    );
}

#[test]
fn commands_that_may_wait_take_what_is_there() {
    replies(
        "
        BLPOP {t}a 0.01 -> *-1
        RPUSH {t}b 1 2 3 4 5 6 7 -> :7
        BLPOP {t}a {t}b 0 -> *2 $4 {t}b $1 1
        BRPOP {t}b {t}a 0 -> *2 $4 {t}b $1 7
        BLMOVE {t}b {t}c LEFT RIGHT 0 -> $1 2
        BRPOPLPUSH {t}b {t}c 0 -> $1 6
        LRANGE {t}c 0 -1 -> *2 $1 6 $1 2
        BLMPOP 0 2 {t}a {t}b RIGHT COUNT 2 -> *2 $4 {t}b *2 $1 5 $1 4
        BLMPOP 0.01 1 {t}a LEFT -> *-1
        BLMOVE {t}a {t}b LEFT LEFT 0.01 -> *-1
        BRPOPLPUSH {t}a {t}b 0.01 -> *-1
        BLPOP {t}b x -> -ERR timeout is not a float or out of range
        BLPOP {t}b -1 -> -ERR timeout is negative
        BLPOP {t}b nan -> -ERR timeout is not a float or out of range
        BLMOVE {t}b {t}c UP LEFT x -> -ERR syntax error
        BLMOVE {t}b {t}c LEFT LEFT x -> -ERR timeout is not a float or out of range
        BRPOPLPUSH {t}b {t}c x -> -ERR timeout is not a float or out of range
        BLMPOP x 0 {t}b LEFT -> -ERR numkeys should be greater than 0
        BLMPOP x 1 {t}b LEFT COUNT 0 -> -ERR count should be greater than 0
        BLMPOP x 1 {t}b UP -> -ERR syntax error
        BLMPOP x 1 {t}b LEFT -> -ERR timeout is not a float or out of range
        SET {t}s v -> +OK
        BLPOP {t}a {t}s {t}b 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BLMOVE {t}b {t}s LEFT LEFT 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BLMOVE {t}s {t}b LEFT LEFT 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BLMPOP 0 2 {t}s {t}b LEFT -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LRANGE {t}b 0 -1 -> *1 $1 3
        BZPOPMIN {t}z 0.01 -> *-1
        ZADD {t}z 1 a 2 b 3 c 4 d -> :4
        BZPOPMIN {t}none {t}z 0 -> *3 $4 {t}z $1 a $1 1
        BZPOPMAX {t}z 0 -> *3 $4 {t}z $1 d $1 4
        BZMPOP 0 1 {t}z MIN COUNT 5 -> *2 $4 {t}z *2 *2 $1 b $1 2 *2 $1 c $1 3
        BZPOPMIN {t}s 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BZPOPMIN {t}s x -> -ERR timeout is not a float or out of range
        BZMPOP x 1 {t}s MIN -> -ERR timeout is not a float or out of range
        BZMPOP x 1 {t}s UP -> -ERR syntax error
        COMMAND GETKEYS BZMPOP 0 2 a b MIN -> *2 $1 a $1 b
        COMMAND GETKEYS BLPOP a b 0 -> *2 $1 a $1 b
        COMMAND GETKEYS BLMPOP 0 2 a b LEFT -> *2 $1 a $1 b
        ",
    );
    // Redis 7.0 overflows.
    replies_of_circlet(
        "
        BLPOP k inf -> -ERR timeout is out of range
        BLPOP k 1e400 -> -ERR timeout is out of range
        ",
    );
    replies_in_resp3(
        "
        BLPOP {t}a 0.01 -> _
        ZADD {t}z 1.5 a 2 b -> :2
        BZPOPMIN {t}z 0 -> *3 $4 {t}z $1 a ,1.5
        BZMPOP 0 1 {t}z MIN -> *2 $4 {t}z *1 *2 $1 b ,2
        BLMOVE {t}a {t}b LEFT LEFT 0.01 -> _
        ",
    );
}
