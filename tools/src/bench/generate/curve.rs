//! Latency over the rate that is asked for: a ladder of open loops, as a table and as a picture.

use super::figures::{Figures, grouped};
use circlet_measure::plot::{self, Line, Lines};
use serde::Serialize;
use std::fmt::Write as _;

/// The steps of a ladder that is found out, as shares of what a closed loop reaches.
const STEPS: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9];

/// A line of the picture: its name, and the figure.
type Percentile = (&'static str, fn(&Figures) -> f64);

/// The curve of one server.
#[derive(Debug, Serialize)]
pub(crate) struct Curve {
    pub(crate) test: String,
    pub(crate) server: String,
    pub(crate) points: Vec<Figures>,
}

/// The rates to run at, when a closed loop reached `ops_per_s`.
pub(crate) fn ladder(ops_per_s: f64) -> Vec<u32> {
    let mut rates: Vec<u32> = STEPS.iter().map(|step| ((ops_per_s * step) as u32).max(1)).collect();
    rates.dedup();
    rates
}

impl Curve {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{} on {}\n", self.test, self.server);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {:>12}{:>12}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "asked for/s", "done/s", "p50 us", "p99 us", "p99.9 us", "max us", "errors"
        );
        for point in &self.points {
            let latency = &point.latency_us;
            let _ = writeln!(
                text,
                "  {:>12}{:>12}{:>10.0}{:>10.0}{:>10.0}{:>10.0}{:>10}",
                grouped(f64::from(point.rate.unwrap_or_default())),
                grouped(point.ops_per_s),
                latency.p50,
                latency.p99,
                latency.p99_9,
                latency.max,
                grouped(point.error_count() as f64),
            );
        }
        text
    }
}

/// All curves in one picture, complete in itself.
pub(crate) fn svg(curves: &[Curve]) -> String {
    let percentiles: &[Percentile] = &[
        ("p50", |point| point.latency_us.p50),
        ("p99", |point| point.latency_us.p99),
        ("p99.9", |point| point.latency_us.p99_9),
        ("max", |point| point.latency_us.max),
    ];
    // The page has four colours of line.
    let shown = if curves.len() > 1 { 2 } else { 4 };
    let line = |curve: &Curve, (name, of): &Percentile| Line {
        name: if curves.len() > 1 {
            format!("{} {name}", curve.server)
        } else {
            (*name).to_owned()
        },
        points: curve
            .points
            .iter()
            .map(|point| (f64::from(point.rate.unwrap_or_default()), of(point)))
            .collect(),
    };
    let lines = curves.iter().flat_map(|curve| {
        percentiles[..shown]
            .iter()
            .map(move |percentile| line(curve, percentile))
    });
    let title = curves.first().map_or(String::new(), |curve| match curves.len() {
        1 => format!("{}: latency of {}", curve.server, curve.test),
        _ => format!("Latency of {}", curve.test),
    });
    plot::file(&plot::lines(&Lines {
        title,
        x_label: "operations a second that were asked for".into(),
        y_label: "latency, us".into(),
        is_logarithmic: true,
        bands: Vec::new(),
        lines: lines.collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::figures::Latency;
    use super::*;

    fn curve(server: &str) -> Curve {
        let point = |rate: u32| Figures {
            rate: Some(rate),
            ops_per_s: f64::from(rate),
            latency_us: Latency {
                p50: 80.0,
                p99: 200.0,
                p99_9: 900.0,
                max: f64::from(rate),
                ..Latency::default()
            },
            ..Figures::default()
        };
        Curve {
            test: "GET".into(),
            server: server.into(),
            points: ladder(50_000.0).into_iter().map(point).collect(),
        }
    }

    #[test]
    fn a_ladder_rises_to_nine_tenths() {
        assert_eq!(ladder(100_000.0)[..2], [10_000, 20_000]);
        assert_eq!(ladder(100_000.0).last(), Some(&90_000));
        assert_eq!(ladder(3.0), [1, 2], "never 0, and none twice");
    }

    #[test]
    fn the_picture_is_complete_and_has_a_line_for_each_percentile() {
        let one = svg(&[curve("A & B")]);
        assert!(one.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && one.ends_with("</svg>\n"));
        assert_eq!(one.matches("<polyline").count(), 4);
        assert!(one.contains("<style>") && one.contains("A &amp; B"));
        assert_eq!(svg(&[curve("A"), curve("B")]).matches("<polyline").count(), 4);
        assert!(!one.contains("NaN"));
    }

    #[test]
    fn the_table_has_a_row_a_rate() {
        let text = curve("x").text();
        assert_eq!(text.lines().count(), 2 + STEPS.len(), "{text}");
        assert!(text.contains("45,000"));
    }
}
