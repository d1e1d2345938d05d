//! What the near cache holds: one of its shards, bounded by S3-FIFO.
//!
//! ```text
//!   new --> small (a tenth) --read again?--> main --read since?--> main, once more
//!                \--no--> out, remembered in ghost; who is in ghost when it comes goes to main at once
//! ```
//!
//! An entry is a key and what was answered about it: to one question, or to several, up to [`ANSWERS_MAX`], of which the oldest goes first. Whatever changes the
//! key removes all of them. Bounded by entries and by bytes, whichever is reached first.
//!
//! Yang and others, *FIFO queues are all you need for cache eviction*, SOSP 2023. Pure: time is an argument.

use circlet_resp::Value;
use smallvec::SmallVec;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use tokio::time::Instant;

/// Reads that count for an entry, at most.
const READS_MAX: u8 = 3;

/// Answers about one key, at most.
pub(super) const ANSWERS_MAX: usize = 32;

/// What an entry takes beside its key and answers, and an answer beside its question and value: about what the table, the queues and the allocator add.
const ENTRY_BYTES: usize = 160;
const ANSWER_BYTES: usize = 112;

/// What a shard may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) entries_max: usize,
    pub(super) bytes_max: usize,
}

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

/// What one question was answered with.
pub(super) struct Answer {
    pub(super) value: Value,
    pub(super) voucher: Voucher,
    pub(super) expires: Instant,
}

struct Kept {
    question: Box<[u8]>,
    answer: Answer,
}

impl Kept {
    fn bytes(&self) -> usize {
        ANSWER_BYTES + self.question.len() + bytes_of(&self.answer.value)
    }
}

/// How long a value is, in bytes: its texts, and as much as it takes in memory for each of its parts.
pub(super) fn bytes_of(value: &Value) -> usize {
    let part = |value: &Value| size_of::<Value>() + bytes_of(value);
    match value {
        Value::Array(parts) | Value::Set(parts) | Value::Push(parts) => parts.iter().map(part).sum(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| part(key) + part(value)).sum(),
        Value::Error(text) => text.len(),
        other => other.as_bytes().map_or(0, <[u8]>::len),
    }
}

struct Entry {
    // Invariant: not empty, no question twice, oldest first.
    answers: SmallVec<[Kept; 1]>,
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
    bounds: Bounds,
    in_small: usize,
    // Invariant: what all entries take.
    bytes: usize,
    last_number: u64,
}

impl Shard {
    pub(super) fn new(bounds: Bounds) -> Self {
        Shard {
            entries: HashMap::new(),
            small: VecDeque::new(),
            main: VecDeque::new(),
            ghost: VecDeque::new(),
            hasher: RandomState::new(),
            bounds: Bounds {
                entries_max: bounds.entries_max.max(1),
                ..bounds
            },
            in_small: 0,
            bytes: 0,
            last_number: 0,
        }
    }

    /// What a question about `key` was answered with, if that is not too old and `is_good` says so of its voucher.
    pub(super) fn get(
        &mut self,
        key: &[u8],
        question: &[u8],
        now: Instant,
        is_good: impl FnOnce(Voucher) -> bool,
    ) -> Option<Value> {
        let entry = self.entries.get_mut(key)?;
        let place = entry.answers.iter().position(|kept| *kept.question == *question)?;
        let answer = &entry.answers[place].answer;
        if answer.expires <= now || !is_good(answer.voucher) {
            self.remove_answer(key, place);
            return None;
        }
        entry.reads = (entry.reads + 1).min(READS_MAX);
        Some(answer.value.clone())
    }

    /// Keeps an answer, unless it alone is more than there may be.
    pub(super) fn insert(&mut self, key: &[u8], question: &[u8], answer: Answer) {
        let kept = Kept {
            question: question.into(),
            answer,
        };
        if ENTRY_BYTES + key.len() + kept.bytes() > self.bounds.bytes_max {
            return;
        }
        // An entry whose only answer is replaced is made anew: it counts as younger.
        let gone = self.entries.get(key).and_then(|entry| {
            let same = entry.answers.iter().position(|kept| *kept.question == *question);
            same.or_else(|| (entry.answers.len() >= ANSWERS_MAX).then_some(0))
        });
        if let Some(place) = gone {
            self.remove_answer(key, place);
        }
        self.bytes += kept.bytes();
        match self.entries.get_mut(key) {
            Some(entry) => entry.answers.push(kept),
            None => self.begin(key, kept),
        }
        while self.entries.len() > self.bounds.entries_max || self.bytes > self.bounds.bytes_max {
            if !self.evict() {
                break;
            }
        }
        self.forget_the_gone();
    }

