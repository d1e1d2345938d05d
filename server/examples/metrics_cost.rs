//! What counting costs: nanoseconds an increment and a recording, with one thread and with as many as there are cores,
//! against the same on prometheus's own shared types. `cargo run --release -p circlet-server --example metrics_cost`
#![allow(clippy::print_stdout, reason = "it prints its figures")]

use circlet_server::metrics::{Counters, Histograms};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u64 = 20_000_000;

/// Median of five runs of `work` on `threads` threads, in nanoseconds a call.
fn measure(threads: usize, work: impl Fn(u64) + Sync) -> f64 {
    let mut runs: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| (0..ROUNDS).for_each(|round| work(black_box(round))));
                }
            });
            start.elapsed().as_nanos() as f64 / ROUNDS as f64
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[2]
}

fn main() {
    let names: Vec<String> = (0..64_u32).map(|name| name.to_string()).collect();
    let counters = Counters::new("a_total", "A.", "name", names.clone());
    let histograms = Histograms::new("b_seconds", "B.", "name", names);
    let shared = prometheus::IntCounter::new("c_total", "C.").expect("a name");
    let options = prometheus::HistogramOpts::new("d_seconds", "D.");
    let shared_histogram = prometheus::Histogram::with_opts(options).expect("a name");
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    for threads in [1, cores] {
        println!("{threads} threads, ns a call:");
        println!(
            "  counter               {:6.2}",
            measure(threads, |round| counters.inc((round & 63) as usize))
        );
        println!(
            "  histogram             {:6.2}",
            measure(threads, |round| histograms.record(3, round & 0xf_ffff))
        );
        println!("  prometheus counter    {:6.2}", measure(threads, |_| shared.inc()));
        println!(
            "  prometheus histogram  {:6.2}",
            measure(threads, |round| shared_histogram.observe(round as f64))
        );
    }
}
