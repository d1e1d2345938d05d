//! Two servers in turns, A B A B: what the machine does meanwhile hits both.

use super::figures::{Figures, grouped, median};
use serde::Serialize;
use std::fmt::Write as _;

/// One test on two servers: a pair of figures a round.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) test: String,
    pub(crate) a: String,
    pub(crate) b: String,
    pub(crate) rounds: Vec<(Figures, Figures)>,
    pub(crate) medians: Vec<Row>,
}

/// One figure of both.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) figure: &'static str,
    pub(crate) a: f64,
    pub(crate) b: f64,
    /// The median of each round's A / B: what changed between rounds is not in it.
    pub(crate) ratio: f64,
}

impl Comparison {
    pub(crate) fn new(test: String, a: &str, b: &str, rounds: Vec<(Figures, Figures)>) -> Self {
        let row = |figure, of: &dyn Fn(&Figures) -> Option<f64>| {
            let pairs: Option<Vec<(f64, f64)>> = rounds.iter().map(|(a, b)| of(a).zip(of(b))).collect();
            let pairs = pairs?;
            Some(Row {
                figure,
                a: median(pairs.iter().map(|(a, _)| *a).collect()),
                b: median(pairs.iter().map(|(_, b)| *b).collect()),
                ratio: median(pairs.iter().map(|(a, b)| a / b).collect()),
            })
        };
        let rows = [
            row("ops/s", &|figures| Some(figures.ops_per_s)),
            row("p50 us", &|figures| Some(figures.latency_us.p50)),
            row("p99 us", &|figures| Some(figures.latency_us.p99)),
            row("server CPU ns/op", &|figures| figures.server_cpu_ns_per_op),
        ];
        let medians = rows.into_iter().flatten().collect();
        Comparison {
            test,
            a: a.to_owned(),
            b: b.to_owned(),
            rounds,
            medians,
        }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n  A: {}\n  B: {}\n", self.test, self.a, self.b);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {:18}{:>14}{:>14}{:>10}",
            format!("median of {}", self.rounds.len()),
            "A",
            "B",
            "A/B"
        );
        for row in &self.medians {
            let _ = writeln!(
                text,
                "  {:18}{:>14}{:>14}{:>10.2}",
                row.figure,
                grouped(row.a),
                grouped(row.b),
                row.ratio
            );
        }
        for (name, figures) in self.rounds.iter().flat_map(|(a, b)| [("A", a), ("B", b)]) {
            for errors in figures.errors.values() {
                let _ = writeln!(
                    text,
                    "  {name}: {} errors like: {}",
                    grouped(errors.count as f64),
                    errors.example
                );
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(ops_per_s: f64, cpu: Option<f64>) -> Figures {
        Figures {
            ops_per_s,
            server_cpu_ns_per_op: cpu,
            ..Figures::default()
        }
    }

    #[test]
    fn the_ratio_is_the_median_of_the_rounds_ratios() {
        // The machine was twice as fast in the second round, and B had a bad third one.
        let rounds = [(100.0, 50.0), (200.0, 100.0), (100.0, 10.0)];
        let rounds = rounds.map(|(a, b)| (figures(a, Some(5.0)), figures(b, None))).to_vec();
        let compared = Comparison::new("GET".into(), "x", "y", rounds);
        assert!((compared.medians[0].ratio - 2.0).abs() < 1e-9);
        assert!((compared.medians[0].a - 100.0).abs() < 1e-9 && (compared.medians[0].b - 50.0).abs() < 1e-9);
        assert!(
            !compared.text().contains("server CPU"),
            "what is not known of both is left out"
        );
    }
}
