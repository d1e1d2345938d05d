//! Runs simulations: `circlet-sim --seed 1`, `--seeds 1..1000`, `--scenario fast-clock`, each with `--changes` (of the
//! topology), `--votes` (of owners on reads), `--bug NAME` or `--trace` if wanted.

use std::io::{self, Write};
use std::ops::Range;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use circlet_sim::scenario::{self, Scenario};
use circlet_sim::{Bug, Report, RunOptions, run_seed};

const USAGE: &str = "usage: circlet-sim [--seed N | --seeds A..B | --scenario NAME | --scenarios] [--changes] [--votes] [--bug NAME] [--ms N] [--trace]";

enum Task {
    Seeds(Range<u64>),
    Scenarios(Vec<Scenario>),
}

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let done = match parse(std::env::args().skip(1)) {
        Ok((task, options)) => run(&task, options, &mut out),
        Err(error) => writeln!(out, "{error}\n{USAGE}").map(|()| false),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        // A closed pipe is no success either.
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<(Task, RunOptions), String> {
    let mut options = RunOptions::default();
    let mut task = Task::Seeds(1..2);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{text:?} is no number"));
        match word.as_str() {
            "--seed" => {
                let seed = number(&value()?)?;
                task = Task::Seeds(seed..seed.saturating_add(1));
            }
            "--seeds" => {
                let text = value()?;
                let (first, end) = text.split_once("..").ok_or("--seeds wants A..B")?;
                task = Task::Seeds(number(first)?..number(end)?);
            }
            "--scenario" => {
                let name = value()?;
                let names = || scenario::ALL.map(|scenario| scenario.name).join(", ");
                let found =
                    Scenario::named(&name).ok_or_else(|| format!("no scenario {name:?}; there are {}", names()))?;
                task = Task::Scenarios(vec![found]);
            }
            "--scenarios" => task = Task::Scenarios(scenario::ALL.to_vec()),
            "--bug" => options.bug = Some(value()?.parse::<Bug>()?),
            "--ms" => options.busy_ms = number(&value()?)?,
            "--changes" => options.changes = true,
            "--votes" => options.votes = true,
            "--trace" => options.keep_trace = true,
            _ => return Err(format!("unknown word {word:?}")),
        }
    }
    Ok((task, options))
}

/// Whether all passed.
fn run(task: &Task, options: RunOptions, out: &mut impl Write) -> io::Result<bool> {
    let reports = match task {
        Task::Seeds(seeds) => run_seeds(seeds.clone(), options),
        Task::Scenarios(scenarios) => {
            let run = |scenario: &Scenario| scenario.run(options.bug, options.keep_trace);
            scenarios.iter().map(run).collect()
        }
    };
    for report in &reports {
        out.write_all(report.trace_text.as_bytes())?;
        if reports.len() <= 20 || !report.is_passed() {
            writeln!(out, "{report}")?;
        }
    }
    let failed: Vec<&str> = reports
        .iter()
        .filter(|report| !report.is_passed())
        .map(|report| report.name.as_str())
        .collect();
    let sum = |figure: fn(&Report) -> u64| reports.iter().map(figure).sum::<u64>();
    let voted = match sum(|report| report.voted) {
        0 => String::new(),
        count => format!(" ({count} of them voted reads)"),
    };
    writeln!(
        out,
        "{} runs, {} operations{voted}, {} faults, {} failed",
        reports.len(),
        sum(|report| report.operations as u64),
        sum(|report| report.faults),
        failed.len(),
    )?;
    if let (Some(first), Task::Seeds(_)) = (failed.first(), task) {
        let changes = if options.changes { " --changes" } else { "" };
        let votes = if options.votes { " --votes" } else { "" };
        writeln!(
            out,
            "the first that failed: {first}; see it with --{first}{changes}{votes} --trace"
        )?;
    }
    Ok(failed.is_empty())
}

/// In the order of the seeds; each on a thread of its own.
fn run_seeds(seeds: Range<u64>, options: RunOptions) -> Vec<Report> {
    let next = AtomicU64::new(seeds.start);
    let reports = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let run = catch_unwind(|| run_seed(seed, options));
                    let report = run.unwrap_or_else(|panic| Report::of_panic(format!("seed {seed}"), &*panic));
                    if let Ok(mut reports) = reports.lock() {
                        reports.push((seed, report));
                    }
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap_or_default();
    reports.sort_by_key(|(seed, _)| *seed);
    reports.into_iter().map(|(_, report)| report).collect()
}
