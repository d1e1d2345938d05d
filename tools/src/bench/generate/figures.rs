//! What a run came to.

use super::run::Window;
use circlet_measure::Histogram;
use circlet_measure::load::Tally;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Latencies in microseconds that shares of the operations did not exceed.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) p99_99: f64,
    pub(crate) max: f64,
}

impl Latency {
    fn of(histogram: &Histogram) -> Self {
        let us = |share| histogram.quantile(share) as f64 / 1e3;
        Latency {
            p50: us(0.5),
            p90: us(0.9),
            p99: us(0.99),
            p99_9: us(0.999),
            p99_99: us(0.9999),
            max: histogram.max() as f64 / 1e3,
        }
    }
}

/// Errors of one kind.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Errors {
    pub(crate) count: u64,
    pub(crate) example: String,
}

/// See the module's header.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Figures {
    pub(crate) seconds: f64,
    pub(crate) operations: u64,
    pub(crate) ops_per_s: f64,
    /// Answers that were nil.
    pub(crate) nils: u64,
    pub(crate) errors: BTreeMap<String, Errors>,
    /// Through a cluster: requests that were asked again where MOVED or ASK pointed.
    pub(crate) redirects: u64,
    /// Through a cluster: how often the topology was looked at during the run.
    pub(crate) topology_refreshes: u64,
    pub(crate) latency_us: Latency,
    /// CPU of the server's processes an operation, where it can be known.
    pub(crate) server_cpu_ns_per_op: Option<f64>,
    pub(crate) own_cpu_ns_per_op: Option<f64>,
    /// Open loop: what was asked for.
    pub(crate) rate: Option<u32>,
    /// Open loop: operations that were due and never sent.
    pub(crate) unsent: u64,
    /// Open loop: how late operations left, by the clock of this program.
    pub(crate) sent_late_us_p99: Option<f64>,
    pub(crate) interrupted: bool,
}

impl Figures {
    pub(super) fn new(tally: &Tally, window: &Window, rate: Option<u32>) -> Self {
        let seconds = window.time.as_secs_f64();
        let per_operation = |ns: u64| (tally.operations > 0).then(|| ns as f64 / tally.operations as f64);
        let errors = tally.errors.iter().map(|(kind, errors)| {
            let (count, example) = (errors.count, errors.example.clone());
            (kind.clone(), Errors { count, example })
        });
        Figures {
            seconds,
            operations: tally.operations,
            ops_per_s: tally.operations as f64 / seconds.max(1e-9),
            nils: tally.nils,
            errors: errors.collect(),
            redirects: tally.redirects,
            topology_refreshes: window.topology_refreshes,
            latency_us: Latency::of(&tally.latency),
            server_cpu_ns_per_op: window.server_cpu_ns.and_then(per_operation),
            own_cpu_ns_per_op: per_operation(window.own_cpu_ns),
            rate,
            unsent: tally.unsent,
            sent_late_us_p99: rate.map(|_| tally.lateness.quantile(0.99) as f64 / 1e3),
            interrupted: window.is_interrupted,
        }
    }

    pub(crate) fn error_count(&self) -> u64 {
        self.errors.values().map(|errors| errors.count).sum()
    }

    /// For people.
    pub(crate) fn text(&self, name: &str) -> String {
        let asked = self.rate.map_or(String::new(), |rate| {
            format!(" of {} asked for", grouped(f64::from(rate)))
        });
        let mut text = format!(
            "{name}\n  {:>12} ops/s{asked}    {} in {:.2} s, {} errors, {} nil\n",
            grouped(self.ops_per_s),
            grouped(self.operations as f64),
            self.seconds,
            grouped(self.error_count() as f64),
            grouped(self.nils as f64),
        );
        let Latency {
            p50,
            p90,
            p99,
            p99_9,
            p99_99,
            max,
        } = self.latency_us;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  latency us   p50 {p50:.0}   p90 {p90:.0}   p99 {p99:.0}   p99.9 {p99_9:.0}   p99.99 {p99_99:.0}   max {max:.0}"
        );
        let [server, own] = [self.server_cpu_ns_per_op, self.own_cpu_ns_per_op]
            .map(|ns| ns.map_or("unknown".into(), |ns| format!("{} ns", grouped(ns))));
        let _ = writeln!(text, "  CPU per op   server {server}   this program {own}");
        for Errors { count, example } in self.errors.values() {
            let _ = writeln!(text, "  {} errors like: {example}", grouped(*count as f64));
        }
        if self.redirects > 0 || self.topology_refreshes > 0 {
            let _ = writeln!(
                text,
                "  {} requests redirected and followed, topology looked at {} times",
                grouped(self.redirects as f64),
                grouped(self.topology_refreshes as f64)
            );
        }
        // A few are due in the last moment of every run.
        if self.unsent > self.operations / 100 {
            let unsent = grouped(self.unsent as f64);
            let _ = writeln!(
                text,
                "  {unsent} operations were due and never sent: the rate is too high, and latencies have no upper bound"
            );
        }
        if let Some(late) = self
            .sent_late_us_p99
            .filter(|late| *late > self.latency_us.p99 / 2.0 && *late > 100.0)
        {
            let _ = writeln!(
                text,
                "  operations left {late:.0} us late (p99): this program, or the room for requests in flight, was the limit"
            );
        }
        if self.interrupted {
            text.push_str("  interrupted: these are the figures until then\n");
        }
        text
    }
}

/// A number with its thousands set apart.
pub(super) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", &digits[..]), |digits| ("-", digits));
    let mut text = String::from(sign);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The middle one of some figures; of two in the middle, what is between them.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => figures[middle],
        _ => (figures[middle - 1] + figures[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn window() -> Window {
        Window {
            time: Duration::from_secs(2),
            server_cpu_ns: Some(1_000_000),
            own_cpu_ns: 500_000,
            is_interrupted: true,
            topology_refreshes: 3,
        }
    }

    #[test]
    fn figures_are_per_second_and_per_operation_and_say_what_went_wrong() {
        let mut tally = Tally {
            operations: 2_000,
            nils: 7,
            unsent: 1_234_567,
            redirects: 4_321,
            ..Tally::default()
        };
        tally.latency.record_many(100_000, 2_000);
        tally.lateness.record_many(90_000_000, 10);
        let refused = circlet_measure::load::ErrorKind {
            count: 3,
            example: "NOQUORUM need 2".into(),
        };
        tally.errors.insert("NOQUORUM".into(), refused);
        let figures = Figures::new(&tally, &window(), Some(1_500));
        let text = figures.text("GET");
        for part in [
            "1,000 ops/s of 1,500 asked for",
            "2,000 in 2.00 s, 3 errors, 7 nil",
            "p50 100 ",
            "server 500 ns   this program 250 ns",
            "3 errors like: NOQUORUM need 2",
            "4,321 requests redirected and followed, topology looked at 3 times",
            "1,234,567 operations were due and never sent",
            "left 90000 us late",
            "interrupted",
        ] {
            assert!(text.contains(part), "`{part}` is not in:\n{text}");
        }
        let json = serde_json::to_value(&figures).expect("JSON");
        assert_eq!(json["errors"]["NOQUORUM"]["count"], 3);
        assert_eq!(json["latency_us"]["p99_9"], 100.0);
    }

    #[test]
    fn thousands_are_set_apart_and_medians_are_in_the_middle() {
        assert_eq!(
            [0.0, 999.4, 1_000.0, 1_234_567.0].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert!((median(vec![3.0, 1.0, 9.0]) - 3.0).abs() < 1e-9);
        assert!((median(vec![3.0, 1.0]) - 2.0).abs() < 1e-9);
    }
}
