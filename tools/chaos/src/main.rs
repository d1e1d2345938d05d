//! Chaos: a cluster of real processes, clients that work all the time, faults one after the other, and a verdict.
//!
//! ```text
//!   cluster   `circlet up --bind-each`: node i is 127.0.1.i, so that a firewall rule cuts one link
//!   worker    a client: writes, reads back, remembers what each command came to (cell: what may be read then)
//!   fault     kill -9, SIGSTOP, cut links, skewed clocks
//!   verdict   lost, resurrected, gone back, counters, lists, diverged, gaps: one line each
//! ```
//!
//! The simulator finds more, faster, and again from the same seed; this shows that the processes do what the simulated core does.
//! The method is Jepsen's: concurrent clients, faults from outside, and a check of the recorded history.

mod cell;
mod client;
mod cluster;
mod connection;
mod fault;
mod options;
mod output;
mod shape;
mod verdict;
mod worker;

use clap::Parser as _;
use cluster::Cluster;
use options::{FaultKind, Options};
use output::{complain, say};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use worker::{Common, Work, Worker};

fn main() -> ExitCode {
    let options = Options::parse();
    if options.has(FaultKind::Cut) && !options.in_own_network {
        return in_own_network();
    }
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            complain(&why);
            ExitCode::from(2)
        }
    }
}

/// Starts this program again in a network namespace of its own, where it may cut links.
fn in_own_network() -> ExitCode {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            complain(&format!("cannot find myself: {error}"));
            return ExitCode::from(2);
        }
    };
    let done = Command::new("unshare")
        .args(["--net", "--", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""])
        .arg(program)
        .args(std::env::args_os().skip(1))
        .arg("--in-own-network")
        .status();
    match done {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)),
        Err(error) => {
            complain(&format!("cannot run unshare: {error}; leave `cut` out of --faults"));
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<bool, String> {
    let mut cluster = Cluster::start(options)?;
    let skews = options.has(FaultKind::Skew);
    let common = Common {
        nodes: cluster.client_addresses(),
        stop: AtomicBool::new(false),
        skew: Duration::from_millis(if skews { 2 * fault::SKEW_MS_MAX as u64 } else { 0 }),
        acknowledged: Default::default(),
        uncertain: Default::default(),
    };
    let start = Instant::now();
    let (happened, works) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..usize::from(options.clients))
            .map(|number| {
                let common = &common;
                scope.spawn(move || {
                    let mut worker = Worker::new(common, number, options.seed);
                    worker.work();
                    worker
                })
            })
            .collect();
        let happened = fault::make(&mut cluster, options);
        common.stop.store(true, Ordering::Relaxed);
        let workers = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        let works: Vec<Work> = workers.map(Worker::finish).collect();
        (happened, works)
    });
    let held = happened.map(|happened| verdict::judge(&cluster, &common, &works, &happened, start));
    if held != Ok(true)
        && let Some(logs) = cluster.keep_logs()
    {
        say(&format!("        logs of the nodes: {}", logs.display()));
    }
    held
}
