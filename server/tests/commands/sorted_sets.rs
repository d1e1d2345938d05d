//! Commands on sorted sets.

use crate::table::{replies, replies_in_resp3, replies_of_circlet};

#[test]
fn options_of_zadd_say_which_members_are_written() {
    replies(
        "
        ZADD z xx 1 a -> :0
        ZADD z XX INCR 1 a -> $-1
        EXISTS z -> :0
        ZADD z NX 1 a 2 b -> :2
        ZADD z NX 5 a 3 c -> :1
        ZSCORE z a -> $1 1
        ZADD z XX CH 5 a 4 nosuch -> :1
        ZADD z GT 4 a 6 b 1 d -> :1
        ZMSCORE z a b d nosuch -> *4 $1 5 $1 6 $1 1 $-1
        ZADD z GT CH 4 a 7 b -> :1
        ZADD z LT CH 4 a 8 b -> :1
        ZADD z LT XX CH 9 a 3 new -> :0
        ZADD z CH 4 a 7 b 0 e -> :1
        ZADD z INCR 2 a -> $1 6
        ZADD z NX INCR 2 a -> $-1
        ZADD z LT INCR 2 a -> $-1
        ZADD z GT INCR -2 a -> $-1
        ZADD z GT INCR 0 a -> $-1
        ZADD z XX INCR -2 a -> $1 4
        ZADD z inf f -> :1
        ZADD z INCR -inf f -> -ERR resulting score is not a number (NaN)
        ZINCRBY z -inf f -> -ERR resulting score is not a number (NaN)
        ZINCRBY z 1.5 a -> $3 5.5
        ZINCRBY z 2 new -> $1 2
        ZINCRBY z x a -> -ERR value is not a valid float
        ZADD z NX XX 1 a -> -ERR XX and NX options at the same time are not compatible
        ZADD z NX GT 1 a -> -ERR GT, LT, and/or NX options at the same time are not compatible
        ZADD z LT GT 1 a -> -ERR GT, LT, and/or NX options at the same time are not compatible
        ZADD z INCR 1 a 2 b -> -ERR INCR option supports a single increment-element pair
        ZADD z NX XX 1 -> -ERR syntax error
        ZADD z NX CH XX INCR -> -ERR syntax error
        ZADD z 1 a nosuch -> -ERR syntax error
        ZADD z 1 a x b -> -ERR value is not a valid float
        ",
    );
    replies_in_resp3(
        "
        ZADD z XX INCR 1 a -> _
        ZADD z INCR 1.5 a -> ,1.5
        ZINCRBY z 1 a -> ,2.5
        ZSCORE z a -> ,2.5
        ZMSCORE z a b -> *2 ,2.5 _
        ",
    );
}

