//! Which keys are asked for most, now: a sample of the accesses, and a bounded sketch of what was sampled.
//!
//! ```text
//!   accesses --[ Sampler: one in `gap`, by chance ]--> HotKeys: 512 counters that fade --> hottest()
//!               a subtraction for all the others        a scan of 4 KB for the sampled
//! ```
//!
//! Counting each access would cost each of them a hash, a lock and a place in a table. So the sampler lets most pass at the price of one subtraction for
//! a whole batch, and what it takes weighs for those that it let pass. It takes all of a node that has little to do, and about a thousand a second of one
//! that has much: a node with a hundred accesses a second shows as much as one with a million.
//!
//! Two errors, told apart: what the *sketch* does not know stands beside each figure ([`HotKey::per_second_min`] and `_max`; see [`HotKeys`] for the
//! bound). What the *sample* leaves to chance is about one part in the square root of the samples of a key: of some 14,000 that still weigh anything, a
//! key with a hundredth of the accesses has 140, and its figure is right within a tenth.
//!
//! Refused: `HeavyKeeper`, which forgets by chance and so has no bound for a single key; a count in every entry, as in Redis's LFU, which would cost each entry a byte, each
//! read a write, and a walk over all entries to find the greatest.

mod sampler;

pub use sampler::Sampler;

use crate::time::Instant;
use std::time::Duration;

/// Keys that are counted at a time. Raising it makes the bound of the error smaller in proportion, and each sampled access dearer in proportion.
pub const COUNTERS: usize = 512;

/// The time in which an access comes to weigh half. Raising it makes figures steadier, and slower to follow.
pub const HALF_LIFE: Duration = Duration::from_secs(10);

/// Longer keys, in bytes, are counted as accesses, and not by name: so the memory is bounded.
pub const KEY_BYTES_MAX: usize = 512;

/// Hashes that are looked at together.
const SCANNED_AT_ONCE: usize = 64;

/// Half-lives after which weights are written anew, long before they leave the range of an `f64`.
const RESCALE_AFTER: f64 = 256.0;

/// Less than one access in twenty seconds is nothing worth a line.
const SHOWN_PER_SECOND_MIN: f64 = 0.05;

/// One of the keys that are asked for most.
#[derive(Debug, Clone, PartialEq)]
pub struct HotKey {
    /// The key.
    pub key: Box<[u8]>,
    /// Accesses a second that were seen: those that were sampled, with those that they stand for.
    pub per_second_min: f64,
    /// What they may be at most: some may have come while the key had no counter.
    pub per_second_max: f64,
}

/// What [`HotKeys`] tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hottest {
    /// Accesses a second of all keys.
    pub per_second: f64,
    /// The hottest first.
    pub keys: Vec<HotKey>,
}

/// Counts by key, bounded and fading: the Space-Saving sketch (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data
/// Streams, ICDT 2005) over weights that fade exponentially by forward decay (Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay: A Practical Time Decay Model
/// for Streaming Systems, ICDE 2009).
///
/// A key without a counter takes the smallest one, with what that has counted as its error. With W the faded sum of all weights offered:
/// - a key's counter is at least its true faded sum, and at most that plus its error, which is at most W / [`COUNTERS`];
/// - every key of more than W / [`COUNTERS`] has a counter.
#[derive(Debug)]
pub struct HotKeys {
    // Invariant: all three are as long, at most `COUNTERS`; no two counters are of the same key. By `weights` they are a heap, the least first: nobody
    // looks for the counter to take.
    hashes: Vec<u64>,
    weights: Vec<f64>,
    counters: Vec<Counter>,
    total: f64,
    /// The moment whose accesses weigh one: those that came later weigh more.
    landmark: Instant,
    began: Instant,
}

#[derive(Debug)]
struct Counter {
    key: Box<[u8]>,
    /// How much of its weight may be others'.
    error: f64,
}

fn half_lives(time: Duration) -> f64 {
    time.as_secs_f64() / HALF_LIFE.as_secs_f64()
}

