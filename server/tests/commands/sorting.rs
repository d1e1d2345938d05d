//! SORT.

use crate::table::{replies, replies_of_circlet};

#[test]
fn elements_are_sorted_as_numbers_or_bytes() {
    replies(
        "
        SORT none -> *0
        RPUSH l 3 1 2 10 -> :4
        SORT l -> *4 $1 1 $1 2 $1 3 $2 10
        SORT l DESC -> *4 $2 10 $1 3 $1 2 $1 1
        SORT l ALPHA -> *4 $1 1 $2 10 $1 2 $1 3
        SORT l alpha desc -> *4 $1 3 $1 2 $2 10 $1 1
        SORT l DESC ASC -> *4 $1 1 $1 2 $1 3 $2 10
        SORT l LIMIT 1 2 -> *2 $1 2 $1 3
        SORT l LIMIT -1 2 -> *2 $1 1 $1 2
        SORT l LIMIT 2 -1 -> *2 $1 3 $2 10
        SORT l LIMIT 0 0 -> *0
        SORT l LIMIT 4 1 -> *0
        SORT l LIMIT 1 9223372036854775807 -> *3 $1 2 $1 3 $2 10
        SORT l LIMIT 9223372036854775807 9223372036854775807 -> *0
        SORT l LIMIT x 1 -> -ERR value is not an integer or out of range
        SORT l LIMIT 1 -> -ERR syntax error
        SORT l NOSUCH -> -ERR syntax error
        SORT l BY -> -ERR syntax error
        RPUSH l a -> :5
        SORT l -> -ERR One or more scores can't be converted into double
        SORT l ALPHA -> *5 $1 1 $2 10 $1 2 $1 3 $1 a
        RPUSH f 1.5 1e2 -3 inf 0x10 \"\" -> :6
        SORT f -> *6 $2 -3 $0  $3 1.5 $4 0x10 $3 1e2 $3 inf
        SADD s 3 1 2 10 -> :4
        SORT s -> *4 $1 1 $1 2 $1 3 $2 10
        ZADD z 1 c 2 b 3 a -> :3
        SORT z -> -ERR One or more scores can't be converted into double
        SORT z ALPHA -> *3 $1 a $1 b $1 c
        SORT_RO z ALPHA LIMIT 0 1 -> *1 $1 a
        SET str x -> +OK
        SORT str -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SORT str BY -> -ERR syntax error
        HSET h f v -> :1
        SORT h -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ",
    );
}

#[test]
fn other_keys_say_the_order_and_the_answer() {
    replies(
        "
        RPUSH {t}l 3 1 2 -> :3
        MSET {t}w_1 30 {t}w_2 10 {t}w_3 20 {t}o_1 one {t}o_3 three -> +OK
        SORT {t}l BY {t}w_* -> *3 $1 2 $1 3 $1 1
        SORT {t}l BY {t}w_* GET {t}o_* -> *3 $-1 $5 three $3 one
        SORT {t}l BY {t}w_* GET # GET {t}o_* LIMIT 1 1 -> *2 $1 3 $5 three
        SORT {t}l BY {t}none_* -> *3 $1 1 $1 2 $1 3
        SORT {t}l BY {t}o_* ALPHA -> *3 $1 2 $1 1 $1 3
        SORT {t}l BY {t}o_* -> -ERR One or more scores can't be converted into double
        HSET {t}h_1 f 9 g G1 -> :2
        HSET {t}h_2 f 8 -> :1
        HSET {t}h_3 f 7 g G3 -> :2
        SORT {t}l BY {t}h_*->f GET {t}h_*->g -> *3 $2 G3 $-1 $2 G1
        SORT {t}l GET {t}h_*-> -> *3 $-1 $-1 $-1
        SORT {t}l GET {t}w_*->f -> *3 $-1 $-1 $-1
        SORT {t}l GET {t}h_* -> *3 $-1 $-1 $-1
        SORT {t}l GET nothing -> *3 $-1 $-1 $-1
        SORT {t}l BY nosort -> *3 $1 3 $1 1 $1 2
        SORT {t}l BY nosort DESC -> *3 $1 2 $1 1 $1 3
        SORT {t}l BY nosort LIMIT 1 2 -> *2 $1 1 $1 2
        SORT {t}l BY nosort LIMIT 5 2 -> *0
        ZADD {t}z 1 c 2 b 3 a -> :3
        SORT {t}z BY nosort -> *3 $1 c $1 b $1 a
        SORT {t}z BY nosort DESC LIMIT 1 5 -> *2 $1 b $1 c
        ",
    );
    // As in Redis Cluster: no key may be read that another node may hold.
    replies_of_circlet(
        "
        RPUSH l 1 -> :1
        SORT l BY w_* -> -ERR BY option of SORT denied in cluster mode when keys formed by the pattern may be in different slots.
        SORT l GET # GET w_* -> -ERR GET option of SORT denied in cluster mode when keys formed by the pattern may be in different slots.
        SORT l BY {t}w_* -> -ERR BY option of SORT denied in cluster mode when keys formed by the pattern may be in different slots.
        ",
    );
}

#[test]
fn what_is_sorted_can_be_stored() {
    replies(
        "
        RPUSH {t}l 3 1 2 -> :3
        SET {t}o_1 one EX 1000 -> +OK
        SORT {t}l STORE {t}d -> :3
        LRANGE {t}d 0 -1 -> *3 $1 1 $1 2 $1 3
        EXPIRE {t}d 1000 -> :1
        SORT {t}l GET {t}o_* STORE {t}d -> :3
        LRANGE {t}d 0 -1 -> *3 $3 one $0  $0 
        TTL {t}d -> :-1
        SORT {t}l DESC STORE {t}l -> :3
        LRANGE {t}l 0 -1 -> *3 $1 3 $1 2 $1 1
        SADD {t}s 3 1 2 10 -> :4
        SORT {t}s BY nosort STORE {t}o_1 -> :4
        LRANGE {t}o_1 0 -1 -> *4 $1 1 $2 10 $1 2 $1 3
        SORT {t}none STORE {t}d -> :0
        EXISTS {t}d -> :0
        SORT_RO {t}l STORE {t}d -> -ERR syntax error
        COMMAND GETKEYS SORT {t}l LIMIT 1 2 GET # STORE a STORE b -> *2 $4 {t}l $1 b
        COMMAND GETKEYS SORT_RO k BY x -> *1 $1 k
        ",
    );
}
