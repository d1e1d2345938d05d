//! Commands on estimates of how many different elements there were.

use circlet_core::mutate::Author;
use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_core::time::WallMs;
use circlet_ring::ArcCount;
use circlet_server::command::{Delta, KeyCx, Writer};
use circlet_server::store::{HashedKey, Store};

use crate::local::Local;
use crate::redis::Redis;
use crate::table::{connect, now, replies, replies_of_circlet};
use crate::wire::words;

/// Where the registers begin in Redis's byte form.
const HEADER_BYTES: usize = 16;

#[test]
fn elements_are_added_once_and_counted() {
    replies(
        "
        PFCOUNT h -> :0
        PFADD h a b c -> :1
        PFADD h a -> :0
        PFADD h -> :0
        PFCOUNT h -> :3
        TYPE h -> +string
        PFADD empty -> :1
        PFADD empty -> :0
        PFCOUNT empty -> :0
        EXISTS empty -> :1
        TYPE empty -> +string
        EXPIRE h 1000 -> :1
        PFADD h d -> :1
        TTL h -> :1000
        SADD h a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SMEMBERS h -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZADD h 1 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        DEL h -> :1
        PFCOUNT h -> :0
        SADD s a -> :1
        PFADD s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        PFCOUNT s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SET v 1 -> +OK
        PFADD v a -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        SET v HYLL -> +OK
        PFCOUNT v -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        SET v HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xfe -> +OK
        PFCOUNT v v -> -INVALIDOBJ Corrupted HLL object detected
        ",
    );
}

#[test]
fn unions_are_counted_and_written() {
    replies(
        "
        PFADD {t}a 1 2 3 -> :1
        PFADD {t}b 3 4 -> :1
        PFCOUNT {t}a {t}b {t}none -> :4
        PFMERGE {t}d {t}a {t}b -> +OK
        PFCOUNT {t}d -> :4
        PFMERGE {t}a {t}b {t}none -> +OK
        PFCOUNT {t}a -> :4
        PFMERGE {t}new -> +OK
        EXISTS {t}new -> :1
        SADD {t}s a -> :1
        PFMERGE {t}d {t}s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        PFCOUNT {t}d {t}s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        RENAME {t}a {t}r -> +OK
        PFADD {t}r 3 -> :0
        PFADD {t}r 5 -> :1
        PFCOUNT {t}r -> :5
        COPY {t}r {t}c -> :1
        TYPE {t}c -> +string
        PFADD {t}c 6 -> :1
        PFCOUNT {t}c -> :6
        PFCOUNT {t}r {t}c -> :6
        SET {t}r v -> +OK
        GET {t}r -> $1 v
        ",
    );
    replies_of_circlet(
        "
        PFADD h a -> :1
        STRLEN h -> :21
        INCR h -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ",
    );
}

#[test]
fn registers_and_estimates_are_those_of_redis() {
    let Some(redis) = Redis::start() else { return };
    let mut connection = connect(&redis, circlet_resp::Proto::Resp2);
    let mut local = Local::new(circlet_resp::Proto::Resp2);
    for batch in 0..16_u32 {
        // Few at first, when registers are zero or nearly so, then many.
        let elements = (0..1 + 8 * batch * batch).map(|element| format!(" e{batch}-{element}"));
        let add = words(&format!("PFADD h{}", elements.collect::<String>()));
        assert_eq!(local.call(&add, now()), connection.call(&add), "batch {batch}");
        let count = words("PFCOUNT h");
        assert_eq!(local.call(&count, now()), connection.call(&count), "batch {batch}");
    }
    // By now Redis keeps it in the dense form, too.
    let registers = words(&format!("GETRANGE h {HEADER_BYTES} -1"));
    assert_eq!(local.call(&registers, now()), connection.call(&registers));
    // And each reads what the other wrote.
    let theirs = connection.call(&words("GET h"));
    let theirs = theirs.strip_prefix(b"$12304\r\n").expect("dense")[..12_304].to_vec();
    local.call(&[b"SET".to_vec(), b"theirs".to_vec(), theirs], now());
    let count = |key: &str| words(&format!("PFCOUNT {key}"));
    assert_eq!(local.call(&count("theirs"), now()), connection.call(&count("h")));
}

/// One of two owners that do not hear of each other.
struct Side {
    store: Store,
    node: u64,
}

impl Side {
    fn new(node: u64) -> Self {
        Self {
            store: Store::new(ArcCount::DEFAULT),
            node,
        }
    }

    /// Adds elements, and gives what the other side is to hear of it.
    fn add(&self, elements: impl Iterator<Item = u32>) -> Vec<u8> {
        let (key, now) = (HashedKey::new(b"h"), WallMs::new(1_000_000));
        let writer = Writer {
            now,
            author: Author {
                node: self.node,
                run_epoch: Stamp::ZERO,
            },
            buries_absent: true,
            asks_if_expired: false,
        };
        let mut delta = Delta::default();
        let mut shard = self.store.lock(key.arc(self.store.arcs()));
        let mut cx = KeyCx::new(&mut shard, key, writer, &mut delta);
        let mut estimate = cx.edit_hyperloglog().expect("an estimate");
        for element in elements {
            estimate.add(element.to_string().as_bytes());
        }
        estimate.commit();
        delta.as_bytes().to_vec()
    }

    fn hear(&self, delta: &[u8]) {
        let key = HashedKey::new(b"h");
        let state = State::decode(delta).expect("an encoded state");
        let mut shard = self.store.lock(key.arc(self.store.arcs()));
        shard.receive(&key, state, Stamp::ZERO);
    }

    fn estimate(&self) -> u64 {
        let key = HashedKey::new(b"h");
        let mut delta = Delta::default();
        let writer = Writer {
            now: WallMs::new(1_000_000),
            author: Author {
                node: self.node,
                run_epoch: Stamp::ZERO,
            },
            buries_absent: true,
            asks_if_expired: false,
        };
        let mut shard = self.store.lock(key.arc(self.store.arcs()));
        let cx = KeyCx::new(&mut shard, key, writer, &mut delta);
        cx.hyperloglog()
            .expect("an estimate")
            .map_or(0, |registers| registers.estimate())
    }
}

#[test]
fn what_is_added_on_two_sides_of_a_partition_is_all_counted() {
    let (left, right) = (Side::new(1), Side::new(2));
    right.hear(&left.add(0..2_000));
    let (mut to_right, mut to_left) = (Vec::new(), Vec::new());
    // Both raise the same registers again and again, each by itself.
    for round in 1..20 {
        to_right.push(left.add(round * 10_000..round * 10_000 + 500));
        to_left.push(right.add(round * 10_000 + 250..round * 10_000 + 750));
    }
    // They are heard late, and in another order.
    to_left.iter().rev().for_each(|delta| left.hear(delta));
    to_right.iter().for_each(|delta| right.hear(delta));
    let all = Side::new(3);
    all.add((0..2_000).chain((1..20).flat_map(|round| round * 10_000..round * 10_000 + 750)));
    assert_eq!((left.estimate(), right.estimate()), (all.estimate(), all.estimate()));
    // And so it stays when both go on.
    right.hear(&left.add(700_000..701_000));
    left.hear(&right.add(500_000..501_000));
    all.add((500_000..501_000).chain(700_000..701_000));
    assert_eq!((left.estimate(), right.estimate()), (all.estimate(), all.estimate()));
    let key = HashedKey::new(b"h");
    let arc = key.arc(left.store.arcs());
    assert_eq!(
        left.store.lock(arc).state(&key),
        right.store.lock(arc).state(&key),
        "both hold the same"
    );
}