    /// An entry with its first answer, whose bytes are counted.
    fn begin(&mut self, key: &[u8], kept: Kept) {
        let hash = self.hasher.hash_one(key);
        let was_here = self.ghost.contains(&hash);
        self.last_number += 1;
        self.bytes += ENTRY_BYTES + key.len();
        let key: Arc<[u8]> = key.into();
        let queued = (Arc::clone(&key), self.last_number);
        self.entries.insert(
            key,
            Entry {
                answers: SmallVec::from_iter([kept]),
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
    }

    /// Removes all answers about a key.
    pub(super) fn remove(&mut self, key: &[u8]) {
        if let Some(entry) = self.entries.remove(key) {
            self.in_small -= usize::from(!entry.in_main);
            self.bytes -= ENTRY_BYTES + key.len() + entry.answers.iter().map(Kept::bytes).sum::<usize>();
        }
    }

    /// Removes one, and the entry with its last.
    fn remove_answer(&mut self, key: &[u8], place: usize) {
        match self.entries.get_mut(key) {
            Some(entry) if entry.answers.len() > 1 => self.bytes -= entry.answers.remove(place).bytes(),
            _ => self.remove(key),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// One step of making room: an entry goes, or to another place. False if there is none.
    fn evict(&mut self) -> bool {
        // A tenth of what is there: when bytes are the bound, that is less than may be.
        let from_small = self.in_small * 10 >= self.entries.len() || self.main.is_empty();
        let popped = if from_small {
            self.small.pop_front()
        } else {
            self.main.pop_front()
        };
        let Some((key, number)) = popped else { return false };
        let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.number == number) else {
            return true;
        };
        match (entry.in_main, entry.reads) {
            (false, 0) => {
                let hash = self.hasher.hash_one(&*key);
                self.remove(&key);
                self.ghost.push_back(hash);
                if self.ghost.len() > self.bounds.entries_max.min(1_024) {
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
        true
    }

    /// Keys that were removed stay in the queues until they come to the front, or too many have.
    fn forget_the_gone(&mut self) {
        if self.small.len() + self.main.len() > 2 * self.bounds.entries_max + 64 {
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
    use proptest::prelude::*;
    use std::time::Duration;

    const VOUCHER: Voucher = Voucher {
        feed: 0,
        connection: 1,
        arc: 2,
        drops: 0,
    };

    const Q: &[u8] = b"";

    fn shard(entries_max: usize) -> Shard {
        Shard::new(Bounds {
            entries_max,
            bytes_max: usize::MAX,
        })
    }

    fn answer(value: Value, lasts: Duration) -> Answer {
        Answer {
            value,
            voucher: VOUCHER,
            expires: Instant::now() + lasts,
        }
    }

    fn put(shard: &mut Shard, number: usize) {
        let answer = answer(Value::Integer(number as i64), Duration::from_secs(60));
        shard.insert(number.to_string().as_bytes(), Q, answer);
    }

    fn has(shard: &mut Shard, number: usize) -> bool {
        shard
            .get(number.to_string().as_bytes(), Q, Instant::now(), |_| true)
            .is_some()
    }

    #[tokio::test]
    async fn what_is_read_again_survives_a_scan() {
        let one = ENTRY_BYTES + ANSWER_BYTES + 4;
        for bounds in [(100, usize::MAX), (1_000_000, 100 * one)] {
            let mut shard = Shard::new(Bounds {
                entries_max: bounds.0,
                bytes_max: bounds.1,
            });
            for number in 0..50 {
                put(&mut shard, number);
                assert!(has(&mut shard, number));
            }
            (1_000..3_000).for_each(|number| put(&mut shard, number));
            assert!(shard.len() <= 102);
            assert!(
                (0..50).all(|number| has(&mut shard, number)),
                "the scan pushed none of them out"
            );
        }
    }

    #[tokio::test]
    async fn queues_stay_bounded_when_keys_come_and_go() {
        let mut shard = shard(10);
        for _ in 0..10_000 {
            put(&mut shard, 1);
            shard.remove(b"1");
        }
        assert_eq!((shard.len(), shard.in_small, shard.bytes), (0, 0, 0));
        assert!(shard.small.len() <= 2 * 10 + 65, "{}", shard.small.len());
    }

    #[tokio::test]
    async fn what_nobody_vouches_for_is_not_answered_and_goes() {
        let mut shard = shard(10);
        put(&mut shard, 1);
        assert!(shard.get(b"1", Q, Instant::now(), |_| false).is_none());
        assert_eq!(shard.len(), 0);
        shard.insert(b"1", Q, answer(Value::Null, Duration::ZERO));
        assert!(!has(&mut shard, 1), "too old");
    }

    #[tokio::test]
    async fn a_change_takes_all_answers_about_its_key_and_age_takes_one() {
        let mut shard = shard(10);
        let get = |shard: &mut Shard, question: &[u8]| shard.get(b"k", question, Instant::now(), |_| true);
        let minute = Duration::from_secs(60);
        shard.insert(b"k", b"a", answer(Value::Integer(1), minute));
        shard.insert(b"k", b"b", answer(Value::Integer(2), Duration::ZERO));
        shard.insert(b"k", b"c", answer(Value::Integer(3), minute));
        assert_eq!(get(&mut shard, b"b"), None);
        assert_eq!(
            (get(&mut shard, b"a"), get(&mut shard, b"c")),
            (Some(Value::Integer(1)), Some(Value::Integer(3)))
        );
        assert_eq!(shard.len(), 1, "one key");
        shard.remove(b"k");
        assert_eq!((get(&mut shard, b"a"), get(&mut shard, b"c")), (None, None));
        assert_eq!(shard.bytes, 0);
    }

    #[test]
    fn lists_are_as_long_as_all_that_is_in_them() {
        let text = |text: &str| Value::Bulk(text.into());
        let part = size_of::<Value>();
        assert_eq!(bytes_of(&text("four")), 4);
        assert_eq!(bytes_of(&Value::Array(vec![text("four"), Value::Null])), 4 + 2 * part);
        let map = Value::Map(vec![(text("a"), Value::Set(vec![text("bc")]))]);
        assert_eq!(bytes_of(&map), 3 + 3 * part);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Insert { key: u8, question: u8, len: usize },
        Get { key: u8, question: u8 },
        Remove { key: u8 },
    }

    fn step() -> impl Strategy<Value = Step> {
        let (key, question) = (0_u8..12, 0_u8..40);
        prop_oneof![
            4 => (key.clone(), question.clone(), 0_usize..600).prop_map(|(key, question, len)| Step::Insert { key, question, len }),
            3 => (key.clone(), question).prop_map(|(key, question)| Step::Get { key, question }),
            1 => key.prop_map(|key| Step::Remove { key }),
        ]
    }

    proptest! {
        /// Beside one that forgets nothing: what is answered is what was kept last, or nothing.
        #[test]
        fn bounds_hold_and_nothing_is_answered_that_was_replaced_or_removed(steps in prop::collection::vec(step(), 1..400)) {
            let bounds = Bounds { entries_max: 8, bytes_max: 4_000 };
            let (mut shard, mut all) = (Shard::new(bounds), HashMap::new());
            let now = Instant::now();
            for step in steps {
                match step {
                    Step::Insert { key, question, len } => {
                        let value = Value::Bulk(vec![key; len]);
                        shard.insert(&[key], &[question], answer(value.clone(), Duration::from_secs(60)));
                        all.insert((key, question), value);
                    }
                    Step::Get { key, question } => {
                        let found = shard.get(&[key], &[question], now, |_| true);
                        prop_assert!(found.is_none() || found.as_ref() == all.get(&(key, question)));
                    }
                    Step::Remove { key } => {
                        shard.remove(&[key]);
                        all.retain(|(of, _), _| *of != key);
                    }
                }
                let bytes = |(key, entry): (&Arc<[u8]>, &Entry)| ENTRY_BYTES + key.len() + entry.answers.iter().map(Kept::bytes).sum::<usize>();
                prop_assert_eq!(shard.bytes, shard.entries.iter().map(bytes).sum::<usize>());
                prop_assert!(shard.bytes <= bounds.bytes_max && shard.len() <= bounds.entries_max);
                prop_assert_eq!(shard.in_small, shard.entries.values().filter(|entry| !entry.in_main).count());
                prop_assert!(shard.entries.values().all(|entry| (1..=ANSWERS_MAX).contains(&entry.answers.len())));
            }
        }
    }
}