impl HotKeys {
    /// None counted yet, at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        HotKeys {
            hashes: Vec::new(),
            weights: Vec::new(),
            counters: Vec::new(),
            total: 0.0,
            landmark: now,
            began: now,
        }
    }

    /// Counts a sampled access that stands for `accesses`. `hash` is any good hash of the key, always the same one.
    pub fn offer(&mut self, key: &[u8], hash: u64, accesses: u32, now: Instant) {
        let mut age = half_lives(now.since(self.landmark));
        if age > RESCALE_AFTER {
            self.rescale(now, age);
            age = 0.0;
        }
        let weight = f64::from(accesses) * age.exp2();
        self.total += weight;
        if key.len() > KEY_BYTES_MAX {
            return;
        }
        match self.find(key, hash) {
            Some(at) => {
                self.weights[at] += weight;
                self.sift_down(at);
            }
            None if self.counters.len() < COUNTERS => {
                self.hashes.push(hash);
                self.weights.push(weight);
                let key = key.into();
                self.counters.push(Counter { key, error: 0.0 });
                self.sift_up(self.weights.len() - 1);
            }
            None => self.replace_least(key, hash, weight),
        }
    }

    fn find(&self, key: &[u8], hash: u64) -> Option<usize> {
        for (place, chunk) in self.hashes.chunks(SCANNED_AT_ONCE).enumerate() {
            // Without a branch for each, so that several are compared in one instruction: most chunks have none.
            if !chunk.iter().fold(false, |found, other| found | (*other == hash)) {
                continue;
            }
            let begin = place * SCANNED_AT_ONCE;
            let mut same = (begin..begin + chunk.len()).filter(|at| self.hashes[*at] == hash);
            if let Some(found) = same.find(|at| *self.counters[*at].key == *key) {
                return Some(found);
            }
        }
        None
    }

    fn replace_least(&mut self, key: &[u8], hash: u64, weight: f64) {
        let error = self.weights[0];
        self.hashes[0] = hash;
        self.weights[0] += weight;
        self.counters[0] = Counter { key: key.into(), error };
        self.sift_down(0);
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.hashes.swap(a, b);
        self.weights.swap(a, b);
        self.counters.swap(a, b);
    }

    fn sift_up(&mut self, mut at: usize) {
        while at > 0 && self.weights[at] < self.weights[(at - 1) / 2] {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let children = [2 * at + 1, 2 * at + 2].into_iter();
            let least = children
                .filter(|child| *child < self.weights.len())
                .min_by(|a, b| self.weights[*a].total_cmp(&self.weights[*b]));
            let Some(child) = least.filter(|child| self.weights[*child] < self.weights[at]) else {
                return;
            };
            self.swap(at, child);
            at = child;
        }
    }

    /// Has an access of `now` weigh one again.
    fn rescale(&mut self, now: Instant, age: f64) {
        let fade = (-age).exp2();
        self.total *= fade;
        self.weights.iter_mut().for_each(|weight| *weight *= fade);
        self.counters.iter_mut().for_each(|counter| counter.error *= fade);
        self.landmark = now;
    }

    /// The hottest keys, at most `count`: ordered by what is certain of them. Those are left out of which less than half is certain: they got the
    /// counter of others lately.
    #[must_use]
    pub fn hottest(&self, count: usize, now: Instant) -> Hottest {
        let per_second = self.per_second(now);
        let one = |(counter, weight): (&Counter, &f64)| HotKey {
            key: counter.key.clone(),
            per_second_min: (weight - counter.error) * per_second,
            per_second_max: weight * per_second,
        };
        let is_sure = |(counter, weight): &(&Counter, &f64)| {
            let certain = *weight - counter.error;
            2.0 * certain >= **weight && certain * per_second >= SHOWN_PER_SECOND_MIN
        };
        let all = self.counters.iter().zip(&self.weights);
        let mut keys: Vec<HotKey> = all.filter(is_sure).map(one).collect();
        keys.sort_by(|a, b| {
            let by_rate = b.per_second_min.total_cmp(&a.per_second_min);
            by_rate.then_with(|| a.key.cmp(&b.key))
        });
        keys.truncate(count);
        Hottest {
            per_second: self.total * per_second,
            keys,
        }
    }

    /// What a weight has to be multiplied by to be a rate. A steady rate r has the faded sum r * `HALF_LIFE` / ln 2, less what has not come yet of a node that began lately.
    fn per_second(&self, now: Instant) -> f64 {
        let faded = (-half_lives(now.since(self.landmark))).exp2();
        let age = now.since(self.began).max(Duration::from_secs(1));
        let filled = 1.0 - (-half_lives(age)).exp2();
        faded * std::f64::consts::LN_2 / HALF_LIFE.as_secs_f64() / filled
    }
}

#[cfg(test)]
mod tests;
