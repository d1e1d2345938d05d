use super::*;
use crate::time::Instant;
use proptest::prelude::*;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

fn offer(sketch: &mut HotKeys, key: &str, accesses: u32, at_ms: u64) {
    sketch.offer(
        key.as_bytes(),
        hash(key.as_bytes()),
        accesses,
        Instant::from_millis(at_ms),
    );
}

fn names(hottest: &Hottest) -> Vec<String> {
    let name = |hot: &HotKey| String::from_utf8_lossy(&hot.key).into_owned();
    hottest.keys.iter().map(name).collect()
}

/// A stream of its own for each seed: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[test]
fn a_steady_rate_is_told_as_it_is_from_the_first_seconds_on() {
    let mut sketch = HotKeys::new(Instant::from_millis(5_000));
    for at_ms in (5_000..65_000).step_by(10) {
        offer(&mut sketch, "warm", 1, at_ms);
        offer(&mut sketch, "hot", 4, at_ms);
        if [7_000, 15_000, 64_990].contains(&at_ms) {
            let told = sketch.hottest(9, Instant::from_millis(at_ms));
            assert_eq!(names(&told), ["hot", "warm"]);
            let rates = [
                told.keys[0].per_second_min,
                told.keys[1].per_second_max,
                told.per_second,
            ];
            for (rate, true_rate) in rates.iter().zip([400.0, 100.0, 500.0]) {
                assert!(
                    (rate / true_rate - 1.0).abs() < 0.01,
                    "{rate} of {true_rate} at {at_ms}"
                );
            }
        }
    }
}

#[test]
fn what_was_hot_fades_and_the_present_is_shown() {
    let mut sketch = HotKeys::new(Instant::ZERO);
    offer(&mut sketch, "past", 1_000, 0);
    offer(&mut sketch, "present", 100, 40_000);
    assert_eq!(names(&sketch.hottest(1, Instant::from_millis(40_000))), ["present"]);
    assert_eq!(names(&sketch.hottest(2, Instant::from_millis(400_000))).len(), 0);
    // Far beyond what the weights could hold if they were never written anew.
    offer(&mut sketch, "later", 1, 1_000_000_000);
    let told = sketch.hottest(9, Instant::from_millis(1_000_000_000));
    assert_eq!(names(&told), ["later"]);
    assert!(told.per_second > 0.05 && told.per_second < 0.1, "{}", told.per_second);
}

#[test]
fn a_key_that_is_too_long_counts_and_has_no_name() {
    let mut sketch = HotKeys::new(Instant::ZERO);
    let long = "x".repeat(KEY_BYTES_MAX + 1);
    offer(&mut sketch, &long, 100, 0);
    offer(&mut sketch, &long[1..], 1, 0);
    let told = sketch.hottest(9, Instant::ZERO);
    assert_eq!(names(&told), [&long[1..]]);
    assert!((told.per_second / told.keys[0].per_second_max - 101.0).abs() < 1e-6);
}

#[test]
fn keys_that_are_all_alike_are_not_called_hot() {
    let mut sketch = HotKeys::new(Instant::ZERO);
    for access in 0..20_000_u64 {
        offer(&mut sketch, &(access % 10_000).to_string(), 1, access / 10);
    }
    assert_eq!(sketch.hottest(9, Instant::from_millis(2_000)).keys, []);
    assert_eq!(sketch.counters.len(), COUNTERS);
}

#[test]
fn keys_of_one_hash_have_counters_of_their_own() {
    let mut sketch = HotKeys::new(Instant::ZERO);
    for key in ["a", "b", "a"] {
        sketch.offer(key.as_bytes(), 7, 1, Instant::ZERO);
    }
    assert_eq!(names(&sketch.hottest(9, Instant::ZERO)), ["a", "b"]);
}

