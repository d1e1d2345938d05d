//! Rounds of A B A B, each measurement between two of the floor.
//!
//! ```text
//! round 1:  floor A floor B floor C floor     round 2:  floor A floor B floor C floor   ...
//!                 \_____/ a triple
//! ```
//!
//! The machine changes its speed by a third within seconds, so a figure is worth something only beside another of
//! the same second. A triple whose floors differ by more than 12 %, or beside which something else kept the
//! machine busy, is taken again, three times at most; if none is sound the last is kept and marked. What is
//! reported is the median over the rounds of the *ratios*, not the ratio of two medians.

use super::lab::Lab;
use crate::error::{Error, Result};
use crate::load::{self, Sample, Span, Workload};
use crate::stats::{drift, median};

/// Two floors further apart than this are two speeds of the machine.
const DRIFT_MAX: f64 = 0.12;
/// More of the machine than this in other hands spoils a measurement.
const FOREIGN_CORES_MAX: f64 = 0.12;
const ATTEMPTS_MAX: u32 = 3;

/// Who is measured, and under what load.
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) workload: Workload,
}

/// A measurement and the floor's cost around it.
pub(crate) struct Triple {
    pub(crate) sample: Sample,
    /// Mean nanoseconds of the two floors.
    floor_ns: f64,
    is_sound: bool,
}

impl Triple {
    fn new(before: &Sample, sample: Sample, after: &Sample) -> Self {
        let (first, second) = (before.cpu_per_operation(), after.cpu_per_operation());
        let is_sound = drift(first, second) <= DRIFT_MAX && sample.foreign_cores <= FOREIGN_CORES_MAX;
        Self {
            sample,
            floor_ns: f64::midpoint(first, second),
            is_sound,
        }
    }

    /// Nanoseconds of the floor around it.
    pub(crate) fn floor_ns(&self) -> f64 {
        self.floor_ns
    }

    /// CPU an operation, as a multiple of the floor's.
    pub(crate) fn floors(&self) -> f64 {
        self.sample.cpu_per_operation() / self.floor_ns
    }
}

/// The triples of one contestant, one a round.
pub(crate) struct Series {
    pub(crate) name: String,
    triples: Vec<Triple>,
}

impl Series {
    /// Median over the rounds of what `metric` reads off a triple.
    pub(crate) fn median_of(&self, metric: impl Fn(&Triple) -> f64) -> f64 {
        let sound = self
            .triples
            .iter()
            .filter(|triple| triple.is_sound)
            .map(&metric)
            .collect::<Vec<_>>();
        let all = || self.triples.iter().map(&metric).collect::<Vec<_>>();
        median(&sound).or_else(|| median(&all())).unwrap_or(f64::NAN)
    }

    /// Median over the rounds of this series' `metric` divided by `peer`'s of the same round.
    pub(crate) fn ratio_to(&self, peer: &Self, metric: impl Fn(&Triple) -> f64) -> f64 {
        let pairs = || self.triples.iter().zip(&peer.triples);
        let ratio = |(ours, theirs): (&Triple, &Triple)| metric(ours) / metric(theirs);
        let sound: Vec<f64> = pairs()
            .filter(|(ours, theirs)| ours.is_sound && theirs.is_sound)
            .map(ratio)
            .collect();
        median(&sound)
            .or_else(|| median(&pairs().map(ratio).collect::<Vec<_>>()))
            .unwrap_or(f64::NAN)
    }

    /// Less than half of the triples were sound.
    pub(crate) fn is_marked(&self) -> bool {
        self.triples.iter().filter(|triple| triple.is_sound).count() * 2 < self.triples.len()
    }
}

/// Measures every contestant once a round, in turn, between runs of `floor`.
pub(crate) fn rounds(lab: &mut Lab, floor: &Workload, contestants: &[Contestant]) -> Result<Vec<Series>> {
    let new_series = |contestant: &Contestant| Series {
        name: contestant.name.clone(),
        triples: Vec::new(),
    };
    let mut all: Vec<Series> = contestants.iter().map(new_series).collect();
    let (floor_span, span) = (lab.floor_span(), lab.span());
    for _ in 0..lab.rounds() {
        lab.wait_for_quiet()?;
        let mut before = load::measure(floor, floor_span)?;
        for (contestant, series) in contestants.iter().zip(&mut all) {
            let (triple, after) = sound_triple(lab, floor, [floor_span, span], before, contestant)?;
            series.triples.push(triple);
            before = after;
        }
    }
    Ok(all)
}

/// Takes the triple again until it is sound, or for the last time; answers it and its last floor.
fn sound_triple(
    lab: &mut Lab,
    floor: &Workload,
    [floor_span, span]: [Span; 2],
    mut before: Sample,
    contestant: &Contestant,
) -> Result<(Triple, Sample)> {
    let mut attempt = 1;
    loop {
        let sample = load::measure(&contestant.workload, span)?;
        if sample.nils > 0 {
            // A miss is cheaper than a hit: every key has been loaded, so this is no measurement but a fault.
            let Sample { nils, operations, .. } = sample;
            return Err(Error::Answer(format!(
                "{}: {nils} of {operations} keys were missing",
                contestant.name
            )));
        }
        let after = load::measure(floor, floor_span)?;
        let triple = Triple::new(&before, sample, &after);
        if triple.is_sound || attempt == ATTEMPTS_MAX {
            return Ok((triple, after));
        }
        attempt += 1;
        lab.wait_for_quiet()?;
        before = load::measure(floor, floor_span)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_measure::Histogram;

    fn sample(cpu_ns: u64, foreign_cores: f64) -> Sample {
        Sample {
            operations: 1,
            nils: 0,
            seconds: 1.0,
            server_cpu_ns: cpu_ns,
            client_cpu_ns: 0,
            foreign_cores,
            latency: Histogram::default(),
        }
    }

    fn triple(floor_before: u64, cpu_ns: u64, floor_after: u64) -> Triple {
        Triple::new(
            &sample(floor_before, 0.0),
            sample(cpu_ns, 0.0),
            &sample(floor_after, 0.0),
        )
    }

    fn series(triples: Vec<Triple>) -> Series {
        Series {
            name: String::new(),
            triples,
        }
    }

    #[test]
    fn a_triple_whose_floors_differ_is_not_sound() {
        assert!(triple(100, 200, 110).is_sound);
        assert!(!triple(100, 200, 120).is_sound);
    }

    #[test]
    fn a_triple_beside_foreign_load_is_not_sound() {
        let quiet = || sample(100, 0.0);
        assert!(!Triple::new(&quiet(), sample(200, 0.5), &quiet()).is_sound);
    }

    #[test]
    fn a_change_of_the_machines_speed_cancels_out() {
        let ours = series(vec![triple(100, 120, 100), triple(133, 160, 133)]);
        let peer = series(vec![triple(100, 150, 100), triple(133, 200, 133)]);
        let ratio = ours.ratio_to(&peer, Triple::floors);
        assert!((ratio - 0.8).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn an_unsound_triple_counts_only_if_there_is_no_other() {
        let with_outlier = series(vec![triple(100, 120, 100), triple(100, 900, 200)]);
        assert!((with_outlier.median_of(Triple::floors) - 1.2).abs() < 1e-9);
        assert!(!with_outlier.is_marked());
        let alone = series(vec![triple(100, 900, 200)]);
        assert!((alone.median_of(Triple::floors) - 6.0).abs() < 1e-9);
        assert!(alone.is_marked());
    }
}
