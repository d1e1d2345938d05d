//! What the near cache holds: one of its shards, bounded by S3-FIFO.
//!
//! ```text
//!   new --> small (a tenth) --read again?--> main --read since?--> main, once more
//!                \--no--> out, remembered in ghost; who is in ghost when it comes goes to main at once
//! ```
//!
//! Yang and others, *FIFO queues are all you need for cache eviction*, SOSP 2023. Pure: time is an argument.

use circlet_resp::Value;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use tokio::time::Instant;

/// Reads that count for an entry, at most.
const READS_MAX: u8 = 3;

/// What vouches for an entry: it is good as long as all of this is still so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Voucher {
    /// The feed, by its place, and which of its connections.
    pub(super) feed: u16,
    pub(super) connection: u64,
    pub(super) arc: u16,
    /// How often the arc was dropped as a whole.
    pub(super) drops: u64,
}

struct Entry {
    value: Value,
    voucher: Voucher,
    expires: Instant,
    reads: u8,
    in_main: bool,
    /// Tells it from an entry of the same key that was here before, and may still be in a queue.
    number: u64,
}

type Queued = (Arc<[u8]>, u64);

/// See the module's header.
pub(super) struct Shard {
    entries: HashMap<Arc<[u8]>, Entry>,
    small: VecDeque<Queued>,
    main: VecDeque<Queued>,
    ghost: VecDeque<u64>,
    hasher: RandomState,
    entries_max: usize,
    in_small: usize,
    last_number: u64,
}

impl Shard {
    pub(super) fn new(entries_max: usize) -> Self {
        Shard {
            entries: HashMap::new(),
            small: VecDeque::new(),
            main: VecDeque::new(),
            ghost: VecDeque::new(),
            hasher: RandomState::new(),
            entries_max: entries_max.max(1),
            in_small: 0,
            last_number: 0,
        }
    }

    /// The value under `key`, if it is not too old and `is_good` says so of its voucher.
    pub(super) fn get(&mut self, key: &[u8], now: Instant, is_good: impl FnOnce(Voucher) -> bool) -> Option<Value> {
        let entry = self.entries.get_mut(key)?;
        if entry.expires <= now || !is_good(entry.voucher) {
            self.remove(key);
            return None;
        }
        entry.reads = (entry.reads + 1).min(READS_MAX);
        Some(entry.value.clone())
    }

    pub(super) fn insert(&mut self, key: &[u8], value: Value, voucher: Voucher, expires: Instant) {
        self.remove(key);
        let hash = self.hasher.hash_one(key);
        let was_here = self.ghost.contains(&hash);
        self.last_number += 1;
        let key: Arc<[u8]> = key.into();
        let queued = (Arc::clone(&key), self.last_number);
        self.entries.insert(
            key,
            Entry {
                value,
                voucher,
                expires,
                reads: 0,
                in_main: was_here,
                number: self.last_number,
            },
        );
        if was_here {
            self.main.push_back(queued);
        } else {
            self.small.push_back(queued);
            self.in_small += 1;
        }
        while self.entries.len() > self.entries_max {
            self.evict();
        }
        self.forget_the_gone();
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        if let Some(entry) = self.entries.remove(key) {
            self.in_small -= usize::from(!entry.in_main);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// One step of making room: an entry goes, or to another place.
    fn evict(&mut self) {
        let from_small = self.in_small * 10 >= self.entries_max || self.main.is_empty();
        let popped = if from_small {
            self.small.pop_front()
        } else {
            self.main.pop_front()
        };
        let Some((key, number)) = popped else { return };
        let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.number == number) else {
            return;
        };
        match (entry.in_main, entry.reads) {
            (false, 0) => {
                let hash = self.hasher.hash_one(&*key);
                self.remove(&key);
                self.ghost.push_back(hash);
                if self.ghost.len() > self.entries_max.min(1_024) {
                    self.ghost.pop_front();
                }
            }
            (false, _) => {
                entry.in_main = true;
                entry.reads = 0;
                self.in_small -= 1;
                self.main.push_back((key, number));
            }
            (true, 0) => self.remove(&key),
            (true, _) => {
                entry.reads -= 1;
                self.main.push_back((key, number));
            }
        }
    }

    /// Keys that were removed stay in the queues until they come to the front, or too many have.
    fn forget_the_gone(&mut self) {
        if self.small.len() + self.main.len() > 2 * self.entries_max + 64 {
            let entries = &self.entries;
            let is_there = |(key, number): &Queued| entries.get(key).is_some_and(|entry| entry.number == *number);
            self.small.retain(is_there);
            self.main.retain(is_there);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const VOUCHER: Voucher = Voucher {
        feed: 0,
        connection: 1,
        arc: 2,
        drops: 0,
    };

    fn put(shard: &mut Shard, number: usize) {
        let later = Instant::now() + Duration::from_secs(60);
        shard.insert(
            number.to_string().as_bytes(),
            Value::Integer(number as i64),
            VOUCHER,
            later,
        );
    }

    fn has(shard: &mut Shard, number: usize) -> bool {
        shard
            .get(number.to_string().as_bytes(), Instant::now(), |_| true)
            .is_some()
    }

    #[tokio::test]
    async fn what_is_read_again_survives_a_scan() {
        let mut shard = Shard::new(100);
        for number in 0..50 {
            put(&mut shard, number);
            assert!(has(&mut shard, number));
        }
        (1_000..3_000).for_each(|number| put(&mut shard, number));
        assert!(shard.len() <= 100);
        assert!(
            (0..50).all(|number| has(&mut shard, number)),
            "the scan pushed none of them out"
        );
    }

    #[tokio::test]
    async fn queues_stay_bounded_when_keys_come_and_go() {
        let mut shard = Shard::new(10);
        for _ in 0..10_000 {
            put(&mut shard, 1);
            shard.remove(b"1");
        }
        assert_eq!((shard.len(), shard.in_small), (0, 0));
        assert!(shard.small.len() <= 2 * 10 + 65, "{}", shard.small.len());
    }

    #[tokio::test]
    async fn what_nobody_vouches_for_is_not_answered_and_goes() {
        let mut shard = Shard::new(10);
        put(&mut shard, 1);
        assert!(shard.get(b"1", Instant::now(), |_| false).is_none());
        assert_eq!(shard.len(), 0);
        shard.insert(b"1", Value::Null, VOUCHER, Instant::now());
        assert!(!has(&mut shard, 1), "too old");
    }
}