proptest! {
    /// The bounds of [`HotKeys`], against exact sums: whatever the keys and times.
    #[test]
    fn the_error_is_bounded_as_the_paper_says(
        seed in any::<u64>(), keys in 1..4_000_u64, skew in 1..4_i32, ms_apart in 0..200_u64,
    ) {
        let (mut sketch, mut random) = (HotKeys::new(Instant::ZERO), Random(seed));
        let mut exact: HashMap<String, f64> = HashMap::new();
        let accesses = 6_000;
        let end_ms = accesses * ms_apart;
        for access in 0..accesses {
            let uniform = (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
            let key = format!("{}", (uniform.powi(skew) * keys as f64) as u64);
            let (weight, at_ms) = ((random.next() % 256) as u32 + 1, access * ms_apart);
            offer(&mut sketch, &key, weight, at_ms);
            let faded = (-half_lives(Duration::from_millis(end_ms - at_ms))).exp2();
            *exact.entry(key).or_default() += f64::from(weight) * faded;
        }
        let fade = (-half_lives(Instant::from_millis(end_ms).since(sketch.landmark))).exp2();
        let total: f64 = exact.values().sum();
        let (bound, rounding) = (total / COUNTERS as f64, total * 1e-9);
        prop_assert!((sketch.total * fade - total).abs() <= rounding);
        for at in 1..sketch.weights.len() {
            prop_assert!(sketch.weights[(at - 1) / 2] <= sketch.weights[at], "the least is first");
        }
        let mut counted = HashMap::new();
        for (counter, weight) in sketch.counters.iter().zip(&sketch.weights) {
            let key = String::from_utf8(counter.key.to_vec()).expect("digits");
            let (weight, error) = (weight * fade, counter.error * fade);
            prop_assert!(error <= bound + rounding, "an error of {error}, above {bound}");
            prop_assert!(exact[&key] <= weight + rounding, "never too little");
            prop_assert!(exact[&key] >= weight - error - rounding, "never too much by more than the error");
            prop_assert!(counted.insert(key, ()).is_none(), "a key has one counter");
        }
        for (key, true_weight) in exact {
            prop_assert!(true_weight <= bound + rounding || counted.contains_key(&key), "{key} is missing");
        }
    }
}

/// What samples stand for, by key, of many batches of the same accesses, each with its time; and how many samples there were.
fn sampled<'a>(seed: u64, batch: &[&'a str], times: impl Iterator<Item = Instant>) -> (HashMap<&'a str, u64>, u64) {
    let (mut sampler, mut random) = (Sampler::new(), Random(seed));
    let (mut sums, mut samples) = (HashMap::new(), 0);
    for now in times {
        let mut rest = batch;
        while let Some(passed) = sampler.pass(rest.len() as u32) {
            let stands_for = sampler.take(now, random.next());
            *sums.entry(rest[passed as usize]).or_default() += u64::from(stands_for);
            samples += 1;
            rest = &rest[passed as usize + 1..];
        }
    }
    (sums, samples)
}

#[test]
fn a_node_with_little_to_do_has_every_access_looked_at() {
    let times = (1..=500).map(|access| Instant::from_millis(access * 2));
    assert_eq!(sampled(1, &["a"], times), (HashMap::from([("a", 500)]), 500));
}

#[test]
fn a_busy_node_has_about_a_thousand_a_second_looked_at_and_the_busiest_one_in_512() {
    // 100,000 a second, one a batch; then 64,000,000 a second, 64 a batch.
    let busy = (0..1_000_000).map(|access| Instant::from_nanos(access * 10_000));
    let (sums, samples) = sampled(2, &["a"], busy);
    assert!((8_000..20_000).contains(&samples), "{samples} in ten seconds");
    assert!((950_000..1_050_000).contains(&sums["a"]), "{sums:?}");
    let busiest = (0..100_000).map(|batch| Instant::from_nanos(batch * 1_000));
    let (sums, samples) = sampled(3, &["a"; 64], busiest);
    assert!(
        (11_300..13_700).contains(&samples),
        "{samples}: one in 512 of 6,400,000"
    );
    assert!((6_000_000..6_800_000).contains(&sums["a"]), "{sums:?}");
}

#[test]
fn a_rhythm_of_the_clients_makes_no_key_look_hotter() {
    // Each batch begins with `first`, after a pause, and 255 others follow at once: what the gap is follows from where in the rhythm a sample fell.
    let batch: Vec<&str> = std::iter::once("first").chain(["other"; 255]).collect();
    let (sums, _) = sampled(4, &batch, (0..400_000).map(|at| Instant::from_millis(at * 5)));
    // Four standard deviations: samples of `first` stand for up to 512.
    let first = sums["first"] as f64 / 400_000.0;
    assert!((first - 1.0).abs() < 0.15, "counted {first} times as often as it came");
    let other = sums["other"] as f64 / (255.0 * 400_000.0);
    assert!((other - 1.0).abs() < 0.02, "counted {other} times as often as it came");
}

#[test]
fn what_samples_stand_for_adds_up_at_every_rate() {
    for (seed, ns_apart) in (10..).zip([900_000, 600_000, 400_000, 250_000, 100_000, 20_000]) {
        let times = (0..1_000_000).map(|access| Instant::from_nanos(access * ns_apart));
        let (sums, _) = sampled(seed, &["a"], times);
        let counted = sums["a"] as f64 / 1e6;
        assert!(
            (counted - 1.0).abs() < 0.03,
            "counted {counted} times as often as it came, every {ns_apart} ns"
        );
    }
}
