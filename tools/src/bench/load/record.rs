//! What the load saw: second by second (a quarter of one), and phase by phase.

use circlet_measure::Histogram;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Width of one point of the plots.
pub(crate) const BUCKET: Duration = Duration::from_millis(250);

/// Kinds of error that are told apart; further ones count as the last.
const ERROR_KINDS_MAX: usize = 32;

/// One point of the plots.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bucket {
    /// Its begin, in seconds since the load began.
    pub(crate) at_s: f64,
    pub(crate) ops_per_s: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) p999_us: f64,
    pub(crate) max_us: f64,
    pub(crate) errors: u64,
    /// Share of reads of loaded keys that found their key.
    pub(crate) hit_ratio: f64,
}

/// Of so many operations of a phase more is told than how many there were.
const SLOWEST_MAX: usize = 20;

/// One of the operations of a phase that took longest.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Slow {
    /// When it was due, in seconds since the load began.
    pub(crate) at_s: f64,
    /// From then until it was answered.
    pub(crate) took_us: f64,
    /// What of that passed before it was first sent: the generator itself was late.
    pub(crate) sent_late_us: f64,
    /// How often it was sent again.
    pub(crate) tries: u32,
    /// The port of the node that answered it.
    pub(crate) port: u16,
    /// Of its key: what to look for in the nodes' logs.
    pub(crate) slot: u16,
    pub(crate) command: &'static str,
}

/// An operation that is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    pub(crate) due: Instant,
    /// First.
    pub(crate) sent: Instant,
    pub(crate) tries: u32,
    /// By whom.
    pub(crate) node: SocketAddr,
    pub(crate) slot: u16,
    pub(crate) command: &'static str,
}

/// One phase of the scenario.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Phase {
    pub(crate) name: String,
    pub(crate) begin_s: f64,
    pub(crate) end_s: f64,
    #[serde(flatten)]
    pub(crate) counts: Counts,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) p999_us: f64,
    pub(crate) max_us: f64,
    /// The least of any quarter of a second; 0 if the phase was shorter.
    pub(crate) ops_per_s_min: f64,
    /// The operations that took longest, the longest first.
    pub(crate) slowest: Vec<Slow>,
}

/// What is counted in a phase.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Counts {
    /// Operations answered.
    pub(crate) done: u64,
    /// Reads of loaded keys, and those that found none.
    pub(crate) reads: u64,
    pub(crate) misses: u64,
    /// Tries that were answered with an error or lost; most are cured by the next try.
    pub(crate) errors: u64,
    /// Operations given up.
    pub(crate) failed: u64,
    pub(crate) redirects: u64,
    /// Answers older than what was acknowledged or seen before.
    pub(crate) went_back: u64,
    /// Answers with a value that was deleted.
    pub(crate) resurrected: u64,
    /// Answers with a value that was never written.
    pub(crate) foreign: u64,
    /// Errors by their first word.
    pub(crate) error_kinds: BTreeMap<String, u64>,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        let Counts {
            done,
            reads,
            misses,
            errors,
            failed,
            redirects,
            went_back,
            resurrected,
            foreign,
            error_kinds,
        } = other;
        self.done += done;
        self.reads += reads;
        self.misses += misses;
        self.errors += errors;
        self.failed += failed;
        self.redirects += redirects;
        self.went_back += went_back;
        self.resurrected += resurrected;
        self.foreign += foreign;
        for (kind, count) in error_kinds {
            *self.error_kinds.entry(kind.clone()).or_default() += count;
        }
    }
}

/// Collects all of it.
#[derive(Debug)]
pub(crate) struct Record {
    begin: Instant,
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) phases: Vec<Phase>,
    bucket: Open,
    phase: Open,
    phase_name: String,
    /// The phase, if it seems to be over; what comes after it is in `phase`, and of the next one if it stays so.
    quiet: Option<Open>,
}

#[derive(Debug)]
struct Open {
    since: Instant,
    latency: Histogram,
    counts: Counts,
    // Invariant: the longest first.
    slowest: Vec<(Duration, Done)>,
}

impl Open {
    fn new(since: Instant) -> Self {
        Open {
            since,
            latency: Histogram::default(),
            counts: Counts::default(),
            slowest: Vec::new(),
        }
    }

    fn note(&mut self, took: Duration, done: Done) {
        let place = self.slowest.partition_point(|(longer, _)| *longer >= took);
        if place < SLOWEST_MAX {
            self.slowest.truncate(SLOWEST_MAX - 1);
            self.slowest.insert(place, (took, done));
        }
    }

