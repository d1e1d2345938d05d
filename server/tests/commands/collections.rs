//! Commands on hashes, sets, sorted sets and lists, and what other commands say to those.

use circlet_resp::Proto;

use crate::local::Local;
use crate::table::{now, replies, replies_in_resp3, replies_of_circlet};
use crate::wire::{shown, words};

#[test]
fn fields_are_written_and_read() {
    replies(
        "
        HGET h f -> $-1
        HSET h f 1 g 2 f 3 -> :2
        HGET h f -> $1 3
        HGET h g -> $1 2
        HGET h nosuch -> $-1
        HSET h f 4 -> :0
        HGET h f -> $1 4
        HSET h f -> -ERR wrong number of arguments for 'hset' command
        HSET h f 1 g -> -ERR wrong number of arguments for 'hset' command
        ",
    );
}

#[test]
fn members_are_added_once() {
    replies(
        "
        SMEMBERS s -> *0
        SADD s a -> :1
        SMEMBERS s -> *1 $1 a
        SADD s a a b -> :1
        SADD s \"\" -> :1
        SADD s \"\" b -> :0
        ",
    );
    replies_in_resp3(
        "
        SMEMBERS s -> ~0
        SADD s a -> :1
        SMEMBERS s -> ~1 $1 a
        ",
    );
}

#[test]
fn members_are_ranked_by_score_and_name() {
    replies(
        "
        ZRANGE z 0 -1 -> *0
        ZADD z 2 b 1 c 2 a inf d -inf e -> :5
        ZRANGE z 0 -1 -> *5 $1 e $1 c $1 a $1 b $1 d
        ZRANGE z 0 -1 REV WITHSCORES -> *10 $1 d $3 inf $1 b $1 2 $1 a $1 2 $1 c $1 1 $1 e $4 -inf
        ZRANGE z 1 2 WITHSCORES -> *4 $1 c $1 1 $1 a $1 2
        ZRANGE z -2 100 rev -> *2 $1 c $1 e
        ZADD z 0.5 a 0.5 f -> :1
        ZADD z 0.5 a -> :0
        ZRANGE z 1 2 WITHSCORES -> *4 $1 a $3 0.5 $1 f $3 0.5
        ZRANGE z 3 2 -> *0
        ZRANGE z 9 12 -> *0
        ZADD z x a -> -ERR value is not a valid float
        ZADD z nan a -> -ERR value is not a valid float
        ZADD z 1 a 2 -> -ERR syntax error
        ZRANGE z a 1 -> -ERR value is not an integer or out of range
        ZRANGE z 0 1 nosuch -> -ERR syntax error
        ",
    );
    replies_in_resp3(
        "
        ZADD z 1.5 a 2 b -> :2
        ZRANGE z 0 -1 WITHSCORES -> *2 *2 $1 a ,1.5 *2 $1 b ,2
        ZRANGE z 0 -1 -> *2 $1 a $1 b
        ",
    );
}

#[test]
fn elements_are_pushed_one_after_the_other() {
    replies(
        "
        LRANGE l 0 -1 -> *0
        LPUSH l a b c -> :3
        LPUSH l \"\" -> :4
        LRANGE l 0 -1 -> *4 $0  $1 c $1 b $1 a
        LRANGE l -2 -2 -> *1 $1 b
        LRANGE l 1 100 -> *3 $1 c $1 b $1 a
        LRANGE l -100 0 -> *1 $0
        LRANGE l 4 9 -> *0
        LRANGE l x 9 -> -ERR value is not an integer or out of range
        ",
    );
}

#[test]
fn a_command_on_another_type_is_refused() {
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    for make in ["SET k v", "HSET k f v", "SADD k m", "ZADD k 1 m", "LPUSH k e"] {
        let kind = make.split(' ').next().unwrap_or_default();
        let commands = [
            ("SET", "GET k"),
            ("SET", "INCR k"),
            ("SET", "APPEND k v"),
            ("SET", "STRLEN k"),
            ("SET", "GETSET k v"),
            ("SET", "SET k v GET"),
            ("HSET", "HGET k f"),
            ("HSET", "HSET k f v"),
            ("SADD", "SMEMBERS k"),
            ("SADD", "SADD k m"),
            ("ZADD", "ZADD k 1 m"),
            ("ZADD", "ZRANGE k 0 -1"),
            ("LPUSH", "LPUSH k e"),
            ("LPUSH", "LRANGE k 0 -1"),
        ];
        let refused = commands.iter().filter(|(on, _)| *on != kind);
        let lines: Vec<String> = refused.map(|(_, command)| format!("{command} -> {wrong}")).collect();
        let reply = if kind == "SET" { "+OK" } else { ":1" };
        replies(&format!(
            "{make} -> {reply}\n{}\nSETNX k v -> :0\nEXISTS k -> :1",
            lines.join("\n")
        ));
    }
}

