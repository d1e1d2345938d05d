//! Reads at a constant rate while one node stands still in bursts: hedged and not, in turns.

use crate::Failure;
use crate::cluster::{Cluster, NODES, VICTIM};
use crate::open::{Mix, Outcome, ms, sum};
use circlet_client::prelude::*;
use circlet_client::{Event, HedgeOptions, Observer};
use circlet_measure::load::Tally;
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Options.
#[derive(Args)]
pub(crate) struct Settings {
    /// Reads a second.
    #[arg(long, default_value_t = 5_000)]
    rate: u32,
    /// Seconds of each round; the first of them is not counted.
    #[arg(long, default_value_t = 4)]
    seconds: usize,
    /// Rounds of each way.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Milliseconds for which the node stands still.
    #[arg(long, default_value_t = 30)]
    stop_ms: u64,
    /// Of how many milliseconds.
    #[arg(long, default_value_t = 200)]
    every_ms: u64,
    /// Hedges in a hundred reads, at most: one way more for each.
    #[arg(long, value_delimiter = ',', default_values_t = [5, 10])]
    budgets: Vec<u32>,
    /// Whether reads are made at ONE instead of QUORUM.
    #[arg(long)]
    one: bool,
    /// Keys.
    #[arg(long, default_value_t = 10_000)]
    keys: u64,
}

/// Counts hedges.
#[derive(Default)]
struct Hedges {
    made: AtomicU64,
    won: AtomicU64,
}

impl Observer for Hedges {
    fn on_event(&self, event: &Event<'_>) {
        match event {
            Event::Hedged => self.made.fetch_add(1, Ordering::Relaxed),
            Event::HedgeWon => self.won.fetch_add(1, Ordering::Relaxed),
            _ => return,
        };
    }
}

/// One way to read: the client, and what its rounds have shown.
struct Way {
    name: String,
    client: Client,
    hedges: Arc<Hedges>,
    counted: Tally,
    /// Reads of its rounds, warm-up included, to which hedges and CPU belong.
    reads: u64,
    cpu_ns: u64,
    uncured: u64,
}

/// Measures, and prints a table.
///
/// # Errors
/// When the cluster cannot be started, or a read fails.
pub(crate) async fn run(settings: Settings) -> Result<(), Failure> {
    let cluster = Cluster::start()?;
    let level = if settings.one {
        Consistency::One
    } else {
        Consistency::Quorum
    };
    let mut ways = vec![way(&cluster, None, level).await?];
    for budget in &settings.budgets {
        ways.push(way(&cluster, Some(*budget), level).await?);
    }
    let mix = Mix {
        sets: 0,
        incrs: 0,
        keys: settings.keys,
    };
    mix.load(&ways[0].client).await?;
    for _ in 0..settings.rounds {
        for way in &mut ways {
            let (before, bursts) = (cluster.cpu_ns()?, Bursts::start(cluster.pid(VICTIM)?, &settings));
            let done = mix
                .run(&way.client, settings.rate, Instant::now(), settings.seconds)
                .await;
            bursts.end()?;
            way.add(&done?, cluster.cpu_ns()? - before);
        }
    }
    println!(
        "{} reads a second at {level:?}, one node of {NODES} stopped {} ms of every {} ms; ms from when they were due\n",
        settings.rate, settings.stop_ms, settings.every_ms
    );
    println!(
        "| reads | counted | p50 | p99 | p99.9 | longest | hedged | of them first | servers' CPU us a read | failed |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    ways.iter().for_each(Way::print);
    match ways.iter().map(|way| way.uncured).sum::<u64>() {
        0 => Ok(()),
        failed => Err(format!("{failed} reads failed").into()),
    }
}

async fn way(cluster: &Cluster, budget: Option<u32>, level: Consistency) -> Result<Way, Failure> {
    let hedges = Arc::new(Hedges::default());
    let options = Options {
        reads: Some(level),
        writes: Some(Consistency::Quorum),
        hedge: HedgeOptions {
            enabled: budget.is_some(),
            budget_percent: budget.unwrap_or_default(),
            ..HedgeOptions::default()
        },
        observer: Some(Arc::clone(&hedges) as Arc<dyn Observer>),
        ..Options::default()
    };
    Ok(Way {
        name: budget.map_or("not hedged".to_owned(), |budget| {
            format!("hedged, at most {budget} of 100")
        }),
        client: cluster.connect(options).await?,
        hedges,
        counted: Tally::default(),
        reads: 0,
        cpu_ns: 0,
        uncured: 0,
    })
}

impl Way {
    fn add(&mut self, outcome: &Outcome, cpu_ns: u64) {
        self.reads += sum(&outcome.windows).latency.count();
        self.counted
            .merge(sum(outcome.windows.get(1..).unwrap_or(&outcome.windows)));
        self.cpu_ns += cpu_ns;
        self.uncured += outcome.uncured;
    }

    fn print(&self) {
        let (made, won) = (
            self.hedges.made.load(Ordering::Relaxed),
            self.hedges.won.load(Ordering::Relaxed),
        );
        println!(
            "| {} | {} | {:.2} | {:.2} | {:.2} | {:.1} | {:.2} % | {:.0} % | {:.1} | {} |",
            self.name,
            self.counted.latency.count(),
            ms(&self.counted, 0.5),
            ms(&self.counted, 0.99),
            ms(&self.counted, 0.999),
            ms(&self.counted, 1.0),
            100.0 * made as f64 / self.reads.max(1) as f64,
            100.0 * won as f64 / made.max(1) as f64,
            self.cpu_ns as f64 / 1e3 / self.reads.max(1) as f64,
            self.counted.error_count()
        );
    }
}

/// A thread that has a process stand still again and again.
struct Bursts {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Result<(), rustix::io::Errno>>,
}

impl Bursts {
    fn start(pid: Pid, settings: &Settings) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let still = Duration::from_millis(settings.stop_ms);
        let runs = Duration::from_millis(settings.every_ms).saturating_sub(still);
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                std::thread::sleep(runs);
                kill_process(pid, Signal::STOP)?;
                std::thread::sleep(still);
                kill_process(pid, Signal::CONT)?;
            }
            Ok(())
        });
        Bursts { stop, thread }
    }

    /// The process runs afterwards.
    fn end(self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        Ok(self.thread.join().map_err(|_| "the thread of the bursts panicked")??)
    }
}