    /// What came after it is of it too.
    fn take_in(&mut self, later: &Self) {
        self.latency.merge(&later.latency);
        self.counts.add(&later.counts);
        for (took, done) in &later.slowest {
            self.note(*took, *done);
        }
    }

    fn us(&self, share: f64) -> f64 {
        self.latency.quantile(share) as f64 / 1e3
    }
}

impl Record {
    pub(crate) fn new(begin: Instant, phase: &str) -> Self {
        Record {
            begin,
            buckets: Vec::new(),
            phases: Vec::new(),
            bucket: Open::new(begin),
            phase: Open::new(begin),
            phase_name: phase.to_owned(),
            quiet: None,
        }
    }

    /// An operation is answered.
    pub(crate) fn done(&mut self, now: Instant, done: Done) {
        let took = now.saturating_duration_since(done.due);
        let latency = took.as_nanos() as u64;
        self.bucket.latency.record(latency);
        self.phase.latency.record(latency);
        self.phase.note(took, done);
        self.count(|counts| counts.done += 1);
    }

    /// Changes the counts of the point and of the phase alike.
    pub(crate) fn count(&mut self, change: impl Fn(&mut Counts)) {
        change(&mut self.bucket.counts);
        change(&mut self.phase.counts);
    }

    /// A try failed; `text` is the error, whose first word is its kind.
    pub(crate) fn error(&mut self, text: &str) {
        self.count(|counts| counts.errors += 1);
        let kinds = &mut self.phase.counts.error_kinds;
        let kind = text.split(' ').next().unwrap_or_default();
        let kind = if kinds.len() >= ERROR_KINDS_MAX && !kinds.contains_key(kind) {
            "others"
        } else {
            kind
        };
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }

    /// Closes every point that has ended by `now`.
    pub(crate) fn tick(&mut self, now: Instant) {
        while now >= self.bucket.since + BUCKET {
            let next = Open::new(self.bucket.since + BUCKET);
            let ended = std::mem::replace(&mut self.bucket, next);
            let (counts, seconds) = (&ended.counts, BUCKET.as_secs_f64());
            self.buckets.push(Bucket {
                at_s: self.seconds(ended.since),
                ops_per_s: counts.done as f64 / seconds,
                p50_us: ended.us(0.5),
                p99_us: ended.us(0.99),
                p999_us: ended.us(0.999),
                max_us: ended.us(1.0),
                errors: counts.errors,
                hit_ratio: hit_ratio(counts),
            });
        }
    }

    /// The phase seems to be over: from now on the next one is counted, unless [`go_on`](Self::go_on) says otherwise.
    pub(crate) fn become_quiet(&mut self, now: Instant) {
        self.go_on();
        self.quiet = Some(std::mem::replace(&mut self.phase, Open::new(now)));
    }

    /// The phase is not over.
    pub(crate) fn go_on(&mut self) {
        if let Some(mut phase) = self.quiet.take() {
            phase.take_in(&self.phase);
            self.phase = phase;
        }
    }

    /// Ends the phase and begins the next: when it became quiet, if it did, or now.
    pub(crate) fn enter(&mut self, now: Instant, name: &str) {
        let ended = self.quiet.take();
        let ended = ended.unwrap_or_else(|| std::mem::replace(&mut self.phase, Open::new(now)));
        let (begin_s, end_s) = (self.seconds(ended.since), self.seconds(self.phase.since));
        let whole = self
            .buckets
            .iter()
            .filter(|bucket| bucket.at_s >= begin_s && bucket.at_s + BUCKET.as_secs_f64() <= end_s);
        let least = whole.map(|bucket| bucket.ops_per_s).reduce(f64::min);
        let slow = |(took, done): &(Duration, Done)| Slow {
            at_s: self.seconds(done.due),
            took_us: took.as_secs_f64() * 1e6,
            sent_late_us: done.sent.saturating_duration_since(done.due).as_secs_f64() * 1e6,
            tries: done.tries,
            port: done.node.port(),
            slot: done.slot,
            command: done.command,
        };
        let slowest = ended.slowest.iter().map(slow).collect();
        self.phases.push(Phase {
            name: std::mem::replace(&mut self.phase_name, name.to_owned()),
            begin_s,
            end_s,
            p50_us: ended.us(0.5),
            p99_us: ended.us(0.99),
            p999_us: ended.us(0.999),
            max_us: ended.us(1.0),
            ops_per_s_min: least.unwrap_or(0.0),
            slowest,
            counts: ended.counts,
        });
    }