#[test]
fn members_are_counted_ranked_and_removed() {
    replies(
        "
        ZCARD z -> :0
        ZRANK z a -> $-1
        ZADD z 1 a 2 b 2 c 3 d 4 e -> :5
        ZCARD z -> :5
        ZRANK z c -> :2
        ZREVRANK z c -> :2
        ZREVRANK z e -> :0
        ZRANK z nosuch -> $-1
        ZCOUNT z 2 3 -> :3
        ZCOUNT z (2 +inf -> :2
        ZCOUNT z -inf (2 -> :1
        ZCOUNT z 3 2 -> :0
        ZCOUNT z x 2 -> -ERR min or max is not a float
        ZREM z b nosuch b -> :1
        ZREM z nosuch -> :0
        ZREMRANGEBYRANK z 0 0 -> :1
        ZREMRANGEBYRANK z -1 -1 -> :1
        ZRANGE z 0 -1 -> *2 $1 c $1 d
        ZREMRANGEBYSCORE z (2 3 -> :1
        ZREMRANGEBYRANK z x 1 -> -ERR value is not an integer or out of range
        ZREMRANGEBYSCORE z x 1 -> -ERR min or max is not a float
        ZREMRANGEBYLEX z [a c -> -ERR min or max not valid string range item
        ZREMRANGEBYLEX z [a (d -> :1
        EXISTS z -> :0
        ",
    );
}

#[test]
fn ranges_of_scores_have_ends_and_limits() {
    replies(
        "
        ZADD z 1 a 2 b 3 c 4 d -> :4
        ZRANGE z 2 3 BYSCORE -> *2 $1 b $1 c
        ZRANGE z (2 +inf BYSCORE WITHSCORES -> *4 $1 c $1 3 $1 d $1 4
        ZRANGE z 3 2 BYSCORE REV -> *2 $1 c $1 b
        ZRANGE z -inf +inf BYSCORE LIMIT 1 2 -> *2 $1 b $1 c
        ZRANGE z +inf -inf BYSCORE REV LIMIT 1 2 -> *2 $1 c $1 b
        ZRANGE z -inf +inf BYSCORE LIMIT 1 -1 -> *3 $1 b $1 c $1 d
        ZRANGE z -inf +inf BYSCORE LIMIT -1 2 -> *0
        ZRANGE z -inf +inf BYSCORE LIMIT 9 2 -> *0
        ZRANGE z -inf +inf BYSCORE LIMIT 0 0 -> *0
        ZRANGEBYSCORE z 2 3 -> *2 $1 b $1 c
        ZREVRANGEBYSCORE z 3 (1 WITHSCORES LIMIT 1 1 -> *2 $1 b $1 2
        ZREVRANGE z 0 1 WITHSCORES -> *4 $1 d $1 4 $1 c $1 3
        ZRANGE z 0 1 LIMIT 0 1 -> -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        ZRANGE z 0 1 LIMIT 0 -1 -> *2 $1 a $1 b
        ZRANGE z 0 1 LIMIT 0 -> -ERR syntax error
        ZRANGE z 0 1 BYSCORE LIMIT x 1 -> -ERR value is not an integer or out of range
        ZRANGE z - + BYLEX WITHSCORES -> -ERR syntax error, WITHSCORES not supported in combination with BYLEX
        ZRANGE z 0 1 BYLEX BYSCORE -> -ERR syntax error
        ZRANGE z x 1 BYSCORE -> -ERR min or max is not a float
        ZRANGE z a 1 BYLEX -> -ERR min or max not valid string range item
        ZRANGEBYSCORE z 1 2 REV -> -ERR syntax error
        ZRANGEBYSCORE z nan 2 -> -ERR min or max is not a float
        ZREVRANGE z 0 1 BYSCORE -> -ERR syntax error
        ZREVRANGE z 0 1 LIMIT 0 1 -> -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        ",
    );
}

#[test]
fn ranges_of_names_are_those_of_one_score() {
    replies(
        "
        ZADD z 0 a 0 b 0 c 0 aa 0 \"\" -> :5
        ZRANGEBYLEX z - + -> *5 $0  $1 a $2 aa $1 b $1 c
        ZRANGEBYLEX z [a (b -> *2 $1 a $2 aa
        ZRANGEBYLEX z (a + LIMIT 1 1 -> *1 $1 b
        ZREVRANGEBYLEX z [b [a -> *3 $1 b $2 aa $1 a
        ZRANGE z [c - BYLEX REV LIMIT 1 2 -> *2 $1 b $2 aa
        ZRANGEBYLEX z + - -> *0
        ZRANGEBYLEX z - a -> -ERR min or max not valid string range item
        ZRANGEBYLEX z -a + -> -ERR min or max not valid string range item
        ZRANGEBYLEX z \"\" + -> -ERR min or max not valid string range item
        ZLEXCOUNT z - + -> :5
        ZLEXCOUNT z [a [aa -> :2
        ZLEXCOUNT z x + -> -ERR min or max not valid string range item
        ZREMRANGEBYLEX z [a (b -> :2
        ",
    );
}

#[test]
fn a_rank_comes_with_its_score_as_in_redis_7_2() {
    replies_of_circlet(
        "
        ZADD z 1 a 2.5 b -> :2
        ZRANK z b WITHSCORE -> *2 :1 $3 2.5
        ZREVRANK z b withscore -> *2 :0 $3 2.5
        ZRANK z nosuch WITHSCORE -> *-1
        ZRANK nosuch b WITHSCORE -> *-1
        ZRANK z b nosuch -> -ERR syntax error
        ZRANK z b WITHSCORE x -> -ERR wrong number of arguments for 'zrank' command
        ",
    );
}

#[test]
fn members_are_popped_from_either_end() {
    replies(
        "
        ZPOPMIN z -> *0
        ZPOPMAX z 2 -> *0
        ZADD z 1 a 2 b 3 c 4 d 5 e -> :5
        ZPOPMIN z -> *2 $1 a $1 1
        ZPOPMAX z 2 -> *4 $1 e $1 5 $1 d $1 4
        ZPOPMIN z 0 -> *0
        ZPOPMIN z -1 -> -ERR value is out of range, must be positive
        ZPOPMIN z x -> -ERR value is out of range, must be positive
        ZPOPMIN z 1 2 -> -ERR syntax error
        ZPOPMIN z 9 -> *4 $1 b $1 2 $1 c $1 3
        EXISTS z -> :0
        ZADD {t}a 1 a 2 b 3 c -> :3
        ZMPOP 2 {t}none {t}a MIN -> *2 $4 {t}a *1 *2 $1 a $1 1
        ZMPOP 1 {t}a MAX COUNT 5 -> *2 $4 {t}a *2 *2 $1 c $1 3 *2 $1 b $1 2
        ZMPOP 1 {t}a MAX -> *-1
        ZMPOP 0 {t}a MAX -> -ERR numkeys should be greater than 0
        ZMPOP x {t}a MAX -> -ERR numkeys should be greater than 0
        ZMPOP 2 {t}a MAX -> -ERR syntax error
        ZMPOP 1 {t}a MIDDLE -> -ERR syntax error
        ZMPOP 1 {t}a MIN COUNT 0 -> -ERR count should be greater than 0
        ZMPOP 1 {t}a MIN COUNT 1 COUNT 2 -> -ERR syntax error
        SET {t}s v -> +OK
        ZMPOP 2 {t}s {t}a MIN -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ",
    );
    replies_in_resp3(
        "
        ZADD z 1 a 2 b 3 c -> :3
        ZPOPMIN z -> *2 $1 a ,1
        ZPOPMIN z 1 -> *1 *2 $1 b ,2
        ZPOPMAX none 1 -> *0
        ZMPOP 1 z MIN -> *2 $1 z *1 *2 $1 c ,3
        ZMPOP 1 z MIN -> _
        ",
    );
}

#[test]
fn sets_and_sorted_sets_are_combined() {
    replies(
        "
        ZADD {t}a 1 x 2 y 3 z -> :3
        ZADD {t}b 10 y 20 z 30 w -> :3
        SADD {t}s z v -> :2
        ZUNION 2 {t}a {t}b WITHSCORES -> *8 $1 x $1 1 $1 y $2 12 $1 z $2 23 $1 w $2 30
        ZUNION 3 {t}a {t}s {t}none WITHSCORES -> *8 $1 v $1 1 $1 x $1 1 $1 y $1 2 $1 z $1 4
        ZUNION 2 {t}a {t}b WEIGHTS 2 0.5 AGGREGATE MAX WITHSCORES -> *8 $1 x $1 2 $1 y $1 5 $1 z $2 10 $1 w $2 15
        ZINTER 2 {t}a {t}b WITHSCORES -> *4 $1 y $2 12 $1 z $2 23
        ZINTER 2 {t}a {t}b AGGREGATE min -> *2 $1 y $1 z
        ZINTER 3 {t}a {t}b {t}s -> *1 $1 z
        ZINTER 2 {t}a {t}none -> *0
        ZINTERCARD 2 {t}a {t}b -> :2
        ZINTERCARD 2 {t}a {t}b LIMIT 1 -> :1
        ZINTERCARD 2 {t}a {t}b LIMIT 0 -> :2
        ZINTERCARD 2 {t}a {t}b LIMIT -1 -> -ERR LIMIT can't be negative
        ZINTERCARD 2 {t}a {t}b WEIGHTS 1 2 -> -ERR syntax error
        ZDIFF 2 {t}a {t}b WITHSCORES -> *2 $1 x $1 1
        ZDIFF 2 {t}a {t}a -> *0
        ZDIFF 1 {t}s WITHSCORES -> *4 $1 v $1 1 $1 z $1 1
        ZDIFF 2 {t}a {t}b WEIGHTS 1 2 -> -ERR syntax error
        ZUNION 0 {t}a -> -ERR at least 1 input key is needed for 'zunion' command
        ZINTERSTORE {t}d 0 {t}a -> -ERR at least 1 input key is needed for 'zinterstore' command
        ZUNION x {t}a -> -ERR value is not an integer or out of range
        ZUNION 2 {t}a -> -ERR syntax error
        ZUNION 1 {t}a WEIGHTS x -> -ERR weight value is not a float
        ZUNION 1 {t}a WEIGHTS -> -ERR syntax error
        ZUNION 1 {t}a AGGREGATE avg -> -ERR syntax error
        ZUNIONSTORE {t}d 1 {t}a WITHSCORES -> -ERR syntax error
        SET {t}str v -> +OK
        ZUNION 2 {t}a {t}str nosuch -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZUNIONSTORE {t}str 2 {t}a {t}b WEIGHTS inf 0 -> :4
        ZRANGE {t}str 0 -1 WITHSCORES -> *8 $1 w $1 0 $1 x $3 inf $1 y $3 inf $1 z $3 inf
        ZUNIONSTORE {t}d 2 {t}str {t}str WEIGHTS 1 -1 -> :4
        ZRANGE {t}d 0 -1 WITHSCORES -> *8 $1 w $1 0 $1 x $1 0 $1 y $1 0 $1 z $1 0
        ZINTERSTORE {t}a 2 {t}a {t}b -> :2
        ZRANGE {t}a 0 -1 WITHSCORES -> *4 $1 y $2 12 $1 z $2 23
        ZDIFFSTORE {t}a 2 {t}a {t}b -> :0
        EXISTS {t}a -> :0
        ZRANGESTORE {t}e {t}b 1 2 -> :2
        ZRANGE {t}e 0 -1 -> *2 $1 z $1 w
        ZRANGESTORE {t}e {t}e (20 +inf BYSCORE LIMIT 0 5 -> :1
        ZRANGESTORE {t}e {t}e 0 1 WITHSCORES -> -ERR syntax error
        ZRANGESTORE {t}e {t}none 0 -1 -> :0
        EXISTS {t}e -> :0
        ",
    );
    replies_in_resp3(
        "
        ZADD {t}a 1 x -> :1
        ZUNION 1 {t}a WITHSCORES -> *1 *2 $1 x ,1
        ZUNION 1 {t}a -> *1 $1 x
        ZDIFF 1 {t}a WITHSCORES -> *1 *2 $1 x ,1
        ",
    );
}

#[test]
fn random_members_are_of_the_sorted_set() {
    replies(
        "
        ZRANDMEMBER z -> $-1
        ZRANDMEMBER z 2 -> *0
        ZADD z 1.5 a -> :1
        ZRANDMEMBER z -> $1 a
        ZRANDMEMBER z 5 -> *1 $1 a
        ZRANDMEMBER z 5 WITHSCORES -> *2 $1 a $3 1.5
        ZRANDMEMBER z -3 WITHSCORES -> *6 $1 a $3 1.5 $1 a $3 1.5 $1 a $3 1.5
        ZRANDMEMBER z 0 -> *0
        ZRANDMEMBER z x -> -ERR value is not an integer or out of range
        ZRANDMEMBER z 1 nosuch -> -ERR syntax error
        ZRANDMEMBER z -9223372036854775808 -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        ZRANDMEMBER z 9223372036854775807 WITHSCORES -> -ERR value is out of range
        ",
    );
    replies_in_resp3(
        "
        ZADD z 1.5 a -> :1
        ZRANDMEMBER z 1 WITHSCORES -> *1 *2 $1 a ,1.5
        ",
    );
    replies_of_circlet(
        "
        ZADD z 1.5 a -> :1
        ZRANDMEMBER z -9999999999 -> -ERR the reply would be longer than 64 MiB
        ",
    );
}

#[test]
fn a_scan_meets_every_member() {
    replies(
        "
        ZSCAN z 0 -> *2 $1 0 *0
        ZSCAN z x -> -ERR invalid cursor
        ZSCAN z 0 nosuch -> *2 $1 0 *0
        ZADD z 1.5 a -> :1
        ZSCAN z 0 -> *2 $1 0 *2 $1 a $3 1.5
        ZSCAN z 0 MATCH b* COUNT 100 -> *2 $1 0 *0
        ZSCAN z 0 COUNT 0 -> -ERR syntax error
        ZSCAN z 0 COUNT x -> -ERR value is not an integer or out of range
        ZSCAN z 0 nosuch 1 -> -ERR syntax error
        ZSCAN z 0 MATCH -> -ERR syntax error
        ",
    );
    replies_in_resp3(
        "
        ZADD z 1.5 a -> :1
        ZSCAN z 0 -> *2 $1 0 *2 $1 a $3 1.5
        ",
    );
}

#[test]
fn a_sorted_set_of_up_to_128_short_members_is_a_listpack() {
    let members = |count: usize| -> String { (0..count).map(|member| format!(" 1 m{member}")).collect() };
    let long = "x".repeat(65);
    replies(&format!(
        "
        ZADD z{} -> :128
        OBJECT ENCODING z -> $8 listpack
        ZADD z 1 m128 -> :1
        OBJECT ENCODING z -> $8 skiplist
        ZADD s 1 {} -> :1
        OBJECT ENCODING s -> $8 listpack
        ZADD s 1 {long} -> :1
        OBJECT ENCODING s -> $8 skiplist
        ",
        members(128),
        &long[1..],
    ));
}
