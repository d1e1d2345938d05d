//! `kill -9` of a node at a constant rate: what fails, how long the second of the kill is, and the longest call.

use crate::Failure;
use crate::cluster::{Cluster, VICTIM};
use crate::open::{Mix, Outcome, ms, sum};
use circlet_client::prelude::*;
use clap::Args;
use rustix::process::{Signal, kill_process};
use std::time::{Duration, Instant};

/// Options.
#[derive(Args)]
pub(crate) struct Settings {
    /// Calls a second.
    #[arg(long, default_value_t = 20_000)]
    rate: u32,
    /// Seconds before the kill; it comes with the first call of the next one.
    #[arg(long, default_value_t = 3)]
    before: usize,
    /// Seconds from the kill on.
    #[arg(long, default_value_t = 4)]
    after: usize,
    /// Clusters, one after the other.
    #[arg(long, default_value_t = 3)]
    trials: usize,
    /// Keys of each kind.
    #[arg(long, default_value_t = 10_000)]
    keys: u64,
}

const MIX: (u64, u64) = (20, 5);

/// Measures, and prints a table.
///
/// # Errors
/// When a cluster cannot be started, or a call failed that a safe retry could have cured.
pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    println!(
        "{} calls a second, GET {} %, SET {} %, INCR {} %; ms from when they were due\n",
        settings.rate,
        100 - MIX.0 - MIX.1,
        MIX.0,
        MIX.1
    );
    println!(
        "| trial | calls | p50, p99, p99.9 of the second before | p50, p99, p99.9 of the second of the kill | of the next | longest call | failed | of them curable |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut uncured = 0;
    for trial in 1..=settings.trials {
        let outcome = kill_one(settings).await?;
        uncured += outcome.uncured;
        let all = sum(&outcome.windows);
        let three = |window: usize| {
            let tally = &outcome.windows[window.min(outcome.windows.len() - 1)];
            format!("{:.1}, {:.1}, {:.1}", ms(tally, 0.5), ms(tally, 0.99), ms(tally, 0.999))
        };
        let kinds: Vec<String> = all
            .errors
            .iter()
            .map(|(kind, errors)| format!("{} {kind}", errors.count))
            .collect();
        println!(
            "| {trial} | {} | {} | {} | {} | {:.0} | {} | {} |",
            all.latency.count(),
            three(settings.before.saturating_sub(1)),
            three(settings.before),
            three(settings.before + 1),
            ms(&all, 1.0),
            if kinds.is_empty() {
                "0".to_owned()
            } else {
                kinds.join(", ")
            },
            outcome.uncured
        );
        if all.unsent > 0 {
            return Err(format!("{} calls never ended", all.unsent).into());
        }
    }
    if uncured > 0 {
        return Err(format!("{uncured} calls failed that a safe retry could have cured").into());
    }
    Ok(())
}

async fn kill_one(settings: &Settings) -> Result<Outcome, Failure> {
    let cluster = Cluster::start()?;
    let options = Options {
        reads: Some(Consistency::Quorum),
        writes: Some(Consistency::Quorum),
        // Longer than a cluster may take to notice a death: a call that gives up before has not been cured.
        call_timeout: Duration::from_secs(10),
        ..Options::default()
    };
    let client = cluster.connect(options).await?;
    let mix = Mix {
        sets: MIX.0,
        incrs: MIX.1,
        keys: settings.keys,
    };
    mix.load(&client).await?;
    let start = Instant::now();
    let (pid, at) = (
        cluster.pid(VICTIM)?,
        start + Duration::from_secs(settings.before as u64),
    );
    let killer = std::thread::spawn(move || {
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        kill_process(pid, Signal::KILL)
    });
    let outcome = mix
        .run(&client, settings.rate, start, settings.before + settings.after)
        .await?;
    killer.join().map_err(|_| "the killer panicked")??;
    Ok(outcome)
}