    fn seconds(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.begin).as_secs_f64()
    }
}

fn hit_ratio(counts: &Counts) -> f64 {
    if counts.reads == 0 {
        1.0
    } else {
        1.0 - counts.misses as f64 / counts.reads as f64
    }
}

impl Phase {
    pub(crate) fn seconds(&self) -> f64 {
        self.end_s - self.begin_s
    }

    pub(crate) fn ops_per_s(&self) -> f64 {
        if self.seconds() > 0.0 {
            self.counts.done as f64 / self.seconds()
        } else {
            0.0
        }
    }

    pub(crate) fn hit_ratio(&self) -> f64 {
        hit_ratio(&self.counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn percentiles_and_rates_are_of_the_point_and_of_the_phase() {
        let begin = Instant::now();
        let mut record = Record::new(begin, "steady");
        for step in 1..=100_u64 {
            let done = Done {
                due: begin,
                sent: begin + Duration::from_micros(step),
                tries: 0,
                node: (Ipv4Addr::LOCALHOST, 7001).into(),
                slot: 12,
                command: "GET",
            };
            record.done(begin + Duration::from_micros(step * 10), done);
        }
        record.tick(begin + BUCKET * 2);
        record.enter(begin + BUCKET * 2, "join");
        assert_eq!(record.buckets.len(), 2);
        let (first, phase) = (&record.buckets[0], &record.phases[0]);
        assert!((first.ops_per_s - 400.0).abs() < 0.1);
        assert!(
            (first.p50_us - 500.0).abs() < 10.0 && (first.p99_us - 990.0).abs() < 20.0,
            "{first:?}"
        );
        assert!(
            (phase.ops_per_s() - 200.0).abs() < 0.1 && (phase.max_us - 1_000.0).abs() < 0.1,
            "{phase:?}"
        );
        let slowest: Vec<u64> = phase.slowest.iter().map(|slow| slow.took_us.round() as u64).collect();
        assert_eq!(slowest[..3], [1_000, 990, 980], "the longest first");
        assert_eq!(slowest.len(), SLOWEST_MAX);
        let slow = &phase.slowest[0];
        assert!((slow.sent_late_us - 100.0).abs() < 0.1);
        assert_eq!((slow.port, slow.slot, slow.command), (7001, 12, "GET"));
        assert!(phase.ops_per_s_min.abs() < 0.1, "the second point had nothing");
    }

    #[test]
    fn a_phase_ends_when_it_became_quiet_if_it_stays_so() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut record = Record::new(begin, "join");
        let answer = |record: &mut Record, second| {
            let done = Done {
                due: at(second) - Duration::from_millis(second),
                sent: at(second),
                tries: 0,
                node: (Ipv4Addr::LOCALHOST, 7001).into(),
                slot: 0,
                command: "GET",
            };
            record.done(at(second), done);
            record.error("TRYAGAIN");
        };
        answer(&mut record, 1);
        record.become_quiet(at(2));
        answer(&mut record, 3);
        record.go_on();
        answer(&mut record, 4);
        record.become_quiet(at(5));
        answer(&mut record, 6);
        record.enter(at(7), "after join");
        answer(&mut record, 8);
        record.enter(at(9), "end");
        let [join, after] = &record.phases[..] else {
            panic!("two phases")
        };
        assert_eq!((join.counts.done, after.counts.done), (3, 2));
        assert_eq!(join.counts.error_kinds.get("TRYAGAIN"), Some(&3));
        assert_eq!((join.slowest.len(), after.slowest.len()), (3, 2));
        assert!((join.max_us - 4_000.0).abs() < 1.0 && (join.slowest[0].took_us - 4_000.0).abs() < 1.0);
        let ends = [join.begin_s, join.end_s, after.begin_s, after.end_s];
        assert!(
            ends.iter()
                .zip([0.0, 5.0, 5.0, 9.0])
                .all(|(is, must)| (is - must).abs() < 1e-6),
            "{ends:?}"
        );
    }

    #[test]
    fn errors_are_told_apart_by_their_first_word() {
        let mut record = Record::new(Instant::now(), "steady");
        record.error("NOQUORUM need 2");
        record.error("NOQUORUM need 3");
        record.enter(Instant::now(), "end");
        assert_eq!(record.phases[0].counts.error_kinds.get("NOQUORUM"), Some(&2));
    }
}