#[test]
fn commands_on_any_key_work_on_collections() {
    replies(
        "
        HSET {t}h f 1 -> :1
        SADD {t}s 1 2 -> :2
        ZADD {t}z 1 a -> :1
        LPUSH {t}l a -> :1
        TYPE {t}h -> +hash
        TYPE {t}s -> +set
        TYPE {t}z -> +zset
        TYPE {t}l -> +list
        EXISTS {t}h {t}s {t}z {t}l -> :4
        MGET {t}h {t}s {t}nosuch -> *3 $-1 $-1 $-1
        EXPIRE {t}h 1000 -> :1
        TTL {t}h -> :1000
        PERSIST {t}h -> :1
        TTL {t}h -> :-1
        RENAME {t}h {t}h2 -> +OK
        TYPE {t}h -> +none
        HGET {t}h2 f -> $1 1
        COPY {t}z {t}z2 -> :1
        COPY {t}s {t}z2 -> :0
        ZADD {t}z2 2 b -> :1
        ZRANGE {t}z 0 -1 WITHSCORES -> *2 $1 a $1 1
        ZRANGE {t}z2 0 -1 WITHSCORES -> *4 $1 a $1 1 $1 b $1 2
        COPY {t}l {t}z2 REPLACE -> :1
        LPUSH {t}z2 b -> :2
        LRANGE {t}z2 0 -1 -> *2 $1 b $1 a
        OBJECT ENCODING {t}s -> $6 intset
        OBJECT ENCODING {t}z -> $8 listpack
        OBJECT REFCOUNT {t}z -> :1
        OBJECT FREQ {t}z -> -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        SET {t}s v -> +OK
        GET {t}s -> $1 v
        DEL {t}h2 {t}s {t}z {t}z2 {t}l -> :5
        LRANGE {t}l 0 -1 -> *0
        HSET {t}l f v -> :1
        TYPE {t}l -> +hash
        ",
    );
}

#[test]
fn encodings_are_those_of_redis_7_2() {
    replies_of_circlet(
        "
        SADD s 1 a -> :2
        OBJECT ENCODING s -> $8 listpack
        LPUSH l a -> :1
        OBJECT ENCODING l -> $8 listpack
        ",
    );
    let long = "x".repeat(65);
    replies(&format!(
        "
        HSET h f {long} -> :1
        OBJECT ENCODING h -> $9 hashtable
        ZADD z 1 {long} -> :1
        OBJECT ENCODING z -> $8 skiplist
        SADD s {long} -> :1
        OBJECT ENCODING s -> $9 hashtable
        SADD i {} -> :512
        OBJECT ENCODING i -> $6 intset
        SADD i 512 -> :1
        OBJECT ENCODING i -> $9 hashtable
        HSET h2 {} -> :512
        OBJECT ENCODING h2 -> $8 listpack
        HSET h2 f512 v -> :1
        OBJECT ENCODING h2 -> $9 hashtable
        ",
        listed(512, |at| at.to_string()),
        listed(512, |at| format!("f{at} v")),
    ));
}

fn listed(count: usize, word: impl Fn(usize) -> String) -> String {
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_memory_of_a_collection_grows_with_it() {
    let mut local = Local::new(Proto::Resp2);
    let mut ask = |command: &str| shown(&local.call(&words(command), now()));
    for (make, grow) in [
        (
            "HSET k f v",
            format!("HSET k {}", listed(100, |at| format!("f{at} value{at}"))),
        ),
        (
            "SADD k m",
            format!("SADD k {}", listed(100, |at| format!("member{at}"))),
        ),
        (
            "ZADD k 1 m",
            format!("ZADD k {}", listed(100, |at| format!("{at} member{at}"))),
        ),
        (
            "RPUSH k e",
            format!("RPUSH k {}", listed(100, |at| format!("element{at}"))),
        ),
    ] {
        let mut usage = |command: &str| -> usize {
            ask(command);
            let reply = ask("MEMORY USAGE k SAMPLES 0");
            reply
                .strip_prefix(':')
                .and_then(|bytes| bytes.parse().ok())
                .expect("a number of bytes")
        };
        let (small, large) = (usage(make), usage(&grow));
        assert!((20..300).contains(&small), "{make}: {small} bytes");
        assert!(large > small + 100 * 8, "{grow}: {small} then {large} bytes");
        assert_eq!(ask("DEL k"), ":1");
        assert_eq!(ask("MEMORY USAGE k"), "$-1");
    }
}
